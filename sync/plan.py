"""What is to be done to one item, field by field, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sync.values import Credit, Value, Values


@dataclass(frozen=True, slots=True)
class Edit:
    """Write `new` over `old`. For tag-like fields `new` is the complete wanted list and `removed`
    names what must go from Plex. `lock` keeps Plex's own refresh from undoing it."""

    field: str
    old: Value
    new: Value
    lock: bool = True
    removed: tuple[Credit, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """A field that differs from Stash and is left alone, with the reason for people to read."""

    field: str
    value: Value
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits of one item and what we own once Plex has confirmed them (`baseline`)."""

    edits: tuple[Edit, ...]
    kept: tuple[Kept, ...]
    baseline: Values

    @property
    def is_empty(self) -> bool:
        return not self.edits
