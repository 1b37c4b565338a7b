"""What counts as ours of an item that we may have written to without remembering it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.lists import keys
from sync.pictures import PictureMemory
from sync.values import ItemState, Memory, Value, Values


def presume_ours(memory: Memory, current: ItemState, desired: Values) -> Memory:
    """The memory of an item of which the last writes are forgotten: what Plex shows as Stash says
    it may be ours. It is nobody's edit, and it never becomes what was there before us."""
    if memory.is_unmanaged:
        return memory
    found = {name: value for name in desired if (value := _shared(name, current, desired))}
    if not found:
        return memory
    original = memory.original or ItemState({})
    return replace(memory, pending=(*memory.pending, found), original=original)


def presume_pictures(
    pictures: Mapping[str, PictureMemory], names: Iterable[str]
) -> dict[str, PictureMemory]:
    """The same of its pictures: of one that nothing is known of, something may have been sent. It
    is looked at, once, before it is taken for somebody's."""
    return {name: PictureMemory(unsure=True) for name in names} | dict(pictures)


def _shared(name: str, current: ItemState, desired: Values) -> Value:
    wanted = desired[name]
    if isinstance(wanted, str):
        return wanted if current.text(name) == wanted else ""
    return tuple(each for each in wanted if each.key in keys(current.credits(name)))
