"""Collections as items of their own, kept in step with the tags that create and end them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from simulators.plex.model import Item, Picture, Section, Tag, TagRecord


class Items(Protocol):
    """What the shelf has the library do."""

    def add_collection_item(self, section: Section, record: TagRecord, subtype: str) -> Item: ...

    def adopt(self, item: Item, kind: str, tag: Tag) -> Tag: ...

    def remove(self, item: Item) -> None: ...


class Shelf:
    """The collections by tag. A plain one lives as long as an item carries its tag."""

    def __init__(self, library: Items) -> None:
        self._library = library
        self._items: dict[int, Item] = {}
        self._counts: Counter[int] = Counter()
        self.vanish = True
        self.revive = False
        self._posters: dict[int, list[Picture]] = {}

    def retagged(
        self, section: Section, before: Iterable[Tag], after: Iterable[Tag], of: str
    ) -> None:
        """Collections begin and end as an item of type `of` moves from one tag list to another."""
        for tag in after:
            self._counts[tag.id] += 1
            self.put(section, tag.record, of)
        for tag in before:
            self._counts[tag.id] -= 1
            if self._counts[tag.id] <= 0:
                self._drop_if_empty(tag.id)

    def put(self, section: Section, record: TagRecord, subtype: str) -> Item:
        """The collection of this tag, made if need be."""
        item = self._items.get(record.id)
        if item is None:
            item = self._library.add_collection_item(section, record, subtype)
            self._items[record.id] = item
            if self.revive:
                item.posters = self._posters.get(record.id, [])
        return item

    def of(self, record: TagRecord) -> Item | None:
        return self._items.get(record.id)

    def count(self, collection: Item) -> int:
        """How many members, as far as edits told; `resync` counts what tests did by hand."""
        record = collection.tag_record
        return 0 if record is None else self._counts[record.id]

    def members(self, collection: Item) -> list[Item]:
        """Items that carry the collection's tag, in rating key order."""
        record = collection.tag_record
        assert record is not None
        return [
            item
            for items in collection.section.by_type.values()
            for item in items.values()
            if any(tag.record is record for tag in item.tags.get("collection", ()))
        ]

    def resync(self, section: Section) -> None:
        """Count anew, for tests that wrote `item.tags` by hand."""
        counts: Counter[int] = Counter()
        library = self._library
        for items in list(section.by_type.values()):
            for item in list(items.values()):
                for tag in item.tags.get("collection", ()):
                    library.adopt(item, "collection", tag)
                    counts[tag.id] += 1
                    self.put(section, tag.record, item.type)
        for collection in list(section.by_type.get("collection", {}).values()):
            record = collection.tag_record
            assert record is not None
            self._counts[record.id] = counts[record.id]
            if not counts[record.id]:
                self._drop(collection)

    def forget(self, collection: Item) -> None:
        if collection.tag_record is not None:
            self._items.pop(collection.tag_record.id, None)

    def _drop_if_empty(self, record_id: int) -> None:
        """Look again first: a test may have tagged items by hand, which nobody counted."""
        collection = self._items.get(record_id)
        if collection is not None:
            self._counts[record_id] = len(self.members(collection))
            if not self._counts[record_id]:
                self._drop(collection)

    def _drop(self, collection: Item) -> None:
        """Its poster and summary go with it. Smart collections stay, empty or not."""
        if not collection.uri and self.vanish:
            record = collection.tag_record
            assert record is not None
            self._posters[record.id] = collection.posters
            self._library.remove(collection)
