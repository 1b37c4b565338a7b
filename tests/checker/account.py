"""Whose is what: the checker's account of one Plex server, kept from what arrived on the wire and
from what people did there.

It knows the rules of docs/merging.md and nothing of the plugin's memory. Whatever a client changes
is judged at once; how things stand in the end is judged by `Account.differences`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from simulators.plex import Item, PlexLibrary
from simulators.plex.model import Tag
from tests.checker.wishes import PICTURES, Names

TEXT_KEYS = {
    "title": "title",
    "titleSort": "sort_title",
    "studio": "studio",
    "summary": "summary",
    "tagline": "tagline",
    "originallyAvailableAt": "date",
    "contentRating": "content_rating",
    "userRating": "rating",
}
LIST_KEYS = {
    "genre": "genres",
    "label": "labels",
    "actor": "cast",
    "director": "directors",
    "collection": "collections",
}
PICTURE_KEYS = {"thumb": "poster", "art": "background"}
NAMES = TEXT_KEYS | LIST_KEYS | PICTURE_KEYS
KEYS = {name: key for key, name in NAMES.items()}

AGENT, US, PERSON = "the agent", "us", "a person"
SURE, PERHAPS = "sure", "perhaps"


class Violation(AssertionError):
    """A promise was broken."""


@dataclass(slots=True)
class Text:
    """One text or picture of an item. `value`: what is there, by our account; `by`: who put it
    there. `has_ours`: whether we ever wrote it and have not cleared it since. `firsts`: what it
    may have been before our first write, and whether it was locked. `was_racy`: a person's edit
    fell into a batch that was under way."""

    value: str
    by: str
    has_ours: bool = False
    firsts: set[tuple[str, bool]] = field(default_factory=set)
    began: bool = False
    was_racy: bool = False


@dataclass(slots=True)
class Elements:
    """One list of an item, its names folded. `refused`: ours that a person took away. `unsure`:
    ours of which Plex's confirmation may have got lost. `unclear`: nobody can say whose."""

    ours: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    unclear: set[str] = field(default_factory=set)
    locked_by_person: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted of an item now. None as `wishes`: nothing may be written to it."""

    wishes: Mapping[str, str | Names] | None
    skipped: frozenset[str]
    keeps_edits: bool
    cover: bytes | None = None
    style: str = "cover"
    why_not: str = ""


class Account:
    """`began`: the server is there for the first time; what is locked counts as a person's.

    `refused`: when a picture of an item was last refused for its size, by rating key."""

    def __init__(self, library: PlexLibrary) -> None:
        self.library = library
        self.texts: dict[tuple[int, str], Text] = {}
        self.lists: dict[tuple[int, str], Elements] = {}
        self.foreign: dict[int, dict[str, object]] = {}
        self.refused: dict[int, float] = {}
        self._seen = len(library.edits)
        for item in library.items():
            self._open(item)
        for each in library.items(type="collection"):
            self.foreign[each.rating_key] = library.snapshot(each)

    def _open(self, item: Item) -> None:
        for name in (*TEXT_KEYS.values(), *PICTURES):
            by = PERSON if KEYS[name] in item.locks else AGENT
            self.texts[item.rating_key, name] = Text(shown(item, name), by)
        for name in LIST_KEYS.values():
            is_locked = KEYS[name] in item.locks
            self.lists[item.rating_key, name] = Elements(locked_by_person=is_locked)

    # What people do in Plex

    def person_types(self, item: Item, name: str, value: str, *, locks: bool, racy: bool) -> None:
        """A text, or the key of a picture; "" clears it."""
        text = self.texts[item.rating_key, name]
        if not text.began:
            text.firsts.add((text.value, KEYS[name] in item.locks))
        # Before our first write an unlocked value counts as the agent's. A lock stays, whoever
        # types.
        by = PERSON if locks or KEYS[name] in item.locks or text.has_ours else AGENT
        text.value, text.by, text.was_racy = value, by, racy
        if locks:
            item.locks.add(KEYS[name])
        self.library.touch(item)

    def person_adds(self, item: Item, name: str, element: str, wishes: Mapping[str, Any]) -> None:
        elements, key = self.lists[item.rating_key, name], element.casefold()
        if key in elements.ours or key in elements.refused or key in wishes.get(name, {}):
            elements.unclear.add(key)
        kind = KEYS[name]
        tags = [*item.tags.get(kind, []), self.library.make_tag(item, kind, element)]
        self._retag(item, name, tags)

    def person_removes(
        self, item: Item, name: str, element: str, wishes: Mapping[str, Any], *, is_clean: bool
    ) -> None:
        elements, key = self.lists[item.rating_key, name], element.casefold()
        if key in elements.ours:
            elements.ours.discard(key)
            is_sure = is_clean and key not in elements.unsure and key in wishes.get(name, {})
            elements.refused[key] = SURE if is_sure else PERHAPS
        left = [tag for tag in item.tags.get(KEYS[name], []) if tag.name.casefold() != key]
        self._retag(item, name, left)

    def _retag(self, item: Item, name: str, tags: list[Tag]) -> None:
        before = {each.rating_key for each in self.library.items(type="collection")}
        self.library.set_tags(item, KEYS[name], tags)
        item.locks.add(KEYS[name])
        self.lists[item.rating_key, name].locked_by_person = True
        self.library.touch(item)
        for each in self.library.items(type="collection"):
            if each.rating_key not in before:
                self.foreign[each.rating_key] = self.library.snapshot(each)

    def wishes_changed(self, item: Item, wishes: Mapping[str, str | Names]) -> None:
        """What Stash no longer names may be forgotten with whoever refused it."""
        for name in LIST_KEYS.values():
            refused = self.lists[item.rating_key, name].refused
            for key in refused:
                if key not in wishes.get(name, {}):
                    refused[key] = PERHAPS

    def all_is_confirmed(self) -> None:
        """Whatever was sent has been settled without any trouble."""
        for each in self.lists.values():
            each.unsure.clear()

    # What clients do

    def judge(self, asks: Mapping[int, Ask], *, is_clean: bool, is_exact: bool) -> list[str]:
        """Take in what clients have changed since the last look; what was wrong about it.

        `is_exact`: nothing has changed in Stash meanwhile, so only what it says now may arrive.
        """
        wrong: list[str] = []
        with self.library.lock:
            news, self._seen = self.library.edits[self._seen :], len(self.library.edits)
        for key, changes in news:
            if key in self.foreign:
                wrong.append(f"somebody's own collection {key} was changed: {changes}")
                continue
            ask = asks.get(key)
            if ask is None:
                continue  # a collection of ours
            for wire_name, (old, new) in changes.items():
                wrong += self._judge(key, wire_name, old, new, changes, ask, is_clean, is_exact)
        return wrong

    def _judge(
        self,
        key: int,
        wire_name: str,
        old: Any,
        new: Any,
        changes: Mapping[str, Any],
        ask: Ask,
        is_clean: bool,
        is_exact: bool,
    ) -> Iterator[str]:
        name = NAMES.get(wire_name.partition(".")[0])
        if name is None:
            yield f"item {key}: {wire_name} was changed, which is no field of ours"
            return
        if wire_name == "titleSort" and "title" in changes and _follows(changes, ask):
            # The server's own doing. Only what is typed here counts as a person's.
            self.texts[key, name].value = str(new or "")
            return
        where = f"item {key} {name}: {old!r} -> {new!r}"
        if ask.wishes is None:
            yield f"{where}, though {ask.why_not}"
        if name in ask.skipped:
            yield f"{where}, though it is skipped"
        if wire_name.endswith(".locked") or ask.wishes is None:
            return
        if name in LIST_KEYS.values():
            yield from self._judge_list(key, name, old, new, ask, where, is_clean, is_exact)
        else:
            yield from self._judge_text(key, name, new, ask, where, is_exact)

    def _judge_text(
        self, key: int, name: str, new: Any, ask: Ask, where: str, is_exact: bool
    ) -> Iterator[str]:
        text, value = self.texts[key, name], str(new or "")
        if text.by == PERSON and ask.keeps_edits and not text.was_racy:
            yield f"{where}, over what a person entered, with keep_plex_edits"
        if name not in PICTURES:
            assert ask.wishes is not None
            wish = str(ask.wishes[name])
            firsts = {first for first, _ in text.firsts} | (
                {text.value} if not text.began else set()
            )
            # A sort title that is cleared becomes what the server makes of the title.
            handed_back = not value or value in firsts or name == "sort_title"
            fine = value == wish or (not wish and handed_back)
            if is_exact and not fine:
                yield f"{where}, but Stash says {wish!r}"
            if is_exact and not wish and not text.has_ours and value != text.value:
                yield f"{where}: cleared, though it was never ours"
            if is_exact and not wish and text.by == PERSON and not text.was_racy:
                yield f"{where}: cleared, though a person entered it"
            text.has_ours = bool(wish) and value == wish
        else:
            text.has_ours = ask.cover is not None
        if not text.began:
            item = self.library.get(key)
            text.firsts.add((text.value, item is not None and KEYS[name] in item.locks))
        text.began, text.value, text.by, text.was_racy = True, value, US, False

    def _judge_list(
        self,
        key: int,
        name: str,
        old: Any,
        new: Any,
        ask: Ask,
        where: str,
        is_clean: bool,
        is_exact: bool,
    ) -> Iterator[str]:
        elements, before, after = self.lists[key, name], _names(old), _names(new)
        assert ask.wishes is not None
        wish = ask.wishes[name]
        assert isinstance(wish, dict)
        for each in before.keys() - after.keys():
            if each not in elements.ours and each not in elements.unclear:
                yield f"{where}: {each!r} was removed, which isn't ours"
            if is_exact and each in wish:
                yield f"{where}: {each!r} was removed, which Stash names"
            elements.ours.discard(each)
        for each in after.keys() - before.keys():
            if is_exact and each not in wish:
                yield f"{where}: {each!r} was added, which Stash doesn't name"
            if ask.keeps_edits and elements.refused.get(each) == SURE:
                yield f"{where}: {each!r} was added, which a person had removed"
            elements.ours.add(each)
            elements.refused.pop(each, None)
            if not is_clean:
                elements.unsure.add(each)
        for each in before.keys() & after.keys():
            if before[each] != after[each] and each not in elements.ours | elements.unclear:
                yield f"{where}: {each!r} got another role, which isn't ours"

    # How things stand

    def differences(self, key: int, ask: Ask, *, covers_settled: bool) -> Iterator[str]:
        """Where an item that was compared a moment ago isn't as it should be."""
        item = self.library.get(key)
        if item is None or ask.wishes is None:
            return
        for name, wish in ask.wishes.items():
            if name in ask.skipped:
                continue
            if isinstance(wish, str):
                yield from self._text_differs(item, name, wish, ask)
            else:
                yield from self._list_differs(item, name, wish, ask)
        for name in PICTURES:
            if name not in ask.skipped and covers_settled:
                yield from self._picture_differs(item, name, ask)

    def _text_differs(self, item: Item, name: str, wish: str, ask: Ask) -> Iterator[str]:
        text, now = self.texts[item.rating_key, name], shown(item, name)
        where = f"item {item.rating_key} {name}: {now!r}"
        is_kept = text.by == PERSON and (ask.keeps_edits or not wish)
        if is_kept:
            if now != text.value:
                yield f"{where}, but a person entered {text.value!r}"
        elif wish:
            if now != wish and not (text.was_racy and ask.keeps_edits):
                yield f"{where}, but Stash says {wish!r}"
            elif text.by == US and KEYS[name] not in item.locks:
                yield f"{where}: ours, and not locked"
        elif text.has_ours and name not in ("title", "sort_title"):
            yield f"{where}, ours, but Stash has none any more"
        elif text.has_ours and name == "title":
            firsts = {value for value, _ in text.firsts}
            if now not in firsts:
                yield f"{where}, ours, but it was one of {sorted(firsts)} before"

    def _list_differs(self, item: Item, name: str, wish: Names, ask: Ask) -> Iterator[str]:
        elements = self.lists[item.rating_key, name]
        now = _names([(tag.name, tag.role, "") for tag in item.tags.get(KEYS[name], ())])
        where = f"item {item.rating_key} {name}: {sorted(now)}"
        is_left = ask.keeps_edits and elements.locked_by_person and not elements.ours
        for each in wish.keys() - elements.unclear:
            refused = elements.refused.get(each) if ask.keeps_edits else None
            if each in now and refused == SURE:
                yield f"{where}: {each!r} is there, which a person had removed"
            if each not in now and not (refused or is_left):
                yield f"{where}: {each!r} is missing, Stash says {sorted(wish)}"
        for each in elements.ours - wish.keys() - elements.unclear:
            if each in now:
                yield f"{where}: {each!r} is ours and still there, Stash says {sorted(wish)}"
        for each in elements.ours & wish.keys() & now.keys() - elements.unclear:
            if wish[each] and now[each] != wish[each]:
                yield f"{where}: {each!r} has the role {now[each]!r}, Stash says {wish[each]!r}"

    def _picture_differs(self, item: Item, name: str, ask: Ask) -> Iterator[str]:
        text, chosen = self.texts[item.rating_key, name], item.selected(KEYS[name])
        where = f"item {item.rating_key} {name}: {chosen.rating_key if chosen else None}"
        if text.by == PERSON:
            if ask.keeps_edits and shown(item, name) != text.value:
                yield f"{where}, but a person chose {text.value}"
            return  # without that setting it stays until the cover changes
        if ask.cover is None:
            if text.has_ours:
                yield f"{where}, ours, but Stash has no cover any more"
        elif chosen is None or not _is_of(chosen.data, ask.cover, name, ask.style):
            yield f"{where} is not the scene's cover"

    def foreign_changes(self) -> Iterator[str]:
        """Collections that aren't ours and aren't as they were."""
        for key, before in self.foreign.items():
            item = self.library.get(key)
            if item is not None and self.library.snapshot(item) != before:
                yield f"somebody's own collection {key}: {before} -> {self.library.snapshot(item)}"


def shown(item: Item, name: str) -> str:
    """An item's text, or the key of its chosen picture."""
    if name in PICTURES:
        return getattr(item.selected(KEYS[name]), "rating_key", "")
    return item.sort_title if name == "sort_title" else item.fields.get(KEYS[name], "")


def _follows(changes: Mapping[str, Any], ask: Ask) -> bool:
    wish = (ask.wishes or {}).get("sort_title")
    return not wish or "sort_title" in ask.skipped or changes["titleSort"][1] != wish


def _names(tags: Any) -> Names:
    pairs = [(each, "") if isinstance(each, str) else (each[0], each[1]) for each in tags]
    return {name.casefold(): role for name, role in pairs}


def _is_of(shown_bytes: bytes, cover: bytes, name: str, style: str) -> bool:
    """Whether this picture shows that cover. Each cover has its own colour in its middle."""
    if name != "poster" or style == "cover":
        return shown_bytes == cover
    drawn = Image.open(io.BytesIO(shown_bytes)).convert("RGB")
    is_upright = abs(drawn.width / drawn.height - 2 / 3) < 0.02
    return is_upright and _is_near(_middle(drawn), _middle(Image.open(io.BytesIO(cover))))


def _middle(image: Image.Image) -> tuple[int, ...]:
    found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return tuple(int(each) for each in found)


def _is_near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one, other, strict=True))
