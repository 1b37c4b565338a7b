"""The objects of a Stash library, as its GraphQL shows them.

Attributes carry the GraphQL field names, so that most fields need no resolver. Text that is unset
is "" where Stash answers "" and None where it answers null. Points in time are text in the form
that Stash stores and compares: RFC 3339 with seconds and the server's offset.
"""

from __future__ import annotations

import hashlib
import ntpath
import posixpath
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class SceneGroup(NamedTuple):
    """A scene's place in a group; `scene_index` counts from 1, None means unnumbered."""

    group: Group
    scene_index: int | None


class GroupDescription(NamedTuple):
    group: Group
    description: str | None


class StashId(NamedTuple):
    endpoint: str
    stash_id: str
    updated_at: str


@dataclass(slots=True, eq=False)
class VideoFile:
    """`size` in bytes, `duration_s` in seconds; `hashes` maps oshash, md5, phash to hex text."""

    path: str
    size: int = 1_000_000
    duration_s: float = 3600.0
    width: int = 1920
    height: int = 1080
    video_codec: str = "h264"
    audio_codec: str = "aac"
    frame_rate: float = 25.0
    bit_rate: int = 8_000_000
    format: str = "mp4"
    hashes: dict[str, str] | None = None
    mod_time: str = ""
    created_at: str = ""
    updated_at: str = ""
    id: int = 0

    @property
    def basename(self) -> str:
        looks_like_windows = re.match(r"[A-Za-z]:\\|\\\\", self.path)
        if looks_like_windows:
            return ntpath.basename(self.path)
        return posixpath.basename(self.path)

    @property
    def duration(self) -> float:
        return self.duration_s

    @property
    def fingerprints(self) -> list[dict[str, str]]:
        return [{"type": kind, "value": value} for kind, value in self.all_hashes().items()]

    def all_hashes(self) -> dict[str, str]:
        """What was given, else an oshash made up from the path: a move must not change it."""
        if self.hashes is None:
            digest = hashlib.md5(self.path.encode(), usedforsecurity=False)
            self.hashes = {"oshash": digest.hexdigest()[:16]}
        return self.hashes


@dataclass(slots=True, eq=False)
class Studio:
    id: int
    name: str
    details: str = ""
    urls: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    rating100: int | None = None
    favorite: bool = False
    ignore_auto_tag: bool = False
    parent_studio: Studio | None = None
    tags: list[Tag] = field(default_factory=list)
    stash_ids: list[StashId] = field(default_factory=list)
    image: bytes | None = None
    created_at: str = ""
    updated_at: str = ""

    @property
    def url(self) -> str | None:
        return self.urls[0] if self.urls else None


@dataclass(slots=True, eq=False)
class Tag:
    id: int
    name: str
    sort_name: str = ""
    description: str = ""
    aliases: list[str] = field(default_factory=list)
    favorite: bool = False
    ignore_auto_tag: bool = False
    parents: list[Tag] = field(default_factory=list)
    stash_ids: list[StashId] = field(default_factory=list)
    image: bytes | None = None
    created_at: str = ""
    updated_at: str = ""


@dataclass(slots=True, eq=False)
class Performer:
    """`birthdate` and `death_date` as YYYY, YYYY-MM or YYYY-MM-DD."""

    id: int
    name: str
    disambiguation: str = ""
    gender: str | None = None
    alias_list: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    birthdate: str | None = None
    death_date: str | None = None
    country: str = ""
    ethnicity: str = ""
    eye_color: str = ""
    hair_color: str = ""
    height_cm: int | None = None
    weight: int | None = None
    measurements: str = ""
    fake_tits: str = ""
    penis_length: float | None = None
    circumcised: str | None = None
    career_length: str = ""
    tattoos: str = ""
    piercings: str = ""
    details: str = ""
    rating100: int | None = None
    favorite: bool = False
    ignore_auto_tag: bool = False
    tags: list[Tag] = field(default_factory=list)
    stash_ids: list[StashId] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    image: bytes | None = None
    created_at: str = ""
    updated_at: str = ""

    @property
    def url(self) -> str | None:
        return self.urls[0] if self.urls else None


@dataclass(slots=True, eq=False)
class Group:
    """`duration` in seconds; `aliases` is one text, other than elsewhere."""

    id: int
    name: str
    aliases: str = ""
    duration: int | None = None
    date: str | None = None
    rating100: int | None = None
    director: str = ""
    synopsis: str = ""
    urls: list[str] = field(default_factory=list)
    studio: Studio | None = None
    tags: list[Tag] = field(default_factory=list)
    containing_groups: list[GroupDescription] = field(default_factory=list)
    front_image: bytes | None = None
    back_image: bytes | None = None
    created_at: str = ""
    updated_at: str = ""


@dataclass(slots=True, eq=False)
class Marker:
    """Seconds from the start of the scene."""

    id: int
    scene: Scene
    title: str
    seconds: float
    primary_tag: Tag
    end_seconds: float | None = None
    tags: list[Tag] = field(default_factory=list)
    created_at: str = ""
    updated_at: str = ""


@dataclass(slots=True, eq=False)
class Scene:
    """The first of `files` is the primary. `cover` None: the placeholder is served.

    Lists are replaced, never changed in place: a reader in another thread may hold one.
    """

    id: int
    title: str = ""
    code: str = ""
    details: str = ""
    director: str = ""
    date: str | None = None
    rating100: int | None = None
    organized: bool = False
    urls: list[str] = field(default_factory=list)
    studio: Studio | None = None
    performers: list[Performer] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    groups: list[SceneGroup] = field(default_factory=list)
    files: list[VideoFile] = field(default_factory=list)
    stash_ids: list[StashId] = field(default_factory=list)
    scene_markers: list[Marker] = field(default_factory=list)
    cover: bytes | None = None
    resume_time: float = 0.0
    play_duration: float = 0.0
    play_history: list[str] = field(default_factory=list)
    o_history: list[str] = field(default_factory=list)
    created_at: str = ""
    updated_at: str = ""

    @property
    def url(self) -> str | None:
        return self.urls[0] if self.urls else None

    @property
    def play_count(self) -> int:
        return len(self.play_history)

    @property
    def o_counter(self) -> int:
        return len(self.o_history)

    @property
    def last_played_at(self) -> str | None:
        return max(self.play_history, default=None)

    @property
    def path(self) -> str:
        return self.files[0].path if self.files else ""
