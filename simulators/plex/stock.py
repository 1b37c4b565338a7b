"""Where the items are kept, and how everything in the simulator reaches and changes them."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping

from simulators.plex.model import (
    TAG_ELEMENTS,
    AgentValues,
    Item,
    Media,
    Part,
    Picture,
    Section,
    Tag,
    TagRecord,
    derived_sort_title,
    file_stem,
    found_pictures,
)
from simulators.plex.order import Orders
from simulators.plex.shelf import Shelf
from simulators.plex.tagbook import TagBook

Tags = Mapping[str, Iterable[Tag | str]]
Changes = dict[str, tuple[object, object]]

_YEAR = re.compile(r"^(?P<title>.+?) \((?P<year>\d{4})\)$")


class Stock:
    """Items by rating key, by path and by section, with their tags and collections.

    Every public method takes `lock`, or is called by what holds it.
    """

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.sections: dict[str, Section] = {}
        self.tags = TagBook()
        self.shelf = Shelf(self)
        self.orders = Orders()
        self.edits: list[tuple[int, Changes]] = []
        self._items: dict[int, Item] = {}
        self._by_path: dict[str, tuple[Item, ...]] = {}
        self._last_key = 0
        self._last_media_id = 0
        self._last_part_id = 0

    def item(self, rating_key: int | str) -> Item:
        """KeyError if there is none."""
        with self.lock:
            return self._items[int(rating_key)]

    def get(self, rating_key: int) -> Item | None:
        return self._items.get(rating_key)

    def find(self, path: str, section: Section | None = None) -> Item | None:
        """The item that owns a file, the oldest first."""
        with self.lock:
            found = self._by_path.get(path, ())
            return next((item for item in found if section in (None, item.section)), None)

    def items(self, section: Section | None = None, type: str | None = None) -> list[Item]:
        """Items in rating key order: of one type, or all that are no season and no collection."""
        with self.lock:
            return [
                item
                for item in self._items.values()
                if (section is None or item.section is section)
                and (item.type == type if type else item.type not in ("season", "collection"))
            ]

    def remove(self, item: Item) -> None:
        """The item is gone, with everything below it."""
        with self.lock:
            for child in list(item.children):
                self.remove(child)
            if self._items.pop(item.rating_key, None) is None:
                return
            del item.section.by_type[item.type][item.rating_key]
            item.section.changes["members"] += 1
            for path in set(item.files):
                self._disown(item, path)
            if item.parent is not None:
                item.parent.children.remove(item)
            self.shelf.retagged(item.section, item.tags.get("collection", ()), (), item.type)
            self.shelf.forget(item)

    def touch(self, item: Item) -> None:
        """Move `updated_at` to now and drop cached orders, after a test changed the item."""
        with self.lock:
            item.updated_at = self.now()
            item.section.changes["members"] += 1

    def now(self) -> int:
        return int(self.clock())

    def make_tag(
        self, item: Item, kind: str, name: str, *, role: str = "", thumb: str = "", key: str = ""
    ) -> Tag:
        return self.tags.tag(tag_space(item.section, kind), name, role=role, thumb=thumb, key=key)

    def adopt(self, item: Item, kind: str, tag: Tag) -> Tag:
        return self.tags.adopt(tag_space(item.section, kind), tag)

    def set_tags(self, item: Item, kind: str, tags: list[Tag]) -> None:
        before = item.tags.get(kind, [])
        item.tags[kind] = tags
        if kind == "collection":
            for tag in before:
                self.adopt(item, kind, tag)
            self.shelf.retagged(item.section, before, tags, item.type)

    def changed(self, item: Item, changes: Changes, moving: Collection[str]) -> None:
        """Note what a client changed; the item counts as updated if any of it is of a kind that is
        `moving` (see `Quirks.moves_updated_at`)."""
        if changes:
            self.edits.append((item.rating_key, changes))
            item.section.changes.update(changes.keys())
        if any(_kind_of(name) in moving for name in changes):
            item.updated_at = self.now()
            item.section.changes["updatedAt"] += 1

    def add_item(
        self,
        section: Section,
        file: str | None = None,
        *,
        title: str | None = None,
        size: int = 0,
        duration_ms: int = 0,
        media: list[Media] | None = None,
        tags: Tags | None = None,
        locks: Iterable[str] = (),
        posters: Iterable[Picture] | None = None,
        arts: Iterable[Picture] | None = None,
        guid: str | None = None,
        guids: Iterable[str] = (),
        added_at: int | None = None,
        **fields: object,
    ) -> Item:
        """A movie. Without a title, title and year come from the file name.

        `fields` are scalars by their edit name; a list of tags by kind (`genre=["Drama"]`) may be
        among them. What is given is also what the agent says. Without `posters` and `arts` it shows
        those that Plex finds by itself.
        """
        if section.type != "movie":
            raise ValueError("a show section takes add_show and add_episode")
        if media is None:
            media = [Media([Part(file, size, duration_ms)])] if file else []
        with self.lock:
            return self.add(
                "movie",
                section,
                media=media,
                title=title,
                tags=tags,
                fields=fields,
                guid=guid,
                added_at=added_at,
                locks=set(locks),
                posters=None if posters is None else list(posters),
                arts=None if arts is None else list(arts),
                guids=tuple(guids),
            )

    def add_show(self, section: Section, title: str, **fields: object) -> Item:
        with self.lock:
            return self.add("show", section, title=title, fields=fields)

    def add_episode(
        self,
        show: Item,
        *,
        season: int = 1,
        index: int = 1,
        file: str | None = None,
        title: str | None = None,
        size: int = 0,
        media: list[Media] | None = None,
        **fields: object,
    ) -> Item:
        """An episode; its season is made if need be."""
        if media is None:
            media = [Media([Part(file, size)])] if file else []
        with self.lock:
            return self.add(
                "episode",
                show.section,
                media=media,
                title=title,
                fields={**fields, "index": index},
                parent=self._season(show, season),
            )

    def add_collection_item(self, section: Section, record: TagRecord, subtype: str) -> Item:
        """The shelf's side of a collection; tag an item to make one."""
        item = self.add("collection", section, title=record.name, fields={"subtype": subtype})
        item.tag_record = record
        return item

    def add(
        self,
        type: str,
        section: Section,
        *,
        media: list[Media] | None = None,
        title: str | None = None,
        fields: Mapping[str, object],
        tags: Tags | None = None,
        guid: str | None = None,
        added_at: int | None = None,
        parent: Item | None = None,
        locks: set[str] | None = None,
        posters: list[Picture] | None = None,
        arts: list[Picture] | None = None,
        guids: tuple[str, ...] = (),
    ) -> Item:
        """`posters` and `arts`: None for what Plex finds by itself."""
        self._last_key = key = self._last_key + 1
        scalars, listed = _split(fields)
        media = media or []
        _fill_titles(scalars, title, media)
        now = self.now()
        item = Item(
            rating_key=key,
            type=type,
            section=section,
            fields=scalars,
            guid=guid or _guid(type, section, key),
            added_at=now if added_at is None else added_at,
            updated_at=now if added_at is None else added_at,
            agent=AgentValues(dict(scalars), {}),
            media=media,
            locks=locks if locks is not None else set(),
            posters=posters if posters is not None else found_pictures(type, section, key, "thumb"),
            arts=arts if arts is not None else found_pictures(type, section, key, "art"),
            guids=guids,
            parent=parent,
        )
        self._items[item.rating_key] = item
        section.by_type.setdefault(type, {})[item.rating_key] = item
        section.changes["members"] += 1
        if parent is not None:
            parent.children.append(item)
        self.register_media(item, media)
        self._tag(item, {**listed, **(tags or {})})
        return item

    def register_media(self, item: Item, media: list[Media]) -> None:
        for version in media:
            self._last_media_id += 1
            version.id = self._last_media_id
            for part in version.parts:
                self._last_part_id += 1
                part.id = self._last_part_id
                owners = self._by_path.get(part.file, ())
                if item not in owners:
                    self._by_path[part.file] = (*owners, item)

    def repath(
        self,
        item: Item,
        old: str,
        new: str,
        *,
        size: int | None = None,
        duration_ms: int | None = None,
    ) -> None:
        """One of the item's files has another path, and perhaps content. Item, part and time of
        update stay, as when the scanner of a real server logs "Part rename detected"."""
        with self.lock:
            for part in item.parts:
                if part.file == old:
                    part.file = new
                    part.size = part.size if size is None else size
                    part.duration_ms = part.duration_ms if duration_ms is None else duration_ms
            self._disown(item, old)
            owners = self._by_path.get(new, ())
            self._by_path[new] = owners if item in owners else (*owners, item)

    def drop_media(self, item: Item, media: Iterable[Media]) -> None:
        """Versions that the item no longer has."""
        dropped = list(media)
        item.media = [version for version in item.media if version not in dropped]
        for path in {part.file for version in dropped for part in version.parts} - set(item.files):
            self._disown(item, path)
        self.touch(item)

    def _season(self, show: Item, number: int) -> Item:
        for season in show.children:
            if season.fields.get("index") == str(number):
                return season
        return self.add(
            "season",
            show.section,
            title=f"Season {number}",
            fields={"index": number},
            parent=show,
        )

    def _disown(self, item: Item, path: str) -> None:
        left = tuple(other for other in self._by_path[path] if other is not item)
        self._by_path[path] = left

    def _tag(self, item: Item, tags: Tags) -> None:
        for kind, names in tags.items():
            made = [
                self.make_tag(item, kind, tag.name, role=tag.role, thumb=tag.thumb)
                if isinstance(tag, Tag)
                else self.make_tag(item, kind, tag)
                for tag in names
            ]
            self.set_tags(item, kind, made)
            item.agent.tags[kind] = tuple(made)


def tag_space(section: Section, kind: str) -> str:
    """Where a tag's name is unique: collections belong to a section, other tags to the server."""
    return f"collection:{section.key}" if kind == "collection" else kind


def _kind_of(change: str) -> str:
    """Of what a change is; the lock of a tag counts as a tag."""
    name, _, is_lock = change.partition(".")
    if name in TAG_ELEMENTS:
        return "tag"
    if is_lock:
        return "lock"
    return {"userRating": "rating", "thumb": "picture", "art": "picture"}.get(name, "field")


def _guid(type: str, section: Section, rating_key: int) -> str:
    if type == "collection":
        return f"collection://{uuid.UUID(int=rating_key)}"
    if section.has_online_agent:
        return f"plex://{type}/5d77{rating_key:020x}"
    return f"local://{rating_key}"


def _split(fields: Mapping[str, object]) -> tuple[dict[str, str], dict[str, Iterable[Tag | str]]]:
    scalars: dict[str, str] = {}
    tags: dict[str, Iterable[Tag | str]] = {}
    for name, value in fields.items():
        if isinstance(value, str | int | float):
            scalars[name] = str(value)
        elif isinstance(value, Iterable) and name in TAG_ELEMENTS:
            tags[name] = value
        elif value is not None:
            raise TypeError(f"{name}={value!r} is neither a scalar nor a list of tags")
    return {name: value for name, value in scalars.items() if value}, tags


def _fill_titles(scalars: dict[str, str], title: str | None, media: list[Media]) -> None:
    if title is not None:
        scalars["title"] = title
    elif "title" not in scalars:
        stem = file_stem(media[0].parts[0].file) if media else "Untitled"
        found = _YEAR.match(stem)
        scalars["title"] = found["title"] if found else stem
        if found:
            scalars.setdefault("year", found["year"])
    sort_title = derived_sort_title(scalars["title"])
    if sort_title != scalars["title"]:
        scalars.setdefault("titleSort", sort_title)
