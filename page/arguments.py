"""The arguments of the page's operations, which anybody who is logged in to Stash may send.

An `Argument` reads one: it gets its name and what was given, None if nothing was (a page's variable
that isn't set comes as null), and returns the value or raises WrongArguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stash.task_arguments import WrongArguments, whole

Argument = Callable[[str, object], Any]
Arguments = Mapping[str, Argument]

LATEST = 1e11

# Beside those of the operation itself.
COMMON = ("mode", "what")


def read(
    title: str, arguments: Arguments, given: Mapping[str, Any], *, plain: Sequence[str] = COMMON
) -> dict[str, Any]:
    """The values by name; `title` is what the operation is called in an error. Raises
    WrongArguments, also for those that it doesn't take."""
    if strange := sorted(str(each) for each in set(given) - {*plain, *arguments}):
        raise WrongArguments(
            f"the {title} doesn't know {', '.join(strange)}",
            advice=f"It takes {', '.join(arguments) or 'no arguments'}.",
        )
    return {name: argument(name, given.get(name)) for name, argument in arguments.items()}


def number(low: int, high: int, default: int | None = None) -> Argument:
    """A whole number, also as text; `default` if none is given."""

    def argument(name: str, given: object) -> int | None:
        if given is None:
            return default
        found = whole(given)
        if found is None or not low <= found <= high:
            raise WrongArguments(
                f"{name} is {given!r:.100}", advice=f"Expected a number from {low} to {high}."
            )
        return found

    return argument


def scene_ids(most: int, *, needed: bool = True) -> Argument:
    """A list of scene ids, without repetitions; None if none is given and it isn't `needed`."""

    def argument(name: str, given: object) -> list[int] | None:
        if given is None and not needed:
            return None
        if not isinstance(given, list) or not given:
            raise WrongArguments(
                f"{name} must be a list of scene ids", advice="For example [12, 13]."
            )
        if len(given) > most:
            raise WrongArguments(
                f"{len(given)} scenes are too many at once", advice=f"Send up to {most} at a time."
            )
        return list(dict.fromkeys(scene_id(name, each) for each in given))

    return argument


def scene_id(_name: str, given: object) -> int:
    """One scene's id, also as text."""
    found = whole(given)
    if not found:
        raise WrongArguments(
            f"{given!r:.100} is no scene's id", advice="Expected a number like 42."
        )
    return found


def optional(argument: Argument) -> Argument:
    """None if nothing is given."""
    return lambda name, given: None if given is None else argument(name, given)


def flag(name: str, given: object) -> bool:
    """On or off; off if it isn't given."""
    if given is None or isinstance(given, bool):
        return bool(given)
    raise WrongArguments(f"{name} is {given!r:.100}", advice="Expected true or false.")


def moment(name: str, given: object) -> float | None:
    """A time in epoch seconds; None if none is given."""
    if given is None:
        return None
    try:
        found = float(str(given))
    except ValueError:
        found = math.nan
    if isinstance(given, bool) or not 0 <= found < LATEST:
        raise WrongArguments(f"{name} is {given!r:.100}", advice="Expected seconds since 1970.")
    return found


def day(name: str, given: object) -> str:
    """A date; whether there is such a day is found out by whoever needs it."""
    # An empty one would pass for none, and so for all days.
    if not isinstance(given, str) or not given.strip():
        raise WrongArguments(f"{name} is {given!r:.100}", advice="Expected a date like 2026-03-31.")
    return given


def text(longest: int, *, needed: bool = True) -> Argument:
    """A text of that many characters at most; None if none is given and it isn't `needed`."""

    def argument(name: str, given: object) -> str | None:
        if given is None and not needed:
            return None
        if not isinstance(given, str) or not given.strip():
            raise WrongArguments(f"{name} must be a text", advice="It is empty or something else.")
        if len(given) > longest:
            raise WrongArguments(
                f"{name} has {len(given)} characters", advice=f"Send {longest} at most."
            )
        return given

    return argument


def one_of(*names: str, default: str | None = None) -> Argument:
    """One of these names; `default` if none is given."""

    def argument(name: str, given: object) -> str | None:
        if given is None:
            return default
        if not isinstance(given, str) or given not in names:
            raise WrongArguments(
                f"{name} is {given!r:.100}", advice=f"Expected any of {', '.join(names)}."
            )
        return given

    return argument


def one_given(**values: object) -> None:
    """Exactly one of these says what is meant. Raises WrongArguments."""
    given = [name for name, value in values.items() if value not in (None, False)]
    if len(given) != 1:
        raise WrongArguments(
            f"{' and '.join(given) or 'nothing'} was given",
            advice=f"Expected one of {', '.join(values)}.",
        )
