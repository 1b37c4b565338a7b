"""The server's own list of tags: one record per kind and name, shared by all items."""

from __future__ import annotations

from typing import Literal

from simulators.plex.model import Tag, TagRecord

LabelCase = Literal["first", "as_given", "capitals"]


class TagBook:
    """Finds or creates tag records. Not thread-safe by itself: the library's lock guards it.

    Names match without regard to case and keep the spelling that came first, as a case-insensitive
    column would. The reference sheet calls this UNVERIFIED; `keeps_first_spelling = False` makes
    every spelling its own tag.
    """

    def __init__(self) -> None:
        self.keeps_first_spelling = True
        self.label_case: LabelCase = "first"
        self._records: dict[tuple[str, str], TagRecord] = {}
        self._plain: dict[int, Tag] = {}
        self._next_id = 1

    def tag(self, kind: str, name: str, *, role: str = "", thumb: str = "", key: str = "") -> Tag:
        """The tag for an item. Tags without a role are one shared object, to save memory."""
        record = self.record(kind, name)
        if thumb:
            record.thumb = thumb
        if key:
            record.key = key
        if role:
            return Tag(role=role, record=record)
        plain = self._plain.get(record.id)
        if plain is None:
            plain = self._plain[record.id] = Tag(record=record)
        return plain

    def record(self, kind: str, name: str) -> TagRecord:
        name = self._stored_name(kind, name)
        place = self._place(kind, name)
        record = self._records.get(place)
        if record is None:
            record = self._records[place] = TagRecord(name, id=self._next_id)
            self._next_id += 1
        return record

    def find(self, kind: str, name: str) -> TagRecord | None:
        return self._records.get(self._place(kind, self._stored_name(kind, name)))

    def adopt(self, kind: str, tag: Tag) -> Tag:
        """Store a tag that a test made by hand; gives the tag itself, now with an id."""
        if not tag.record.id:
            made = tag.record
            tag.record = self.record(kind, made.name)
            tag.record.thumb = made.thumb or tag.record.thumb
            tag.record.key = made.key or tag.record.key
        return tag

    def same(self, kind: str, one: str, other: str) -> bool:
        """Whether two names mean one tag."""
        return self._place(kind, self._stored_name(kind, one)) == self._place(
            kind, self._stored_name(kind, other)
        )

    def rename(self, kind: str, record: TagRecord, name: str) -> None:
        """Give a tag a new name on every item that carries it."""
        self._records.pop(self._place(kind, record.name), None)
        record.name = self._stored_name(kind, name)
        self._records[self._place(kind, record.name)] = record

    def _place(self, kind: str, name: str) -> tuple[str, str]:
        return kind, name.casefold() if self.keeps_first_spelling else name

    def _stored_name(self, kind: str, name: str) -> str:
        """The spelling that Plex stores, which differs from a given one for labels alone."""
        if kind != "label" or self.label_case == "as_given":
            return name
        return name.upper() if self.label_case == "capitals" else name[:1].upper() + name[1:]
