"""Sorting. Orders of whole sections are kept: a sweep of 100 pages must not sort 100 times."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from simulators.plex.model import Item, Section
from simulators.plex.query import NUMBERS, TEXTS

# A cached order is stale when one of these fields of any item has changed since.
_READS = {"titleSort": ("title", "titleSort"), "duration": (), "id": ()}
_MAX_CACHED = 24

Spec = tuple[tuple[str, bool, bool], ...]  # (field, descending, nulls last)


class Orders:
    """Sorted lists of a section's items of one type, renewed when they are stale."""

    def __init__(self) -> None:
        self._cache: dict[tuple[str, str, Spec], tuple[tuple[int, ...], list[Item]]] = {}

    def everything(self, section: Section, type: str, sort: str | None) -> list[Item]:
        """All items of the type in order; do not change the list."""
        spec = parse_sort(sort)
        stock = section.by_type.get(type, {})
        if any(name == "random" for name, _, _ in spec):
            return ordered(list(stock.values()), spec)
        place = (section.key, type, spec)
        stamp = _stamp(section, spec)
        found = self._cache.get(place)
        if found is not None and found[0] == stamp:
            return found[1]
        if found is not None and found[0][0] == stamp[0]:
            items = ordered(found[1], spec)  # nearly sorted already, which is quick to sort
        else:
            items = ordered(list(stock.values()), spec)
        if len(self._cache) >= _MAX_CACHED:
            self._cache.pop(next(iter(self._cache)))
        self._cache[place] = (stamp, items)
        return items


def parse_sort(sort: str | None) -> Spec:
    """`addedAt:desc,movie.titleSort` as fields; unknown fields count for nothing."""
    spec = []
    for part in (sort or "titleSort").split(","):
        name, _, direction = part.partition(":")
        name = name.rpartition(".")[2]
        if name in NUMBERS or name in TEXTS or name == "random":
            spec.append((name, "desc" in direction, "nullsLast" in direction))
    return tuple(spec) or (("titleSort", False, False),)


def ordered(items: list[Item], spec: Spec) -> list[Item]:
    """A sorted copy; equal items keep their order."""
    items = list(items)
    for name, descending, nulls_last in reversed(spec):
        if name == "random":
            random.shuffle(items)
        else:
            key = _key(name, descending, nulls_last)
            if name == "titleSort" and items and items[0].type == "episode":
                key = _episode_key
            items.sort(key=key, reverse=descending)
    return items


def _stamp(section: Section, spec: Spec) -> tuple[int, ...]:
    changes = section.changes
    names = [read for name, _, _ in spec for read in _READS.get(name, (name,))]
    return (changes["members"], *[changes[name] for name in names])


def _key(name: str, descending: bool, nulls_last: bool) -> Callable[[Item], Any]:
    if name in TEXTS:
        text = TEXTS[name]
        return lambda item: text(item).casefold()
    number = NUMBERS[name]
    empty = float("inf") if nulls_last != descending else float("-inf")
    return lambda item: empty if (found := number(item)) is None else found


def _episode_key(item: Item) -> tuple[str, int, int]:
    """Episodes sort by show, season and number."""
    if item.parent is None or item.parent.parent is None:
        return item.sort_title.casefold(), 0, 0
    show = item.parent.parent
    return show.sort_title.casefold(), item.parent.number, item.number
