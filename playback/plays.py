"""Plays from Plex's history to Stash: each once, whatever ends us in between."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace

from errors import LeaseLost
from playback.history import read_history
from playback.pieces import AT_ONCE, pieces_of, to_end
from playback.play import Play
from playback.play_ledger import (
    ADDED,
    GONE,
    NEW,
    NO_SCENE,
    NOTED,
    OTHERS,
    PENDING,
    REFUSED,
    TAKEN_BACK,
    PlayLedger,
    Row,
    moved,
)
from playback.rules import after_interruption, decide, look_from, times_by_scene
from playback.scenes import SceneFinder
from plex.client import PlexClient
from stash.activity import ActivityClient
from stash.exceptions import StashQueryError
from storage.times import is_recent

log = logging.getLogger(__name__)

# So long a request that got no answer may still be carried out.
LATE_S = 30.0
# More than this aren't told one by one.
MOST_LINES = 10

# What is looked at again when somebody asks for everything since a day.
_PASSED_OVER = (NOTED, OTHERS, NO_SCENE, GONE, REFUSED, TAKEN_BACK)
# What may have become possible since.
_WAITING = (NO_SCENE, GONE, REFUSED)


@dataclass(slots=True)
class PlayTally:
    """How plays came out, counted by state. `is_first`: they were only noted."""

    states: Counter[str] = field(default_factory=Counter)
    is_first: bool = False

    def add(self, rows: Iterable[Row]) -> None:
        self.states.update(row.state for row in rows)

    def summary(self) -> str:
        """E.g. "3 plays added, 1 in Stash already"."""
        if self.is_first:
            return (
                f"{plays(self.states[NOTED])} in Plex's history noted; what is played from now on "
                "comes to Stash"
            )
        others = [
            f"{self.states[state]} {words}" for state, words in _WORDS.items() if self.states[state]
        ]
        number = self.states[ADDED] + self.states[PENDING]
        return ", ".join([f"{plays(number)} added", *others])


def plays(number: int) -> str:
    """So many, for people."""
    return f"{number} play{'' if number == 1 else 's'}"


_WORDS = {
    "known": "in Stash already",
    OTHERS: "of other accounts",
    NO_SCENE: "of films that Stash doesn't have",
    GONE: "of films that Plex no longer has",
    REFUSED: "refused by Stash",
}

_WAITS = 'Stash refuses a play from Plex, which waits for the task "Import plays": {}'


Work = Generator[None, None, PlayTally]
"""Piece by piece, see `playback.pieces`."""


class PlayImport:
    """The plays of one Plex. `accounts`: whose plays count. `may_write` is asked before each write
    to Stash. Only one process at a time may use it; see `playback.turn`. `now` in epoch seconds.

    Its methods raise what PlexClient and ActivityClient raise, StorageError and LeaseLost.
    """

    def __init__(
        self,
        plex: PlexClient,
        stash: ActivityClient,
        ledger: PlayLedger,
        finder: SceneFinder,
        accounts: frozenset[int],
        may_write: Callable[[], bool],
        now: Callable[[], float],
    ) -> None:
        self._plex = plex
        self._stash = stash
        self._ledger = ledger
        self._finder = finder
        self._accounts = accounts
        self._may_write = may_write
        self._now = now
        self._server = plex.machine_identifier

    @property
    def is_unfinished(self) -> bool:
        """Whether there is something left that is to come: Stash may still be carrying it out."""
        return self._ledger.is_unfinished(self._server)

    def bring(self) -> Work:
        """Add what was played since the last time; the first time only note what there is."""
        mark = self._ledger.mark(self._server)
        if mark is None:
            return (yield from self.note_all())
        self._take_in(look_from(mark.newest, self._now()))
        return (yield from self._settle())

    def bring_all(self, since: int | None = None) -> PlayTally:
        """The same by reading the whole history, for clocks that went wrong, and with what had no
        scene or item before; with `since` also what was passed over since then (epoch seconds)."""
        if self._ledger.mark(self._server) is None:
            tally = to_end(self.note_all())
            if since is None:
                return tally
        self._take_in(0)
        self._ledger.store(self._server, moved(self._to_reconsider(since), NEW), self._now())
        return to_end(self._settle())

    def preview(self, since: int | None = None) -> list[Row]:
        """What `bring_all` would do to each play, without doing it. Those to add are PENDING."""
        mark, known = self._ledger.mark(self._server), self._ledger.identities(self._server)
        met = [
            play for page in read_history(self._plex) for play in page if play.identity not in known
        ]
        # Before the first run nothing is new but what was asked for.
        limit = since if mark is None else 0
        new = [Row(each, NEW) for each in met if limit is not None and each.viewed_at >= limit]
        rows = [*new, *self._ledger.of_states(self._server, (NEW,)), *self._to_reconsider(since)]
        mine, others = self._sorted_out(rows)
        return others + [
            each for page in pieces_of(mine) for each in self._decided(moved(page, NEW))
        ]

    def note_all(self) -> Work:
        """Note what is in the history, so that it isn't taken for new."""
        for page in read_history(self._plex):
            self._ledger.add(self._server, dict.fromkeys(page, NOTED), self._now())
            yield
        self._ledger.add(self._server, {}, self._now(), completes=True)
        number = self._ledger.counts(self._server).get(NOTED, 0)
        return PlayTally(Counter({NOTED: number}), is_first=True)

    def _take_in(self, since: int) -> None:
        """Store the plays since then that weren't met before."""
        known = self._ledger.identities(self._server, since)
        found: dict[Play, str] = {}
        for page in read_history(self._plex, since):
            for play in page:
                if play.identity not in known:
                    found[play] = NEW if play.account_id in self._accounts else OTHERS
        if found:
            self._ledger.add(self._server, found, self._now())

    def _to_reconsider(self, since: int | None) -> list[Row]:
        rows = self._ledger.of_states(self._server, _WAITING)
        if since is not None:
            rows = self._ledger.of_states(self._server, _PASSED_OVER, since=since)
        return [row for row in rows if row.play.account_id in self._accounts]

    def _sorted_out(self, rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
        rows = list(rows)
        mine = [row for row in rows if row.play.account_id in self._accounts]
        others = [row for row in rows if row.play.account_id not in self._accounts]
        return mine, moved(others, OTHERS)

    def _settle(self) -> Work:
        """Deal with everything that is new or was interrupted."""
        tally = PlayTally()
        self._resume(tally)
        while rows := self._ledger.of_states(self._server, (NEW,), limit=AT_ONCE):
            pending = self._sort(self._decided(rows), tally)
            try:
                self._send(pending)
            except StashQueryError as error:
                log.debug("Stash refused a batch of plays: %s", error)
                self._resume(tally, is_answered=True)
            else:
                self._confirm(pending, tally)
            yield
        return tally

    def _resume(self, tally: PlayTally, *, is_answered: bool = False) -> None:
        """Find out what became of plays that were about to be added, and add the others one scene
        at a time, so that one that Stash refuses holds up no other. A request that got no answer
        may still arrive: unless Stash has answered, they wait for a moment."""
        rows = self._ledger.of_states(self._server, (PENDING,))
        if not rows:
            return
        scenes, failed = self._stash.read(row.scene_id for row in rows if row.scene_id is not None)
        unclear = [row for row in rows if row.scene_id in failed]
        known = after_interruption([row for row in rows if row.scene_id not in failed], scenes)
        self._confirm([row for row in known if row.state == ADDED], tally)
        sent_at = self._ledger.changed_at(self._server, PENDING)
        if not is_answered and is_recent(sent_at, self._now(), LATE_S):
            return
        if scenes:  # else it may be Stash as a whole
            self._refuse(unclear, tally, "Stash can't tell of it")
        left = [row for row in known if row.state == NEW]
        for scene_id in times_by_scene(left):
            self._retry([row for row in left if row.scene_id == scene_id], tally)

    def _retry(self, rows: Sequence[Row], tally: PlayTally) -> None:
        pending = list(rows)
        try:
            pending = self._sort(self._decided(rows), tally)
            self._send(pending)
        except StashQueryError as error:
            self._refuse(pending, tally, str(error))
        else:
            self._confirm(pending, tally)

    def _sort(self, decided: Sequence[Row], tally: PlayTally) -> list[Row]:
        """Note what they are; those that are to be sent."""
        self._ledger.store(self._server, decided, self._now())
        tally.add(row for row in decided if row.state != PENDING)
        for scene_id in {row.scene_id for row in decided if row.state == REFUSED}:
            log.warning("scene %s: %s", scene_id, _WAITS.format("Stash can't tell of it"))
        return [row for row in decided if row.state == PENDING]

    def _refuse(self, rows: Sequence[Row], tally: PlayTally, why: str) -> None:
        refused = moved(rows, REFUSED)
        self._ledger.store(self._server, refused, self._now())
        tally.add(refused)
        for scene_id in {row.scene_id for row in refused}:
            log.warning("scene %s: %s", scene_id, _WAITS.format(why))

    def _decided(self, rows: Sequence[Row]) -> list[Row]:
        items = self._plex.items([x.play.rating_key for x in rows if x.play.rating_key])
        scenes = self._finder.find(self._server, items)
        unreadable = self._finder.unreadable
        if unreadable and not scenes:
            # It may be Stash as a whole: then the next look is another chance.
            raise StashQueryError(f"Stash can't tell of {len(unreadable)} scene(s)")
        added = self._ledger.added_times({each.scene.id for each in scenes.values()})
        return [
            replace(row, state=REFUSED, scene_id=unreadable[row.play.rating_key])
            if row.play.rating_key in unreadable
            else row
            for row in decide(rows, scenes, items, added)
        ]

    def _send(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        if not self._may_write():
            raise LeaseLost("another PlexSync process has taken over; this one stops")
        self._stash.add_plays(times_by_scene(rows))

    def _confirm(self, rows: Sequence[Row], tally: PlayTally) -> None:
        done = moved(rows, ADDED)
        self._ledger.store(self._server, done, self._now())
        tally.add(done)
        for row in done[: max(MOST_LINES - tally.states[ADDED] + len(done), 0)]:
            log.info("scene %s: played in Plex, and now in Stash", row.scene_id)
