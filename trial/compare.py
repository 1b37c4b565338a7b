"""What was to come of a write, and what came: every text, tag and lock of the item, also those that
were not written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from unicodedata import normalize

from pipeline.sending import Parcel
from plex.items import EDIT_KEYS, PICTURE_LOCKS
from sync.plan import Edit
from sync.values import Credit
from trial.snapshot import TAGS, TEXTS, Snapshot

SHOWN = 60
_NAMES = {key: name for name, key in (EDIT_KEYS | PICTURE_LOCKS).items()}
# What Plex may move along with what was written.
_FOLLOWS = {"titleSort": "title", "year": "originallyAvailableAt"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a field by its name in the settings, or by Plex's where we never write it."""

    field: str
    expected: str
    came: str

    def __str__(self) -> str:
        return f"{self.field}: expected {_short(self.expected)}, came {_short(self.came)}"


def differences(parcel: Parcel, before: Snapshot, now: Snapshot) -> list[Difference]:
    """`before` and `now`: as the item was read before the edits of the parcel, and after them. Of
    what wasn't written only what vanished counts: what is new is an agent's, or somebody's."""
    edits = _edits(parcel)
    return _named(
        *_texts(edits, before, now),
        *_tags(edits, before, now),
        *_lost_locks(_wanted_locks(parcel, edits), before, now),
        *(
            Difference(_NAMES[key], "a picture as before", "none")
            for key in sorted(before.shown - now.shown)
        ),
    )


def other_locks(parcel: Parcel, before: Snapshot, now: Snapshot) -> list[Difference]:
    """Of a server that keeps locks, those that came otherwise. It isn't known that every field has
    a lock that is shown; without it Plex's next refresh may change the field, and nothing else."""
    return _named(*_locks(_wanted_locks(parcel, _edits(parcel)), before, now))


def in_capitals(parcels: Sequence[tuple[Parcel, Snapshot]]) -> list[Difference]:
    """Whether every label that was written came in capitals; one alone may have been there so."""
    wanted: dict[str, str] = {}
    for parcel, now in parcels:
        shown = {name.casefold(): name for name in now.names("label")}
        for name in _added(parcel, "labels"):
            if name != name.upper() and name.casefold() in shown:
                wanted[name] = shown[name.casefold()]
    if wanted and all(came == name.upper() for name, came in wanted.items()):
        return [Difference("labels", ", ".join(wanted), ", ".join(wanted.values()))]
    return []


def _edits(parcel: Parcel) -> dict[str, Edit]:
    return {EDIT_KEYS[each.field]: each for each in parcel.intent.plan.edits}


def _named(*found: Difference) -> list[Difference]:
    return [
        Difference(_NAMES.get(each.field, each.field), each.expected, each.came) for each in found
    ]


def _texts(edits: dict[str, Edit], before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    for key in TEXTS:
        was, came = before.text(key), now.text(key)
        if key in edits:
            wanted = str(edits[key].new)
            # A sort title that is taken back follows the title again.
            if _plain(came) != _plain(wanted) and not (key == "titleSort" and not wanted):
                yield Difference(key, wanted, came)
        # What has another value now was edited by somebody, or by Plex's agent, in that moment.
        elif was and not came and _FOLLOWS.get(key) not in edits:
            yield Difference(key, was, came)


def _tags(edits: dict[str, Edit], before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    for kind in TAGS:
        came = now.names(kind)
        if kind in edits:
            new = edits[kind].new
            wanted = [each.name for each in new if isinstance(each, Credit)]
            is_right = _folded(wanted) == _folded(came)
        else:
            wanted = before.names(kind)
            is_right = _folded(wanted) <= _folded(came)
        if not is_right:
            yield Difference(kind, ", ".join(wanted), ", ".join(came))


def _wanted_locks(parcel: Parcel, edits: dict[str, Edit]) -> dict[str, bool]:
    wanted = {key: each.lock for key, each in edits.items()}
    former = parcel.intent.item.state.locked
    ahead = parcel.pictures.locks_ahead(former) if edits else ()
    after = parcel.pictures.locks(former) if parcel.is_finished else ahead
    return wanted | {PICTURE_LOCKS[name]: is_locked for name, is_locked in after}


def _locks(wanted: dict[str, bool], before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    words = {True: "locked", False: "unlocked"}
    for key in sorted(before.locked | now.locked | wanted.keys()):
        expected, came = wanted.get(key, key in before.locked), key in now.locked
        if expected != came and (key in wanted or key not in _FOLLOWS):
            yield Difference(key, words[expected], words[came])


def _lost_locks(wanted: dict[str, bool], before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    """All that differ if none came that was set, else those that somebody else had set."""
    is_ignored = True in wanted.values() and not any(wanted.get(key) for key in now.locked)
    for each in _locks(wanted, before, now):
        if is_ignored or (each.field in before.locked and each.field not in wanted):
            yield each


def _added(parcel: Parcel, field: str) -> list[str]:
    """The names that the edit of a list brought."""
    for edit in parcel.intent.plan.edits:
        if edit.field == field and isinstance(edit.new, tuple) and isinstance(edit.old, tuple):
            there = {each.key for each in edit.old}
            return [each.name for each in edit.new if each.key not in there]
    return []


def _folded(names: Sequence[str]) -> set[str]:
    return {_plain(each).casefold() for each in names}


def _plain(text: str) -> str:
    """White space is a server's own business, and whether an accent is a letter of its own."""
    return " ".join(normalize("NFC", text).split())


def _short(text: str) -> str:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} letters)"
    return repr(shown) if shown else "nothing"
