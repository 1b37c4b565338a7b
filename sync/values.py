"""The metadata of a Plex item in our own words, without anything of Plex's wire format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credit:
    """One element of a tag-like field: a genre, a label, a person with role text and photo URL."""

    name: str
    role: str = ""
    photo: str = ""

    @property
    def key(self) -> str:
        """What makes two credits the same: Plex changes the case of labels, for one."""
        return self.name.casefold()


Credits = tuple[Credit, ...]
Value = str | Credits
"""A text field's text, "" when empty, or a tag-like field's elements in order."""

Values = Mapping[str, Value]
"""By field name as in `validation.config.FIELDS`. A field that is absent is nobody's business."""


@dataclass(frozen=True, slots=True)
class ItemState:
    """What Plex holds for an item, complete: the values of our fields and which are locked."""

    values: Values
    locked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Memory:
    """What we remember of an item.

    `baseline`: what we last wrote and Plex confirmed; `pending`: what we were about to write when
    the process may have died; `original`: what was there before our first write, None before it.
    Of tag-like fields the first two hold only the elements that we own.
    """

    baseline: Values = field(default_factory=dict)
    pending: Values = field(default_factory=dict)
    original: ItemState | None = None
