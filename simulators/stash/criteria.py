"""Criteria of find queries as predicates, with the quirks of Stash's SQL (pkg/sqlite)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from simulators.stash.inputs import StashError

T = TypeVar("T")
Criterion = Mapping[str, Any]
Predicate = Callable[[T], bool]

# SQLite ignores the case of ASCII's letters alone.
_LIKE = re.IGNORECASE | re.ASCII | re.DOTALL

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
}


def compared(criterion: Criterion, get: Callable[[T], Any]) -> Predicate[T]:
    """Numbers, dates, and timestamps too: text is compared as text, offset and all.

    SQL's null is neither equal nor unequal to anything.
    """
    modifier, value, value2 = criterion["modifier"], criterion["value"], criterion.get("value2")
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda item: (get(item) is None) == (modifier == "IS_NULL")
    if modifier in ("BETWEEN", "NOT_BETWEEN"):
        low, high, wanted = value, value2 if value2 is not None else value, modifier == "BETWEEN"
        return lambda item: (at := get(item)) is not None and (low <= at <= high) == wanted
    if modifier not in _COMPARISONS:
        problem = f"unsupported numeric modifier type {modifier}"
        raise StashError(f"Internal system error. Error <{problem}>")
    compare = _COMPARISONS[modifier]
    return lambda item: (at := get(item)) is not None and bool(compare(at, value))


def text(criterion: Criterion, get: Callable[[T], str | None]) -> Predicate[T]:
    """INCLUDES finds any of the words, or the whole when it is in double quotes.

    EQUALS is LIKE: case is ignored and % and _ are wildcards. Empty text is stored as null.
    """
    modifier, value = criterion["modifier"], criterion["value"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda item: bool((get(item) or "").strip()) == (modifier == "NOT_NULL")
    wanted = not modifier.startswith("NOT_") and modifier != "EXCLUDES"
    pattern = _pattern(modifier.removeprefix("NOT_"), value)

    def matches(item: T) -> bool:
        found = get(item)
        if not found:
            return bool(modifier == "NOT_MATCHES_REGEX")
        return (pattern.search(found) is not None) == wanted

    return matches


def _pattern(modifier: str, value: str) -> re.Pattern[str]:
    if modifier in ("INCLUDES", "EXCLUDES"):
        trimmed = value.strip()
        quoted = trimmed.strip('"')
        words = [quoted] if quoted != trimmed else re.split(r"\s+", trimmed)
        return re.compile("|".join(_like(word) for word in words), _LIKE)
    if modifier == "EQUALS":
        return re.compile(rf"\A{_like(value)}\Z", _LIKE)
    if modifier == "MATCHES_REGEX":
        try:
            return re.compile(value)
        except re.error as error:
            raise StashError(f"error parsing regexp: {error}") from error
    raise StashError("Internal system error. Error <unsupported string filter modifier>")


def _like(value: str) -> str:
    wildcards = {"%": ".*", "_": "."}
    return "".join(wildcards.get(character) or re.escape(character) for character in value)


def related(
    criterion: Criterion,
    get_ids: Callable[[T], Iterable[int]],
    children: Callable[[int], Iterable[int]] | None = None,
) -> Predicate[T]:
    """`children` makes it hierarchical: `depth` levels below count as well, -1 for all."""
    modifier = criterion["modifier"]
    if modifier in ("IS_NULL", "NOT_NULL"):
        return lambda item: any(True for _ in get_ids(item)) == (modifier == "NOT_NULL")
    depth = criterion.get("depth") or 0
    wanted = [_family(int(each), children, depth) for each in criterion.get("value") or ()]
    banned: set[int] = set()
    for each in criterion.get("excludes") or ():
        banned |= _family(int(each), children, depth)
    if modifier == "EXCLUDES":
        banned = banned.union(*wanted)
        wanted = []
    check_all = modifier in ("INCLUDES_ALL", "EQUALS")

    def matches(item: T) -> bool:
        ids = set(get_ids(item))
        if ids & banned:
            return False
        hits = (bool(ids & family) for family in wanted)
        return not wanted or (all(hits) if check_all else any(hits))

    return matches


def _family(root: int, children: Callable[[int], Iterable[int]] | None, depth: int) -> set[int]:
    family, level = {root}, {root}
    while children is not None and depth != 0 and level:
        level = {child for parent in level for child in children(parent)} - family
        family |= level
        depth -= 1
    return family
