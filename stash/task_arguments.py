"""The arguments of a task (Stash's args_map), whose values may come as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errors import PermanentError


class WrongArguments(PermanentError):
    """The task was called with arguments that make no sense."""

    reason = "arguments"


def scene_id_of(args: Mapping[str, Any]) -> int | None:
    """The scene to which the task is narrowed, None for all. Raises WrongArguments."""
    given = args.get("scene_id")
    if given in (None, ""):
        return None
    if isinstance(given, bool) or not str(given).isdigit() or int(str(given)) == 0:
        raise WrongArguments(
            f"scene_id {given!r} is no scene's id", advice="Expected a number like 42."
        )
    return int(str(given))


def flag(args: Mapping[str, Any], name: str) -> bool:
    """Whether a task's argument is set; it may come as text. Raises WrongArguments."""
    text = str(args.get(name, "")).lower()
    if text not in ("", "true", "false", "none"):
        raise WrongArguments(f"{name} is {args[name]!r}", advice="Expected true or false.")
    return text == "true"
