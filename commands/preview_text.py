"""What a preview found, as values, and how it is told: in lines, in short for the page, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.pictures import PICTURES
from sync.plan import WHOLE_ITEM, Kept
from sync.reasons import NOT_OURS
from sync.text import one_line
from sync.values import Value

STORED_LENGTH = 400
STORED_NAMES = 40
SHOWN_LENGTH = 60

Shown = str | list[str]
"""A value for people: a text, or the names of a list's elements (a role in brackets)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would be written."""

    field: str
    old: Shown
    new: Shown


@dataclass(frozen=True, slots=True)
class ItemPreview:
    """What would happen to one item; nothing, if `changes` is empty. `stash`: what Stash says, by
    field."""

    scene_id: int
    rating_key: int
    title: str
    changes: tuple[Change, ...]
    left: tuple[Kept, ...]
    stash: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotSynced:
    """A scene that would not be synced, and why."""

    scene_id: int
    because: str
    advice: str = ""


Preview = ItemPreview | NotSynced


def shown(value: Value) -> Shown:
    """A value of ours for people."""
    if isinstance(value, str):
        return value
    return [f"{each.name} ({each.role})" if each.role else each.name for each in value]


def preview_in_short(preview: ItemPreview) -> dict[str, Any]:
    """For a page: values cut to what can be looked at."""
    return {
        "scene": preview.scene_id,
        "rating_key": preview.rating_key,
        "title": one_line(preview.title, STORED_LENGTH),
        "fields": [
            {
                "field": each.field,
                "stash": stash_says(preview, each.field),
                "old": cut_short(each.old),
                "new": cut_short(each.new),
            }
            for each in preview.changes
        ],
        "left": [
            {
                "field": each.field,
                "stash": stash_says(preview, each.field),
                "old": cut_short(shown(each.value)),
                "why": each.because,
            }
            for each in preview.left
            if each.because != NOT_OURS
        ],
    }


def stash_says(preview: ItemPreview, field: str) -> Shown:
    """In short; "" also for what isn't a value, a picture say."""
    return cut_short(shown(preview.stash.get(field, "")))


def cut_short(value: Shown) -> Shown:
    """What of it can be looked at."""
    if isinstance(value, str):
        return one_line(value, STORED_LENGTH)
    more = len(value) - STORED_NAMES
    names = [one_line(each, STORED_LENGTH) for each in value[:STORED_NAMES]]
    return [*names, f"… and {more} more"] if more > 0 else names


def preview_lines(preview: Preview) -> list[str]:
    """For people; nothing for an item that is in sync and whose every difference is Plex's own."""
    if isinstance(preview, NotSynced):
        return [f"scene {preview.scene_id}: not synced, {preview.because}"]
    notes = preview_notes(preview)
    if not notes:
        return []
    title = one_line(preview.title, SHOWN_LENGTH)
    lines = [f"  {field}: {what}" for field, what in notes]
    return [f"scene {preview.scene_id}, item {preview.rating_key}, {title}:", *lines]


def preview_line(preview: ItemPreview) -> str:
    """All of it in one line, which stands by itself; "" for an item that is in sync and whose every
    difference is Plex's own."""
    notes = preview_notes(preview)
    if not notes:
        return ""
    title = one_line(preview.title, SHOWN_LENGTH)
    what = "; ".join(f"{field}: {what}" for field, what in notes)
    return f"{title} (scene {preview.scene_id}, item {preview.rating_key}): {what}"


def preview_notes(preview: ItemPreview, *, of_all: bool = False) -> list[tuple[str, str]]:
    """(field, what would become of it) for every field that people should know of. `of_all`: also
    of those that only Plex has."""
    return [
        *((each.field, _difference(each)) for each in preview.changes),
        *((each.field, _left(each)) for each in preview.left if of_all or each.because != NOT_OURS),
    ]


def preview_as_json(preview: Preview) -> Mapping[str, Any]:
    """One object per item or scene that is not synced; complete values."""
    if isinstance(preview, NotSynced):
        return {
            "scene": preview.scene_id,
            "not_synced": preview.because,
            "advice": preview.advice,
        }
    return {
        "scene": preview.scene_id,
        "item": preview.rating_key,
        "title": preview.title,
        "changes": [
            {"field": each.field, "old": each.old, "new": each.new} for each in preview.changes
        ],
        "left": [
            {"field": each.field, "value": shown(each.value), "because": each.because}
            for each in preview.left
        ],
    }


def _left(kept: Kept) -> str:
    if kept.field == WHOLE_ITEM:
        return kept.because
    return f"left as {_clipped(shown(kept.value))}, {kept.because}"


def _difference(change: Change) -> str:
    if change.field in PICTURES:
        return str(change.new)
    if isinstance(change.old, str) or isinstance(change.new, str):
        return f"{_clipped(change.old)} → {_clipped(change.new)}"
    added = [f"+{name}" for name in change.new if name not in change.old]
    removed = [f"−{name}" for name in change.old if name not in change.new]
    return ", ".join(added + removed) or f"in the order {', '.join(change.new)}"


def _clipped(value: Shown) -> str:
    if isinstance(value, list):
        return one_line(", ".join(value), SHOWN_LENGTH) or "nothing"
    return json.dumps(one_line(value, SHOWN_LENGTH), ensure_ascii=False) if value else "nothing"


@dataclass(slots=True)
class PreviewTally:
    changed: int = 0
    same: int = 0
    not_synced: int = 0

    def add(self, preview: Preview) -> None:
        match preview:
            case NotSynced():
                self.not_synced += 1
            case ItemPreview(changes=()):
                self.same += 1
            case _:
                self.changed += 1

    def summary(self) -> str:
        return (
            f"Preview: {self.changed} item(s) would change, {self.same} would not, "
            f"{self.not_synced} scene(s) not synced; nothing was written"
        )
