"""What was to come of a write, and what came: every text, tag and lock of the item, also those that
were not written. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import normalize

from plex.items import EDIT_KEYS, PICTURE_LOCKS
from trial.snapshot import TAGS, TEXTS, Snapshot
from trial.written import FOLLOWS, Written

SHOWN = 60
_NAMES = {key: name for name, key in (EDIT_KEYS | PICTURE_LOCKS).items()}


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a field by its name in the settings, or by Plex's where we never write it. `is_written`:
    whether it is the value of a field that was written, so that it helps to leave that alone."""

    field: str
    expected: str
    came: str
    is_written: bool = False
    is_lock: bool = False

    def __str__(self) -> str:
        what = f"lock of {self.field}" if self.is_lock else self.field
        return f"{what}: expected {_short(self.expected)}, came {_short(self.came)}"


def differences(written: Written, before: Snapshot, now: Snapshot) -> list[Difference]:
    """`before` and `now`: as the item was read before it was written, and after that. Of what
    wasn't written only what vanished counts: what is new is an agent's, or somebody's."""
    return _named(
        *_texts(written, before, now),
        *_tags(written, before, now),
        *_lost_locks(written.locks, before, now),
        *(
            Difference(_NAMES[key], "a picture as before", "none")
            for key in sorted(before.shown - now.shown)
        ),
    )


def other_locks(written: Written, before: Snapshot, now: Snapshot) -> list[Difference]:
    """Of a server that keeps locks, those that came otherwise. It isn't known that every field has
    a lock that is shown; without it Plex's next refresh may change the field, and nothing else."""
    return _named(*_locks(written.locks, before, now))


def in_capitals(looks: Sequence[tuple[Written, Snapshot, Snapshot]]) -> list[Difference]:
    """Whether every label that was written came in capitals; one alone may have been there so.
    `looks`: each with how the item was, and is now."""
    wanted: dict[str, str] = {}
    for written, before, now in looks:
        shown = {name.casefold(): name for name in now.names("label")}
        for name in written.names("label"):
            is_new = name.casefold() not in folded(before.names("label"))
            if is_new and name != name.upper() and name.casefold() in shown:
                wanted[name] = shown[name.casefold()]
    if wanted and all(came == name.upper() for name, came in wanted.items()):
        names = ", ".join(wanted), ", ".join(wanted.values())
        return [Difference("labels", *names, is_written=True)]
    return []


def _named(*found: Difference) -> list[Difference]:
    return [replace(each, field=_NAMES.get(each.field, each.field)) for each in found]


def _texts(written: Written, before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    for key in TEXTS:
        was, came = before.text(key), now.text(key)
        if key in written.texts:
            wanted = written.texts[key]
            # A sort title that is taken back follows the title again.
            if came == was and not wanted:
                continue  # it harms nothing; see `trial.clears`
            if plain(came) != plain(wanted) and not (key == "titleSort" and not wanted):
                yield Difference(key, wanted, came, is_written=True)
        # What has another value now was edited by somebody, or by Plex's agent, in that moment.
        elif was and not came and FOLLOWS.get(key) not in written.texts:
            yield Difference(key, was, came)


def _tags(written: Written, before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    for kind in TAGS:
        came = now.names(kind)
        if kind in written.tags:
            wanted = written.names(kind)
            is_right = folded(wanted) == folded(came)
        else:
            wanted = before.names(kind)
            is_right = folded(wanted) <= folded(came)
        if not is_right:
            is_written = kind in written.tags
            yield Difference(kind, ", ".join(wanted), ", ".join(came), is_written=is_written)


def _locks(wanted: Mapping[str, bool], before: Snapshot, now: Snapshot) -> Iterator[Difference]:
    words = {True: "locked", False: "unlocked"}
    for key in sorted(before.locked | now.locked | wanted.keys()):
        expected, came = wanted.get(key, key in before.locked), key in now.locked
        if expected != came and (key in wanted or key not in FOLLOWS):
            yield Difference(key, words[expected], words[came], is_lock=True)


def _lost_locks(
    wanted: Mapping[str, bool], before: Snapshot, now: Snapshot
) -> Iterator[Difference]:
    """All that differ if none came that was set, else those that somebody else had set."""
    is_ignored = True in wanted.values() and not any(wanted.get(key) for key in now.locked)
    for each in _locks(wanted, before, now):
        if is_ignored or (each.field in before.locked and each.field not in wanted):
            yield each


def folded(names: Sequence[str]) -> set[str]:
    """As names are compared."""
    return {plain(each).casefold() for each in names}


def plain(text: str) -> str:
    """White space is a server's own business, and whether an accent is a letter of its own."""
    return " ".join(normalize("NFC", text).split())


def _short(text: str) -> str:
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} letters)"
    return repr(shown) if shown else "nothing"
