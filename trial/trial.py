"""The trial: everything is tried out on one item, and taken back.

How the item was is stored before anything is written to it, so that whoever starts next can put it
back if this process dies on any line.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from errors import Outage, SettingsError, SyncError
from ledger.traits import Proof, Touched, TraitBook
from plex.client import PlexClient
from plex.items import PICTURE_LOCKS, PlexItem
from sync.values import Credit
from trial.aim import aim
from trial.bench import NAMES, TEXT, Bench
from trial.groups import collections, dates, listings, locks, pictures, plays, ratings, tags, times
from trial.meaning import OWN_CLEARS
from trial.put_back import chosen_picture, put_back
from trial.snapshot import TAGS, TEXTS, Snapshot, load, of_item
from trial.written import Written

log = logging.getLogger(__name__)

# What trials write.
TRACES = Written(
    0,
    {
        "titleSort": f"{TEXT} Again.",
        "summary": locks.LONG_TEXT,
        "year": dates.YEARS[0],
        "originallyAvailableAt": dates.DATES[0],
        "userRating": ratings.RATINGS[0],
    },
    {kind: tuple(Credit(each) for each in NAMES) for kind in tags.MOVIE_KINDS}
    | {"collection": (Credit(collections.TITLE),)},
    dict.fromkeys((*TEXTS, *TAGS, *PICTURE_LOCKS.values()), True),
    others={
        "titleSort": (f"{TEXT} Twice.",),
        "year": (*dates.YEARS, *(each[:4] for each in dates.DATES)),
        "originallyAvailableAt": dates.DATES,
        "userRating": (*ratings.RATINGS, *ratings.PROBES),
    },
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial has found. `left`: what of the item couldn't be put back, by Plex's names.
    `unmeasured`: by group, why it wasn't measured."""

    traits: Mapping[str, str]
    left: tuple[str, ...] = ()
    unmeasured: Mapping[str, str] = field(default_factory=dict)


def harmless(bench: Bench) -> Trial:
    """What can be found out without writing anything."""
    found, unmeasured = _run(
        {"listings": lambda _: listings.measure(bench), "plays": lambda _: plays.measure(bench)}
    )
    return Trial(found | bench.timings(), (), unmeasured)


def run(
    bench: Bench,
    book: TraitBook,
    owner: str,
    now: Callable[[], float],
    *,
    with_pictures: bool = False,
) -> Trial:
    """Try everything out on the bench's item, and take it back. `owner`: the token of this process;
    `now` gives epoch seconds. Raises Outage and what ends a process: then the item is
    put back by `undo_left_over`, if it couldn't be here."""
    server, key = bench.client.machine_identifier, bench.item.rating_key
    before = _as_it_is(bench, with_pictures=with_pictures)
    book.touch(server, {key: before.dump()}, owner, now())
    try:
        found, unmeasured = _run(_groups(bench, before, with_pictures=with_pictures))
    finally:
        left = _take_back(bench.client, bench.item, before)
        # What Plex keeps otherwise is told, and not tried again: it may be somebody's by then.
        book.left(server, [key], now())
    return Trial(found | bench.timings(), tuple(left), unmeasured)


def carry_out(
    bench: Bench,
    book: TraitBook,
    owner: str,
    now: Callable[[], float],
    *,
    with_pictures: bool = False,
) -> Trial:
    """As `run`, and note what was found. A surprise of before is forgotten: the next sync begins
    with a canary again, and leaves alone what a trait forbids."""
    server, version = bench.client.machine_identifier, bench.client.version
    found = run(bench, book, owner, now, with_pictures=with_pictures)
    # Not measured here, and so found out anew by whoever has something to clear.
    book.forget(server, version, OWN_CLEARS.values())
    book.note(server, version, found.traits, now())
    proof = book.proof(server, version)
    if proof and proof.surprise:
        book.prove(server, version, Proof(), now())
    return found


def undo_left_over(
    client: PlexClient,
    book: TraitBook,
    is_alive: Callable[[str], bool],
    now: Callable[[], float],
) -> list[Touched]:
    """Put back what a trial or a canary of a process that is gone has left; those whose process
    lives are given back."""
    server = client.machine_identifier
    busy = []
    for each in book.unfinished(server):
        if is_alive(each.owner):
            busy.append(each)
            continue
        item = client.items([each.rating_key]).get(each.rating_key)
        try:
            left = _take_back(client, item, _aim(load(each.before), item)) if item else []
        except (Outage, SettingsError):
            raise
        except SyncError as error:
            # Tried again for ever it would keep everything else from being written.
            left = [str(error)]
        book.left(server, [each.rating_key], now())
        key = each.rating_key
        if left:
            told = "item %d could not be put back as it was before a trial: %s differ"
            log.error(told, key, ", ".join(left))
        else:
            log.info("item %d is as it was before a trial that was interrupted", key)
    return busy


def _aim(before: Snapshot, item: PlexItem) -> Snapshot:
    """What to put back of an item that may have been left so hours ago: not what somebody has
    changed since."""
    return aim(before, TRACES, None, of_item(item), before.chosen)


def _as_it_is(bench: Bench, *, with_pictures: bool) -> Snapshot:
    now = bench.read()
    names = {key: name for name, key in PICTURE_LOCKS.items()} if with_pictures else {}
    chosen = {key: chosen_picture(bench.client, bench.item, names[key]) for key in names}
    return replace(now, chosen=chosen)


def _take_back(client: PlexClient, item: PlexItem, before: Snapshot) -> list[str]:
    left = put_back(client, item, before)
    collections.remove(client, item)
    return left


Group = Callable[[Mapping[str, str]], dict[str, str]]
"""Gets what the groups before it have found."""


def _groups(bench: Bench, before: Snapshot, *, with_pictures: bool) -> dict[str, Group]:
    """In an order in which each finds the item as it needs it, and those after it know whether
    something could be taken back."""
    poster = pictures.PIXELS if with_pictures else b""

    def clears(found: Mapping[str, str]) -> bool:
        return found.get("clears") == "yes"

    groups: dict[str, Group] = {
        "listings": lambda _: listings.measure(bench),
        "plays": lambda _: plays.measure(bench),
        "times": lambda _: times.measure(bench),
        "tags": lambda _: tags.measure(bench, before),
        "lists": lambda _: listings.what_is_left_out(bench, bench.read()),
        "collections": lambda _: collections.measure(bench, before, poster),
        "locks": lambda _: locks.measure(bench, before),
        "dates": lambda found: dates.measure(bench, before, clears=clears(found)),
        "ratings": lambda found: ratings.measure(bench, before, clears=clears(found)),
    }
    return groups | ({"pictures": lambda _: pictures.measure(bench)} if with_pictures else {})


def _run(groups: Mapping[str, Group]) -> tuple[dict[str, str], dict[str, str]]:
    """What the groups have found, and why others haven't."""
    found: dict[str, str] = {}
    unmeasured: dict[str, str] = {}
    for name, measure in groups.items():
        try:
            found |= measure(found)
        except (Outage, SettingsError):
            raise
        except SyncError as error:
            unmeasured[name] = str(error)
    return found, unmeasured
