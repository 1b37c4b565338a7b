"""Texts and locks: does an empty value clear, is a long one kept, what are locks called, and does
an edit lock what it doesn't speak of?"""

from __future__ import annotations

from plex.items import CREDIT_FIELDS, TEXT_FIELDS
from trial.bench import NAMES, TEXT, Bench, lock, yes
from trial.snapshot import Snapshot

LONG_TEXT = " ".join([TEXT] * 40)


def measure(bench: Bench, before: Snapshot) -> dict[str, str]:
    found = _clearing(bench, before)
    found |= _names(bench)
    found |= _by_themselves(bench, before, clears=found["clears"] == "yes")
    return found


def _clearing(bench: Bench, before: Snapshot) -> dict[str, str]:
    """By the sort title, which every item has and which can be said again; and by the summary if
    there is one, since an empty sort title may be a matter of its own."""
    now = bench.edit({"titleSort.value": TEXT, **lock("titleSort")})
    if now.text("titleSort") != TEXT:
        return {"text_edit": "refused", "clears": "no"}
    now = bench.edit({"titleSort.value": "", **lock("titleSort")})
    clears = now.text("titleSort") != TEXT
    if clears and before.text("summary"):
        clears = not bench.edit({"summary.value": "", **lock("summary")}).text("summary")
    return {"text_edit": "kept", "clears": yes(clears)}


def lock_keys(bench: Bench) -> list[str]:
    """Plex's names of what we lock, and the type of item can lock."""
    only_movies = {"studio", "tagline", "genre"}
    keys = [*TEXT_FIELDS.values(), *(key for key, _ in CREDIT_FIELDS.values()), "thumb", "art"]
    return [each for each in keys if bench.is_movie or each not in only_movies]


def _names(bench: Bench) -> dict[str, str]:
    """All locks at once, and off again."""
    keys = lock_keys(bench)
    now = bench.edit({key: "0" for each in keys for key in lock(each)})
    former = now.locked
    now = bench.edit({key: "1" for each in keys for key in lock(each)})
    missing = [each for each in keys if each not in now.locked]
    found = {"locks": f"not {', '.join(missing)}" if missing else "all"}
    if len(missing) == len(keys):
        found["locks"] = "none"
    if "actor" in now.locked:
        found["cast_lock"] = "actor" if "actor" in now.locks else "role"
    now = bench.edit({key: "0" for each in keys for key in lock(each)})
    return found | {"unlocks": yes(not (former | now.locked) & set(keys))}


def _by_themselves(bench: Bench, before: Snapshot, *, clears: bool) -> dict[str, str]:
    """Edits that say nothing of locks, of what is unlocked, and a long text."""
    found = {}
    former = bench.read()
    if "titleSort" not in former.locked:
        now = bench.edit({"titleSort.value": f"{TEXT} Again."})
        found["text_edit_locks"] = yes("titleSort" in now.locked)
    if "director" not in former.locked:
        now = bench.edit({"director[0].tag.tag": NAMES[0]})
        found["tag_edit_locks"] = yes("director" in now.locked)
    if clears or before.text("summary"):
        now = bench.edit({"summary.value": LONG_TEXT, **lock("summary")})
        kept = len(now.text("summary"))
        found["long_text"] = "whole" if now.text("summary") == LONG_TEXT else f"cut at {kept}"
    return found
