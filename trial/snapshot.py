"""An item as Plex shows it, with all that edits can change: to be compared, and to be put back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from plex.items import PICTURE_LOCKS, PlexItem, files_of, number
from sync.values import Credit, Credits

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# By Plex's own names, which are those of edits and locks: what edits are known to reach.
TEXTS = (
    *("title", "titleSort", "originalTitle", "summary", "tagline", "studio", "contentRating"),
    *("originallyAvailableAt", "year", "rating", "audienceRating", "userRating", "editionTitle"),
    "index",
)
TAGS = {
    "genre": "Genre",
    "label": "Label",
    "collection": "Collection",
    "actor": "Role",
    "director": "Director",
    "writer": "Writer",
    "producer": "Producer",
    "country": "Country",
}
NUMBERS = ("rating", "audienceRating", "userRating")
# Which of the two names the lock of the cast has where it is shown isn't known.
_SAME_LOCK = {"role": "actor"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """By Plex's names. `chosen`: keys of the chosen pictures, "" for none, where they were asked
    for. `shown`: which of thumb and art it shows. Times in epoch seconds, 0 for never. `files`:
    their paths, by which an item is known, since its key may pass to another."""

    texts: Mapping[str, str]
    tags: Mapping[str, Credits]
    locks: frozenset[str]
    shown: frozenset[str]
    updated_at: int = 0
    rated_at: int = 0
    chosen: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def text(self, key: str) -> str:
        """ "8.0" and "8" are the same rating."""
        found = self.texts.get(key, "")
        return as_number(found) if key in NUMBERS else found

    def names(self, kind: str) -> list[str]:
        return [each.name for each in self.tags.get(kind, ())]

    @property
    def locked(self) -> frozenset[str]:
        """The same whichever name the cast's lock has."""
        return frozenset(_SAME_LOCK.get(each, each) for each in self.locks)

    def is_of(self, item: PlexItem) -> bool:
        """Whether it is this very item's. What was stored by an earlier version has no files."""
        return not self.files or not {each.path for each in item.files}.isdisjoint(self.files)

    def dump(self) -> str:
        found = asdict(self) | {"locks": sorted(self.locks), "shown": sorted(self.shown)}
        return json.dumps(found)


def load(text: str) -> Snapshot:
    """What `Snapshot.dump` has made."""
    found = json.loads(text)
    tags = {
        kind: tuple(Credit(**each) for each in credits) for kind, credits in found["tags"].items()
    }
    sets = {"locks": frozenset(found["locks"]), "shown": frozenset(found["shown"])}
    files = tuple(found.get("files", ()))
    return Snapshot(**{**found, **sets, "tags": tags, "files": files})


def snapshot(element: Element, chosen: Mapping[str, str] | None = None) -> Snapshot:
    """From the complete element of an item."""
    texts = {key: value for key in TEXTS if (value := element.get(key, ""))}
    # Shown only where it differs.
    texts.setdefault("titleSort", texts.get("title", ""))
    return Snapshot(
        texts,
        {kind: _credits(element.iterfind(tag)) for kind, tag in TAGS.items()},
        frozenset(
            each.get("name", "") for each in element.iter("Field") if each.get("locked") == "1"
        ),
        frozenset(key for key in PICTURE_LOCKS.values() if element.get(key)),
        number(element.get("updatedAt")),
        number(element.get("lastRatedAt")),
        chosen or {},
        tuple(each.path for each in files_of(element)),
    )


def of_item(item: PlexItem) -> Snapshot:
    """As it was when it was read."""
    assert item.raw is not None
    return snapshot(item.raw)


def _credits(elements: Iterable[Element]) -> Credits:
    return tuple(
        Credit(each.get("tag", ""), each.get("role", ""), each.get("thumb", ""))
        for each in elements
    )


def as_number(value: str) -> str:
    try:
        return f"{float(value):g}" if value else ""
    except ValueError:
        return value
