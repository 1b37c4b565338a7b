"""What is to be done to one item, field by field, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sync.values import Credits, ItemState, Value, Values

WHOLE_ITEM = "item"
"""In place of a field's name: all of them."""


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
    """A field, or the WHOLE_ITEM, that is left alone although Stash says otherwise, with the reason
    for people to read."""

    field: str
    value: Value
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits of one item, what is ours once Plex has confirmed them (`baseline`), and what to
    put back one day (`original`). `locks`: fields to be locked or not, without a new value.
    `unconfirmed`: what was intended, now or before, that Plex has not confirmed and may hold all
    the same."""

    edits: tuple[Edit, ...]
    kept: tuple[Kept, ...]
    baseline: Values
    original: ItemState
    locks: tuple[tuple[str, bool], ...] = ()
    unconfirmed: Values = field(default_factory=dict)

    def parts(self) -> list[Plan]:
        """The same requests field by field, the locks without a value at the end."""
        fields = [replace(self, edits=(each,), locks=()) for each in self.edits]
        return [*fields, replace(self, edits=())] if self.locks else fields

    def without(self, refused: Collection[str], known: Values) -> Plan:
        """The same but for these fields, which were tried: they stay `known` as they were before,
        and unconfirmed."""
        left = {name: known[name] for name in refused if name in known}
        kept = {name: value for name, value in self.baseline.items() if name not in refused}
        edits = tuple(each for each in self.edits if each.field not in refused)
        tried = {name: value for name, value in self.baseline.items() if name in refused}
        unconfirmed = {**self.unconfirmed, **tried}
        return replace(self, edits=edits, baseline=kept | left, unconfirmed=unconfirmed)
