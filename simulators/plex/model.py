"""What a Plex server stores: sections, items, media, parts, tags, pictures.

Rating keys are ints here and decimal strings on the wire; section keys are strings everywhere.
Times are epoch seconds, durations milliseconds, sizes bytes.
"""

from __future__ import annotations

import ntpath
import posixpath
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

TYPE_NUMBERS = {"movie": 1, "show": 2, "season": 3, "episode": 4, "clip": 12, "collection": 18}
TYPE_NAMES = {number: name for name, number in TYPE_NUMBERS.items()}

# Edit key -> XML element, in the order in which a full item shows them.
TAG_ELEMENTS = {
    "genre": "Genre",
    "country": "Country",
    "director": "Director",
    "writer": "Writer",
    "producer": "Producer",
    "actor": "Role",
    "collection": "Collection",
    "label": "Label",
    "similar": "Similar",
}

# Every so many-eth item has no background.
_NO_ART_EACH = 10


@dataclass(slots=True, eq=False)
class TagRecord:
    """A tag as the server knows it once, however many items carry it. `id` 0: not stored yet."""

    name: str
    thumb: str = ""
    key: str = ""
    id: int = 0


class Tag:
    """A tag on an item. `role` belongs to the item; name, thumb and id to the shared record."""

    __slots__ = ("record", "role")

    def __init__(
        self, name: str = "", role: str = "", thumb: str = "", *, record: TagRecord | None = None
    ) -> None:
        self.record = record or TagRecord(name, thumb)
        self.role = role

    @property
    def name(self) -> str:
        return self.record.name

    @property
    def thumb(self) -> str:
        return self.record.thumb

    @thumb.setter
    def thumb(self, url: str) -> None:
        self.record.thumb = url

    @property
    def id(self) -> int:
        return self.record.id

    def __repr__(self) -> str:
        return f"Tag({self.name!r}, role={self.role!r}, thumb={self.thumb!r}, id={self.id})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tag):
            return NotImplemented
        return (self.name, self.role, self.thumb) == (other.name, other.role, other.thumb)

    def __hash__(self) -> int:
        return hash((self.name, self.role))


@dataclass(slots=True)
class Picture:
    """A poster or background that an item can choose: 'upload://…', 'metadata://…' (of an agent),
    'media://…' (a frame of the film) or a URL."""

    rating_key: str
    data: bytes = b""
    selected: bool = False
    provider: str = ""


@dataclass(slots=True)
class Part:
    """One file. size and duration default to values made from the path, so that they differ."""

    file: str
    size: int = 0
    duration_ms: int = 0
    id: int = 0
    deleted_at: int | None = None

    def __post_init__(self) -> None:
        seed = zlib.crc32(self.file.encode(errors="surrogatepass"))
        self.size = self.size or 400_000_000 + seed % 3_600_000_000
        self.duration_ms = self.duration_ms or 3_000_000 + seed % 5_400_000


@dataclass(slots=True)
class Media:
    """One version of an item. Several parts are a stacked file (cd1, cd2).

    `optimized_for` names the target of an optimised version ("Mobile"), which the server made.
    """

    parts: list[Part]
    id: int = 0
    width: int = 1920
    height: int = 1080
    video_codec: str = "h264"
    audio_codec: str = "aac"
    optimized_for: str = ""
    deleted_at: int | None = None

    @property
    def duration_ms(self) -> int:
        return sum(part.duration_ms for part in self.parts)


@dataclass(slots=True)
class AgentValues:
    """What the metadata agent says about an item: a refresh writes this to unlocked fields."""

    fields: dict[str, str]
    tags: dict[str, Sequence[Tag]]


@dataclass(slots=True, eq=False)
class Section:
    """A library. `type` is movie or show; `changes` counts edits by field, for sort caches."""

    key: str
    title: str
    type: str
    agent: str
    scanner: str
    locations: list[str]
    uuid: str
    created_at: int
    language: str = "en-US"
    refreshing: bool = False
    scanned_at: int = 0
    prefs: dict[str, str] = field(default_factory=dict)
    by_type: dict[str, dict[int, Item]] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)

    @property
    def has_online_agent(self) -> bool:
        return not self.agent.endswith(".none")

    def contains(self, path: str) -> bool:
        """Whether the path is one of the section's folders or inside one."""
        return any(
            path.rstrip("/\\") == root.rstrip("/\\")
            or path.startswith((root.rstrip("/\\") + "/", root.rstrip("/\\") + "\\"))
            for root in self.locations
        )


@dataclass(slots=True, eq=False)
class Item:
    """A movie, show, season, episode or collection.

    `fields` holds the scalars as the strings an edit would carry, without empty ones. `locks`
    holds field names and tag kinds, and thumb and art. `parent` is a season's show, an episode's
    season. `uri` is a smart collection's content, `custom_order` the rating keys of a plain one's
    members as clients moved them, `odd` attributes that it shows whatever it is, as a damaged
    database has them. Attributes may be set directly by tests that
    play a user editing in Plex; `PlexLibrary.touch` then moves `updated_at`.
    """

    rating_key: int
    type: str
    section: Section
    fields: dict[str, str]
    guid: str
    added_at: int
    updated_at: int
    agent: AgentValues
    media: list[Media] = field(default_factory=list)
    tags: dict[str, list[Tag]] = field(default_factory=dict)
    locks: set[str] = field(default_factory=set)
    posters: list[Picture] = field(default_factory=list)
    arts: list[Picture] = field(default_factory=list)
    guids: tuple[str, ...] = ()
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)
    tag_record: TagRecord | None = None
    uri: str = ""
    custom_order: list[int] = field(default_factory=list)
    odd: dict[str, str] = field(default_factory=dict)
    deleted_at: int | None = None
    view_count: int = 0
    view_offset: int = 0
    last_viewed_at: int | None = None
    last_rated_at: int | None = None

    @property
    def title(self) -> str:
        return self.fields.get("title", "")

    @property
    def sort_title(self) -> str:
        return self.fields.get("titleSort") or self.title

    @property
    def number(self) -> int:
        """A season's or episode's number; 0 without one."""
        index = self.fields.get("index", "")
        return int(index) if index.isdigit() else 0

    @property
    def parts(self) -> list[Part]:
        return [part for media in self.media for part in media.parts]

    @property
    def files(self) -> list[str]:
        return [part.file for part in self.parts]

    @property
    def duration_ms(self) -> int:
        return self.media[0].duration_ms if self.media else 0

    def tag_names(self, kind: str) -> list[str]:
        return [tag.name for tag in self.tags.get(kind, ())]

    def selected(self, kind: str) -> Picture | None:
        """The chosen picture; kind is "thumb" or "art"."""
        return next((picture for picture in self._pictures(kind) if picture.selected), None)

    def choose(self, kind: str, chosen: Picture | None) -> None:
        """Show this picture, listed or not yet, and no other; None: nothing. Locks nothing."""
        pictures = self._pictures(kind)
        if chosen is not None and not any(each is chosen for each in pictures):
            pictures.append(chosen)
        for each in pictures:
            each.selected = each is chosen

    def _pictures(self, kind: str) -> list[Picture]:
        return self.posters if kind == "thumb" else self.arts


def requested_type(number: str | None) -> str | None:
    """The type that a request's `type` names: None without one, "" for one that nothing has."""
    if not number:
        return None
    return TYPE_NAMES.get(int(number), "") if number.isdigit() else ""


def derived_sort_title(title: str) -> str:
    """The title without a leading English article, as the server sorts it."""
    first, _, rest = title.partition(" ")
    return rest if rest and first.lower() in ("the", "a", "an") else title


def file_stem(path: str) -> str:
    """File name without folder and ending, of a POSIX or Windows path."""
    name = ntpath.basename(path) if "\\" in path else posixpath.basename(path)
    return posixpath.splitext(name)[0]


def is_found(picture: Picture) -> bool:
    """Whether Plex has found it by itself: every picture that nobody has uploaded."""
    return not picture.rating_key.startswith("upload://")


def found_pictures(type: str, section: Section, rating_key: int, kind: str) -> list[Picture]:
    """What an item shows before anybody has chosen a picture: an agent's, or a frame of the film
    where the library has no agent. Every item has a poster, most have a background (`kind` "thumb"
    and "art"). A collection has its composite, which is made anew for each look."""
    if type == "collection" or (kind == "art" and rating_key % _NO_ART_EACH == 0):
        return []
    folder = "posters" if kind == "thumb" else "art"
    scheme, provider = ("metadata", section.agent) if section.has_online_agent else ("media", "")
    return [Picture(f"{scheme}://{folder}/{rating_key}", b"", True, provider)]
