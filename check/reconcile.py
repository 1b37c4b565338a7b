"""The check of all scenes at an interval: what nobody said had changed, in Stash or in Plex.

It is the worker's business while nothing else is to be done, in a lane behind all others. How far
it has come is noted with each page, so that a worker that is killed or ends is no reason to begin
again, and the interval counts from the end of the last run, whichever worker that was.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable

from check.comparison import begin_comparison, is_comparison_due
from jobs.job import Job
from jobs.notes import RECONCILE_NOTE, Round, last_round
from jobs.schema import CHECK, SCENE
from jobs.store import JobStore
from ledger.scene_cache import SceneCache
from pipeline.outcome import Outcome, Tally
from stash.client import StashClient
from storage.times import is_recent

log = logging.getLogger(__name__)

# A round that another worker began is worth continuing while what it has done is still fresh: it
# may have been left when the setting was turned off, or Stash.
ROUND_FRESH_S = 24 * 3600.0


class Reconcile:
    """Queues every scene, a page at a time. `renew` is called when a round begins: what is known
    of Plex by then is to be asked for anew. `now` gives epoch seconds."""

    def __init__(
        self,
        store: JobStore,
        stash: StashClient,
        scene_cache: SceneCache,
        renew: Callable[[], None],
        now: Callable[[], float],
        is_comparison_needless: Callable[[], bool],
    ) -> None:
        self._store = store
        self._is_comparison_needless = is_comparison_needless
        self._stash = stash
        self._scene_cache = scene_cache
        self._renew = renew
        self._now = now
        self._tally = Tally()
        self._is_mine = False
        self._continued_after = 0

    def step(self, hours: float) -> float:
        """To be called when nothing is due. How many seconds until another step is worth while, 0
        if there may be something to do now.

        `hours` between two rounds, 0 for never. Raises what StashClient raises.
        """
        if hours <= 0:
            return math.inf
        round_ = self._read()
        if not round_.started:
            now, every_s = self._now(), hours * 3600
            if is_recent(round_.finished, now, every_s):
                return every_s - (now - round_.finished)
            round_ = self._begin(round_)
        ids = next(self._stash.scene_ids(round_.after), [])
        if not ids:
            self._finish(round_)
            return hours * 3600
        round_ = round_._replace(after=ids[-1])
        self._store.enqueue_absent(SCENE, ids, CHECK, self._now(), note=_note(round_))
        return 0.0

    def count(self, job: Job, outcome: Outcome) -> None:
        """Count a job's outcome, if it is of this check."""
        if job.lane == CHECK and not job.attempts:
            self._tally.add(outcome)

    def _read(self) -> Round:
        round_ = last_round(self._store)
        if round_.started and not self._is_mine:
            if not is_recent(round_.started, self._now(), ROUND_FRESH_S):
                return Round(finished=round_.finished)
            self._is_mine, self._continued_after = True, round_.after
        return round_

    def _begin(self, round_: Round) -> Round:
        now = self._now()
        self._tally, self._is_mine, self._continued_after = Tally(), True, 0
        self._renew()
        if is_comparison_due(self._store, now, self._is_comparison_needless):
            begin_comparison(self._store, self._scene_cache.invalidate, now)
        log.info("Reconcile: checking all scenes")
        return round_._replace(started=now, after=0)

    def _finish(self, round_: Round) -> None:
        name, value = _note(round_._replace(started=0.0, after=0, finished=self._now()))
        self._store.set_note(name, value)
        since = f", after scene {self._continued_after}" if self._continued_after else ""
        log.info("Reconcile%s: %s", since, self._tally.summary())


def _note(round_: Round) -> tuple[str, str]:
    return RECONCILE_NOTE, json.dumps(round_._asdict())
