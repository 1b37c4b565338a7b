"""Positions and ratings that came from Plex are taken back: where Stash still has what we wrote, it
gets what was there before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from errors import LeaseLost
from playback.brought import (
    POSITION,
    RATING,
    REMOVING,
    TAKEN_BACK,
    Brought,
    BroughtLedger,
    by_scene,
    way_back,
)
from playback.position_ledger import PositionLedger
from playback.rating_ledger import RatingLedger
from stash.activity import ActivityClient, SceneActivity
from sync.ratings import from_stash

log = logging.getLogger(__name__)

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Back:
    """What a scene gets back: its position or its rating. `rows`: what is taken back by that,
    newest first, none if something else has come after it."""

    what: str
    scene_id: int
    rows: tuple[Brought, ...]
    value: float | None


@dataclass(slots=True)
class ValueTally:
    """How many scenes got back a position, or a rating; `left`: in how many something else has come
    after what was to be taken back."""

    positions: int = 0
    ratings: int = 0
    left: int = 0

    def add(self, found: Iterable[Back]) -> None:
        for each in found:
            self.positions += bool(each.rows) and each.what == POSITION
            self.ratings += bool(each.rows) and each.what == RATING
            self.left += not each.rows

    def count(self, rows: Iterable[Brought]) -> None:
        """Each for itself."""
        for each in rows:
            self.positions += each.what == POSITION
            self.ratings += each.what == RATING

    def parts(self) -> list[str]:
        """E.g. "2 positions"."""
        named = ((self.positions, "position"), (self.ratings, "rating"))
        return [f"{count} {name}{'' if count == 1 else 's'}" for count, name in named if count]


class TakeValuesBack:
    """Of one Plex. As `playback.plays.PlayImport` for one process at a time, and raises the same.

    What comes again is only what is changed in Plex after that: what both sides have then is noted
    before Stash is told.
    """

    def __init__(
        self,
        server: str,
        stash: ActivityClient,
        ledger: BroughtLedger,
        positions: PositionLedger,
        ratings: RatingLedger,
        may_write: Callable[[], bool],
    ) -> None:
        self._server = server
        self._stash = stash
        self._ledger = ledger
        self._positions = positions
        self._ratings = ratings
        self._may_write = may_write
        self._unreadable: set[int] = set()

    def plan(self, chosen: Sequence[Brought]) -> list[Back]:
        """What would be done about these. Nothing is written."""
        scene_ids = list(dict.fromkeys(each.scene_id for each in chosen))
        ids = {each.id for each in chosen}
        pages = (scene_ids[n : n + AT_ONCE] for n in range(0, len(scene_ids), AT_ONCE))
        return [back for page in pages for back in self._plan(page, ids)]

    def take_back(self, chosen: Sequence[Brought]) -> ValueTally:
        """How it came out. What is no longer in Stash counts as taken back as well."""
        tally = ValueTally()
        interrupted = [x for x in self._ledger.there(self._server) if x.state == REMOVING]
        scene_ids = list(dict.fromkeys(each.scene_id for each in (*interrupted, *chosen)))
        ids = {each.id for each in chosen}
        for start in range(0, len(scene_ids), AT_ONCE):
            page = self._plan(scene_ids[start : start + AT_ONCE], ids)
            tally.add(each for each in page if each.rows or _asked_for(each, chosen))
            self._carry_out(page)
        gone = [x for x in self._ledger.there(self._server) if x.state == REMOVING]
        known = [each for each in gone if each.scene_id not in self._unreadable]
        self._ledger.store(known, TAKEN_BACK)
        return tally

    def _plan(self, scene_ids: Iterable[int], chosen: Collection[int]) -> list[Back]:
        scenes, failed = self._stash.read(scene_ids)
        for scene_id in failed:
            log.warning("scene %d: Stash can't tell of it, and keeps what came from Plex", scene_id)
        self._unreadable |= failed.keys()
        rows = [row for each in scenes for row in self._ledger.there(self._server, each)]
        return [
            Back(what, scene_id, tuple(back), value)
            for (what, scene_id), found in by_scene(rows).items()
            if any(each.id in chosen or each.state == REMOVING for each in found)
            for back, value in [way_back(found, chosen, _value(scenes[scene_id], what))]
        ]

    def _carry_out(self, page: Sequence[Back]) -> None:
        due = [each for each in page if each.rows]
        if not due:
            return
        rows = [row for each in due for row in each.rows]
        self._ledger.store(rows, REMOVING)
        positions = {x.scene_id: float(x.value or 0) for x in due if x.what == POSITION}
        ratings = {x.scene_id: _whole(x.value) for x in due if x.what == RATING}
        self._positions.expect(self._server, positions)
        self._ratings.differ(self._server, _items_of(due))
        if not self._may_write():
            raise LeaseLost("another PlexSync process has taken over; this one stops")
        self._stash.save_positions(positions)
        self._positions.set_in_stash(self._server, positions)
        self._stash.rate(ratings)
        self._ledger.store(rows, TAKEN_BACK)
        for each in due:
            log.debug("scene %d: the %s from Plex was taken back", each.scene_id, each.what)


def _asked_for(back: Back, chosen: Iterable[Brought]) -> bool:
    return any((x.what, x.scene_id) == (back.what, back.scene_id) for x in chosen)


def _value(scene: SceneActivity, what: str) -> float | None:
    return scene.resume_s if what == POSITION else scene.rating100


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _items_of(due: Iterable[Back]) -> Mapping[int, tuple[int | None, int | None]]:
    """By rating key the rating that Plex has, and the one that Stash gets back, as it is compared:
    Stash's API stores more than Plex can show."""
    return {
        key: (_whole(each.rows[0].after), from_stash(_whole(each.value)))
        for each in due
        if each.what == RATING
        for row in each.rows
        for key in row.items
    }
