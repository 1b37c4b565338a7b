"""To what an item is taken back: all of it that our write has changed, and nothing that somebody
has changed since. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.values import Credit, Credits
from trial.compare import folded, plain
from trial.snapshot import NUMBERS, TAGS, TEXTS, Snapshot, as_number
from trial.written import FOLLOWS, Written


def aim(
    before: Snapshot,
    written: Written,
    found: Snapshot | None,
    now: Snapshot,
    chosen: Mapping[str, str],
    *,
    is_again: bool = False,
) -> Snapshot:
    """What is to be put back of an item that was like `before`, and that a look has `found` as it
    came, None if nobody has looked. `chosen`: which of its pictures.

    What still stands as it was found is the write's doing. Where nobody has looked, that is told by
    the values: those that were written, whole or cut, and what vanished without a lock. `is_again`:
    this was begun before, so that what vanished since may be its own doing.
    """
    if found and is_again:
        found = _but_for_vanished(found, now)
    texts = {key: _text(key, before, written, found, now) for key in TEXTS}
    return replace(
        before,
        texts={key: value for key, value in texts.items() if value},
        tags={kind: _tags(kind, before, written, found, now) for kind in TAGS},
        locks=_locks(before, written, found, now),
        chosen=chosen,
    )


def _but_for_vanished(found: Snapshot, now: Snapshot) -> Snapshot:
    """As if the look had found no more than there is now."""
    names = {kind: folded(now.names(kind)) for kind in TAGS}
    return replace(
        found,
        texts={key: value for key, value in found.texts.items() if now.text(key)},
        tags={
            kind: tuple(each for each in credits if _key(each) in names[kind])
            for kind, credits in found.tags.items()
        },
        locks=found.locked & now.locked,
    )


def is_cut(text: str, whole: str) -> bool:
    """Whether a server may have made this of the whole."""
    text, whole = plain(text).casefold(), plain(whole).casefold()
    return bool(text) and whole.startswith(text)


def _text(
    key: str, before: Snapshot, written: Written, found: Snapshot | None, now: Snapshot
) -> str:
    was, came = before.text(key), now.text(key)
    if found and came != found.text(key):
        is_ours = False
    elif key in written.texts:
        known = written.values(key)
        is_ours = bool(found) or not came or any(_is_made_of(key, came, x) for x in known)
    elif came:
        is_ours = _followed(key, came, written) and not _is_locked_since(key, before, now)
    else:
        is_ours = bool(found) or not _is_locked_since(key, before, now)
    return (before if is_ours or came == was else now).texts.get(key, "")


def _is_made_of(key: str, came: str, sent: str) -> bool:
    """A number isn't cut: 8 is another rating than 8.5."""
    return came == as_number(sent) if key in NUMBERS else is_cut(came, sent)


def _followed(key: str, came: str, written: Written) -> bool:
    """Whether a text may have moved along with another one that was written."""
    leader = written.texts.get(FOLLOWS.get(key, ""), "")
    return leader.startswith(came) if key == "year" else bool(leader)


def _is_locked_since(key: str, before: Snapshot, now: Snapshot) -> bool:
    """As Plex's own editor does with what somebody changes."""
    return key in now.locked and key not in before.locked


def _tags(
    kind: str, before: Snapshot, written: Written, found: Snapshot | None, now: Snapshot
) -> Credits:
    was, came = before.tags.get(kind, ()), now.tags.get(kind, ())
    had, there = folded(before.names(kind)), folded(found.names(kind)) if found else set()
    lost = had - folded(now.names(kind)) - there
    # Of what wasn't written all that is new is an agent's, or somebody's.
    ours = (there | folded(written.names(kind))) - had if kind in written.tags else set()
    is_somebodys = not found and _is_locked_since(kind, before, now)
    if kind not in written.tags and (is_somebodys or not lost):
        return came
    shown = {_key(each): each for each in came}
    back = [
        _as_before(each, shown.get(_key(each)), kind, written, found)
        for each in was
        if _key(each) in shown or _key(each) in lost
    ]
    return (*back, *(each for each in came if _key(each) not in ours | had))


def _as_before(
    was: Credit, now: Credit | None, kind: str, written: Written, found: Snapshot | None
) -> Credit:
    """With the role of before, unless somebody has given another one since."""
    if now is None or now.role == was.role:
        return was
    known = found.tags.get(kind, ()) if found else written.tags.get(kind, ())
    ours = {each.role for each in known if _key(each) == _key(was)}
    return was if now.role in ours or not now.role else replace(was, role=now.role)


def _key(credit: Credit) -> str:
    return plain(credit.name).casefold()


def _locks(
    before: Snapshot, written: Written, found: Snapshot | None, now: Snapshot
) -> frozenset[str]:
    said = written.locks.keys() | written.pictures.keys()
    ours = {key for key in before.locked ^ now.locked if key in said or key in before.locked}
    if found:
        ours = {key for key in ours if (key in found.locked) == (key in now.locked)}
    return now.locked ^ ours
