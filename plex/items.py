"""A Plex item as one frozen value, read once from Plex's XML.

plexapi's objects reload themselves over the network when an empty attribute is read, and cost
ten times the parsing; so nothing of ours holds one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.fields import COLLECTION, ORDER, YEAR
from sync.values import Credit, Credits, ItemState, Value

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Type numbers of the API, and the types of section whose items hold files that we match.
TYPE_NUMBERS = {"movie": 1, "episode": 4, "collection": 18}
SECTION_ITEMS = {"movie": "movie", "show": "episode"}

# Our field name, Plex's edit key (also the name of its lock), Plex's attribute or element.
TEXT_FIELDS = {
    "title": "title",
    "sort_title": "titleSort",
    "studio": "studio",
    "summary": "summary",
    "tagline": "tagline",
    "date": "originallyAvailableAt",
    "content_rating": "contentRating",
    "rating": "userRating",
}
CREDIT_FIELDS = {
    "genres": ("genre", "Genre"),
    "labels": ("label", "Label"),
    "cast": ("actor", "Role"),
    "directors": ("director", "Director"),
    "collections": ("collection", "Collection"),
}

EDIT_KEYS = {**TEXT_FIELDS, **{name: key for name, (key, _) in CREDIT_FIELDS.items()}}
# Our name of a picture to Plex's attribute, which is also the name of its lock.
PICTURE_LOCKS = {"poster": "thumb", "background": "art"}
# How a lock of the cast is shown isn't known; see docs/plex-servers.md.
_NAME_OF_LOCK = {key: name for name, key in (EDIT_KEYS | PICTURE_LOCKS).items()} | {"role": "cast"}


@dataclass(frozen=True, slots=True)
class PlexFile:
    """One part's file as Plex sees it. `size` in bytes, `duration_ms` of the part; 0 = unknown."""

    path: str
    size: int = 0
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class PlexItem:
    """A movie, an episode, or a collection, which has no files, with its complete metadata.

    `pictures`: which of poster and background it shows; the address that Plex gives for them
    doesn't tell which picture it is. `view_count`: how often the token's account has played it;
    `view_offset_ms`: where that account would go on, 0 for nowhere. `rated_at`: when that account
    rated it (epoch seconds), 0 for never, or by an edit that moved no time. `raw`: what Plex
    answered, with all that is none of our business.
    """

    rating_key: int
    section_key: str
    type: str
    state: ItemState
    files: tuple[PlexFile, ...]
    guid: str = ""
    updated_at: int = 0
    pictures: frozenset[str] = frozenset()
    view_count: int = 0
    view_offset_ms: int = 0
    rated_at: int = 0
    raw: Element | None = field(default=None, compare=False, repr=False)

    @property
    def title(self) -> str:
        return str(self.state.values.get("title", ""))


def parse_item(element: Element) -> PlexItem:
    """From a full `<Video>` or a collection's `<Directory>` of GET /library/metadata/{id}."""
    values: dict[str, Value] = {
        name: element.get(attribute, "") for name, attribute in TEXT_FIELDS.items()
    }
    if element.get("type") == COLLECTION:
        values[ORDER] = element.get("collectionSort", "0")
    values[YEAR] = element.get("year", "")
    values["rating"] = _plain_number(element.get("userRating", ""))
    for name, (_, tag) in CREDIT_FIELDS.items():
        values[name] = _credits(element, tag)
    locked = {each.get("name", "") for each in element.iter("Field") if each.get("locked") == "1"}
    return PlexItem(
        rating_key=number(element.get("ratingKey")),
        section_key=element.get("librarySectionID", ""),
        type=element.get("type", ""),
        state=ItemState(values, frozenset(_NAME_OF_LOCK.get(name, name) for name in locked)),
        files=tuple(files_of(element)),
        guid=element.get("guid", ""),
        updated_at=number(element.get("updatedAt")),
        pictures=frozenset(name for name, key in PICTURE_LOCKS.items() if element.get(key)),
        view_count=number(element.get("viewCount")),
        view_offset_ms=number(element.get("viewOffset")),
        rated_at=number(element.get("lastRatedAt")),
        raw=element,
    )


def files_of(element: Element) -> Iterator[PlexFile]:
    """The files of an item's versions and parts, without the trash and optimised versions."""
    if element.get("deletedAt"):
        return
    for media in element.iterfind("Media"):
        if media.get("deletedAt") or media.get("proxyType") == "42" or media.get("target"):
            continue
        for part in media.iterfind("Part"):
            path = part.get("file")
            if path and not part.get("deletedAt"):
                duration = number(part.get("duration")) or number(media.get("duration"))
                yield PlexFile(path, number(part.get("size")), duration)


def number(text: str | None) -> int:
    """A whole number of Plex's XML; 0, which means "not told" everywhere, for what is none.

    One that can't be read, or that no column of SQLite holds, must not cost the page it stands on.
    """
    try:
        found = int(text or 0)
    except ValueError:
        return 0
    return found if abs(found) < 1 << 63 else 0


def _credits(element: Element, tag: str) -> Credits:
    return tuple(
        Credit(each.get("tag", ""), each.get("role", ""), each.get("thumb", ""))
        for each in element.iterfind(tag)
    )


def _plain_number(text: str) -> str:
    """ "8.0" and "8" are the same rating."""
    try:
        return f"{float(text):g}" if text else ""
    except ValueError:
        return text
