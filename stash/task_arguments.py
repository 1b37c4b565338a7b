"""The arguments of a task (Stash's args_map), whose values may come as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from errors import PermanentError

# A database's numbers end there.
LONGEST_NUMBER = 19


class WrongArguments(PermanentError):
    """The task was called with arguments that make no sense."""

    reason = "arguments"


def scene_id_of(args: Mapping[str, Any]) -> int | None:
    """The scene to which the task is narrowed, None for all. Raises WrongArguments."""
    given = args.get("scene_id")
    if given in (None, ""):
        return None
    found = whole(given)
    if not found:
        raise WrongArguments(
            f"scene_id {given!r:.100} is no scene's id", advice="Expected a number like 42."
        )
    return found


def whole(given: object) -> int | None:
    """Of a number or its digits; None for anything else, and for more than a database takes."""
    digits = "" if isinstance(given, bool) else str(given)
    is_number = digits.isascii() and digits.isdigit() and len(digits) < LONGEST_NUMBER
    return int(digits) if is_number else None


def flag(args: Mapping[str, Any], name: str) -> bool:
    """Whether a task's argument is set; it may come as text. Raises WrongArguments."""
    text = str(args.get(name, "")).lower()
    if text not in ("", "true", "false", "none"):
        raise WrongArguments(f"{name} is {args[name]!r:.100}", advice="Expected true or false.")
    return text == "true"
