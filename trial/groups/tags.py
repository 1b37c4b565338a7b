"""Tags: are they added or replaced, do they go by name, does a cast keep its order, and how are
their names spelled?"""

from __future__ import annotations

from collections.abc import Sequence

from trial.bench import NAMES, Bench, lock
from trial.put_back import removal
from trial.snapshot import TAGS, Snapshot

MOVIE_KINDS = ("genre", "director", "actor", "label")
EPISODE_KINDS = ("director", "actor", "label")


def measure(bench: Bench, before: Snapshot) -> dict[str, str]:
    """Leaves our tags of each kind on the item, as far as the server takes them."""
    found: dict[str, str] = {}
    survivors: list[bool] = []
    for kind in kinds(bench, before):
        former = bench.read()
        found |= _of_kind(bench, kind, former)
        survivors.append(_keeps_others(kind, former, bench.read()))
    if survivors:
        found["other_tags"] = "kept" if all(survivors) else "dropped"
    return found


def kinds(bench: Bench, before: Snapshot) -> list[str]:
    """Labels only of an item that has none: a server that spells them its own way couldn't be made
    to spell those again as they were."""
    all_of_it = MOVIE_KINDS if bench.is_movie else EPISODE_KINDS
    return [each for each in all_of_it if each != "label" or not before.tags["label"]]


def _of_kind(bench: Bench, kind: str, former: Snapshot) -> dict[str, str]:
    there = former.names(kind)
    now = bench.set_tags(kind, [*there, *NAMES], former)
    shown = _ours(now, kind)
    if len(shown) != len(NAMES):
        return {f"{kind}_edit": "refused"}
    found = {"label_case": _case(shown)} if kind == "label" else {}
    found |= _order(bench, kind, now) if kind == "actor" else {}
    found |= _adding(bench, kind)
    now = bench.set_tags(kind, [*there, *NAMES], former)
    found |= _removing(bench, kind)
    if kind == "director":
        found |= _spelling(bench, kind)
    bench.set_tags(kind, [*there, *NAMES], bench.read())
    return found


def _adding(bench: Bench, kind: str) -> dict[str, str]:
    """One tag alone, by its index."""
    before = bench.read()
    now = bench.edit({f"{kind}[0].tag.tag": NAMES[0], **lock(kind)})
    left = set(_folded(now.names(kind)))
    if left == set(_folded(before.names(kind))):
        return {f"{kind}_edit": "adds"}
    return {f"{kind}_edit": "replaces" if left == {NAMES[0].casefold()} else "other"}


def _removing(bench: Bench, kind: str) -> dict[str, str]:
    """Of several one goes, the one with a comma."""
    before = bench.read()
    now = bench.edit({**removal(kind, NAMES[0]), **lock(kind)})
    gone = set(_folded(before.names(kind))) - set(_folded(now.names(kind)))
    expected = {NAMES[0].casefold()}
    value = "by name" if gone == expected else "too much" if gone else "not"
    return {f"{kind}_removal": value}


def _order(bench: Bench, kind: str, now: Snapshot) -> dict[str, str]:
    others = [each for each in now.names(kind) if each.casefold() not in _folded(NAMES)]
    wanted = [*reversed(NAMES), *others]
    now = bench.set_tags(kind, wanted, now)
    return {"cast_order": "as sent" if _folded(now.names(kind)) == _folded(wanted) else "its own"}


def _spelling(bench: Bench, kind: str) -> dict[str, str]:
    """The same name once more, in capitals."""
    other = NAMES[2].upper()
    now = bench.edit({**_all(bench.read(), kind, other), **lock(kind)})
    shown = [each for each in now.names(kind) if each.casefold() == other.casefold()]
    if len(shown) > 1:
        return {"spelling": "another tag"}
    return {"spelling": "the newest" if shown == [other] else "the first"}


def _all(now: Snapshot, kind: str, *more: str) -> dict[str, str]:
    names = [*now.names(kind), *more]
    return {f"{kind}[{place}].tag.tag": name for place, name in enumerate(names)}


def _keeps_others(kind: str, former: Snapshot, now: Snapshot) -> bool:
    others = [each for each in TAGS if each != kind]
    return all(set(former.names(each)) <= set(now.names(each)) for each in others)


def _case(shown: Sequence[str]) -> str:
    expected = {
        "as sent": NAMES,
        "first letter": [each[:1].upper() + each[1:] for each in NAMES],
        "capitals": [each.upper() for each in NAMES],
    }
    return next((name for name, each in expected.items() if sorted(each) == sorted(shown)), "other")


def _ours(now: Snapshot, kind: str) -> list[str]:
    return [each for each in now.names(kind) if each.casefold() in _folded(NAMES)]


def _folded(names: Sequence[str]) -> list[str]:
    return [each.casefold() for each in names]
