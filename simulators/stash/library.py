"""A Stash library in memory: what the tests fill and the GraphQL resolvers read and change."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import Self

from simulators.stash.model import (
    Group,
    GroupDescription,
    Marker,
    Performer,
    Scene,
    SceneGroup,
    Studio,
    Tag,
    VideoFile,
)

if TYPE_CHECKING:
    from simulators.films import Film

Item = TypeVar("Item", Scene, Performer, Studio, Tag, Group, Marker)
Related = TypeVar("Related", Performer, Tag, Group, Studio)


class StashLibrary:
    """Objects by id, ids from 1 upwards per kind and never used twice, as in SQLite.

    `clock` gives the wall time and `utc_offset_s` the server's offset (None: the machine's); both
    may be replaced at any time. `release` is the server's, for what it makes of an input.
    `has_tiny_statistics`: SQLite's were taken while the table of performers was tiny, so that those
    of a scene that is stored from now on come as they were sent, until `optimise`. Whoever
    changes more than one thing holds `lock`.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, utc_offset_s: int | None = None
    ) -> None:
        self.clock = clock
        self.utc_offset_s = utc_offset_s
        self.release: tuple[int, ...] = (0, 30)
        self.has_tiny_statistics = False
        self.lock = threading.RLock()
        self.scenes: dict[int, Scene] = {}
        self.performers: dict[int, Performer] = {}
        self.studios: dict[int, Studio] = {}
        self.tags: dict[int, Tag] = {}
        self.groups: dict[int, Group] = {}
        self.markers: dict[int, Marker] = {}
        self.files: dict[int, VideoFile] = {}
        self._last_ids: dict[str, int] = {}

    @classmethod
    def from_films(cls, films: Iterable[Film], folder: str = "/data/films") -> Self:
        """A library with one scene per film, its file in `folder`."""
        library = cls()
        library.add_films(films, folder)
        return library

    def add_films(self, films: Iterable[Film], folder: str = "/data/films") -> list[Scene]:
        """Cast become performers, genres tags; studios and people are shared between films."""
        studio = _named(self.studios, self.add_studio)
        performer = _named(self.performers, self.add_performer)
        tag = _named(self.tags, self.add_tag)
        return [
            self.add_scene(
                film.title,
                files=[VideoFile(f"{folder}/{film.file_name}", film.size, film.duration_s)],
                details=film.summary,
                date=film.date,
                rating100=film.rating100,
                director=film.director,
                studio=studio(film.studio) if film.studio else None,
                performers=[performer(name) for name, _ in film.cast],
                tags=[tag(name) for name in film.genres],
            )
            for film in films
        ]

    def timestamp(self, at_s: float | None = None, *, fraction: bool = False) -> str:
        """`at_s` (default: now) the way Stash stores it; `fraction` as it shows unstored times."""
        at_s = self.clock() if at_s is None else at_s
        moment = datetime.fromtimestamp(at_s, timezone.utc)
        if self.utc_offset_s is None:
            moment = moment.astimezone()
        else:
            moment = moment.astimezone(timezone(timedelta(seconds=self.utc_offset_s)))
        text = moment.isoformat(timespec="microseconds" if fraction else "seconds")
        return text.replace("+00:00", "Z")

    def new_id(self, kind: str) -> int:
        with self.lock:
            self._last_ids[kind] = self._last_ids.get(kind, 0) + 1
            return self._last_ids[kind]

    def scene(self, scene_id: int) -> Scene:
        return self.scenes[scene_id]

    def add_scene(
        self,
        title: str = "",
        *,
        files: Sequence[VideoFile] = (),
        studio: Studio | int | None = None,
        performers: Iterable[Performer | int] = (),
        tags: Iterable[Tag | int] = (),
        groups: Iterable[tuple[Group | int, int | None]] = (),
        **fields: Any,
    ) -> Scene:
        """`fields` are further attributes of Scene, e.g. details, date, rating100, cover."""
        with self.lock:
            now = self.timestamp()
            scene = Scene(
                id=self.new_id("scene"),
                title=title,
                files=[self.add_file(file) for file in files],
                studio=None if studio is None else _find(self.studios, studio),
                performers=self.in_row_order(_find(self.performers, each) for each in performers),
                tags=in_name_order(_find(self.tags, each) for each in tags),
                groups=[SceneGroup(_find(self.groups, each), at) for each, at in groups],
                **{"created_at": now, "updated_at": now, **fields},
            )
            self.scenes[scene.id] = scene
            return scene

    def add_file(self, file: VideoFile) -> VideoFile:
        with self.lock:
            now = self.timestamp()
            file.id = file.id or self.new_id("file")
            file.mod_time = file.mod_time or now
            file.created_at = file.created_at or now
            file.updated_at = file.updated_at or now
            self.files[file.id] = file
            return file

    def add_studio(self, name: str, *, parent: Studio | int | None = None, **fields: Any) -> Studio:
        found = None if parent is None else _find(self.studios, parent)
        studio = Studio(id=0, name=name, parent_studio=found, **fields)
        return self._store("studio", self.studios, studio)

    def add_performer(self, name: str, **fields: Any) -> Performer:
        return self._store("performer", self.performers, Performer(id=0, name=name, **fields))

    def add_tag(self, name: str, *, parents: Iterable[Tag | int] = (), **fields: Any) -> Tag:
        found = [_find(self.tags, parent) for parent in parents]
        return self._store("tag", self.tags, Tag(id=0, name=name, parents=found, **fields))

    def add_group(
        self, name: str, *, containing: Iterable[Group | int] = (), **fields: Any
    ) -> Group:
        above = [GroupDescription(_find(self.groups, each), None) for each in containing]
        group = Group(id=0, name=name, containing_groups=above, **fields)
        return self._store("group", self.groups, group)

    def add_marker(
        self, scene: Scene, title: str, seconds: float, primary_tag: Tag, **fields: Any
    ) -> Marker:
        marker = Marker(0, scene, title, seconds, primary_tag, **fields)
        with self.lock:
            scene.scene_markers = [*scene.scene_markers, marker]
            return self._store("marker", self.markers, marker)

    def update(self, item: Item, *, touch: bool = True, **fields: Any) -> Item:
        """Set attributes without any hook, as the auto-tagger does.

        `touch` False leaves `updated_at` alone, as changes of files, play counts and the like do.
        """
        with self.lock:
            for name, value in fields.items():
                setattr(item, name, value)
            if isinstance(item, Scene):
                item.performers = self.in_row_order(item.performers)
                item.tags = in_name_order(item.tags)
            if touch:
                item.updated_at = self.timestamp()
            return item

    def in_row_order(self, performers: Iterable[Performer]) -> list[Performer]:
        """Stash reads a scene's performers without an ORDER BY: from the index, by performer id, or
        if SQLite thinks that cheaper as the rows were written. Seen on running servers."""
        if self.has_tiny_statistics:
            return list(performers)
        return sorted(performers, key=lambda performer: performer.id)

    def optimise(self) -> None:
        """Take the statistics anew: performers come by id. No hook, and no `updated_at` moves."""
        with self.lock:
            self.has_tiny_statistics = False
            for scene in self.scenes.values():
                scene.performers = self.in_row_order(scene.performers)

    def file_owner(self, file: VideoFile) -> Scene | None:
        """Slow: looks at every scene."""
        return next((scene for scene in self.scenes.values() if file in scene.files), None)

    def _store(self, kind: str, table: dict[int, Item], item: Item) -> Item:
        with self.lock:
            item.id = self.new_id(kind)
            item.created_at = item.created_at or self.timestamp()
            item.updated_at = item.updated_at or item.created_at
            table[item.id] = item
            return item


def in_name_order(tags: Iterable[Tag]) -> list[Tag]:
    """Tags of a scene, and a tag's parents and children, come by sort name, else name
    (`tagTableSort` in pkg/sqlite/tables.go)."""
    return sorted(tags, key=lambda tag: natural_key(tag.sort_name or tag.name))


@functools.lru_cache(1 << 18)
def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts "a2" before "a10" and ignores case, like Stash's collation NATURAL_CI."""
    parts = re.split(r"(\d+)", text.lower())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def _find(table: dict[int, Related], item: Related | int) -> Related:
    return table[item] if isinstance(item, int) else item


def _named(table: dict[int, Related], add: Callable[[str], Related]) -> Callable[[str], Related]:
    """A function that finds an item by name or adds it."""
    known = {item.name: item for item in table.values()}

    def find_or_add(name: str) -> Related:
        if name not in known:
            known[name] = add(name)
        return known[name]

    return find_or_add
