"""What is to be done to one item, field by field, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sync.values import Credits, ItemState, Value, Values


@dataclass(frozen=True, slots=True)
class Edit:
    """Write `new` over `old`. For tag-like fields `new` is the complete wanted list and `removed`
    names what must go from Plex. `lock` keeps Plex's own refresh from undoing it."""

    field: str
    old: Value
    new: Value
    lock: bool = True
    removed: Credits = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that differs from Stash and is left alone, with the reason for people to read."""

    field: str
    value: Value
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits of one item, what is ours once Plex has confirmed them (`baseline`), and what to
    put back one day (`original`). `locks`: fields to be locked or not, without a new value."""

    edits: tuple[Edit, ...]
    kept: tuple[Kept, ...]
    baseline: Values
    original: ItemState
    locks: tuple[tuple[str, bool], ...] = ()
