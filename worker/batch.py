"""From a batch of claimed jobs to how each ends, whatever goes wrong with the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from errors import LeaseLost, Outage, SettingsError, SyncError
from jobs.job import Job, Later, Verdict
from jobs.registry import WORKER
from jobs.schema import SCENE
from jobs.states import Look
from matching.locate import Locator
from pipeline.expand import Expander
from pipeline.outcome import Outcome, looks_of
from pipeline.scene_sync import SceneSync
from pipeline.stores import Stores
from plex.client import PlexClient
from plex.exceptions import PictureTooLarge, PlexReplaced, outage, translate_plex_exception
from stash.client import StashClient
from stash.exceptions import StashQueryError, StashUnauthorized
from storage.sqlite import StorageError
from worker.circuit import CircuitBreaker, may_be_outage
from worker.connect import PlexNote
from worker.debounce import Debounce
from worker.settings import Settings
from worker.verdict import Judge

log = logging.getLogger(__name__)

QUIET_ABOVE = 10
# Where two servers share an address, a batch may meet now the one, now the other.
NEXT_SERVER_S = 1.0


class Workplace(Protocol):
    """What a worker works with."""

    settings: Settings

    def refresh_settings(self) -> bool:
        """Read the settings from Stash; whether they changed."""

    def part_from_former(self, error: PlexReplaced) -> None:
        """Another Plex answers: go on with that one."""

    @property
    def plex(self) -> PlexClient:
        """The client that it writes by."""

    @property
    def locator(self) -> Locator:
        """What finds the Plex items of scenes."""


class Batch:
    """For one worker, whose batches it works on one after another. `count` is told of each outcome;
    `now` gives epoch seconds."""

    def __init__(
        self,
        workplace: Workplace,
        stores: Stores,
        stash: StashClient,
        scene_sync: SceneSync,
        breaker: CircuitBreaker,
        count: Callable[[Job, Outcome], None],
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.judge = Judge()
        self.looks: dict[Job, Look] = {}
        """What was found of the last ones, for people."""
        self._workplace = workplace
        self._stores = stores
        self._scene_sync = scene_sync
        self._breaker = breaker
        self._count = count
        self._now = now
        self._monotonic = monotonic
        self._debounce = Debounce()
        self._expander = Expander(
            stash, stores.store, stores.scene_cache, stores.ledger.collections, now
        )
        self._plex_note = PlexNote(stores.store, now, monotonic)
        # A task ends with its error instead of waiting.
        self._outlasts = stores.registry.role == WORKER

    def verdicts(self, jobs: Sequence[Job]) -> dict[Job, Verdict]:
        """How each claimed job ends. Starts a pause if a server or a setting is at fault."""
        self.looks = {}
        waits = {job: self._debounce.wait_s(job, self._monotonic()) for job in jobs}
        ready = [job for job in jobs if waits[job] <= 0]
        verdicts: dict[Job, Verdict] = {
            job: Later(self._now() + wait_s) for job, wait_s in waits.items() if wait_s > 0
        }
        try:
            outcomes = self._outcomes(ready)
        except PlexReplaced as error:
            self._workplace.part_from_former(error)
            return verdicts | dict.fromkeys(ready, Later(self._now() + NEXT_SERVER_S))
        except (Outage, SettingsError) as error:
            if isinstance(error, StashUnauthorized) and not self._outlasts:
                raise
            self._breaker.start(error)
            return verdicts | dict.fromkeys(ready, Later())
        blocked = self._breaker.blocked(outcomes)
        for job in blocked:
            if isinstance(outcomes[job], PictureTooLarge):
                # It was no answer of Plex, so it says nothing of the picture.
                self._stores.ledger.forget_refusals([job.object_id])
        self.looks = looks_of(outcomes, but=blocked)
        ended = {job: outcome for job, outcome in outcomes.items() if job not in blocked}
        for job, outcome in ended.items():
            self._debounce.finished(job, self._monotonic())
            self._count(job, outcome)
        quiet = len(outcomes) > QUIET_ABOVE
        judged = self.judge.verdicts(ended, self._now(), self._scene_sync.titles, quiet=quiet)
        return verdicts | blocked | judged

    def _outcomes(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """As `process`, by the settings as they are now."""
        known = self._own_events(jobs)
        others = [job for job in jobs if job not in known]
        if others:
            self._workplace.refresh_settings()
        return known | self.process(others)

    def process(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """The outcome of every job. Raises Outage and SettingsError when no job can be worked
        on. A batch that fails as a whole is halved until the culprit stands alone."""
        if not jobs:
            return {}
        try:
            return self._work_on(jobs)
        except (LeaseLost, PlexReplaced, SettingsError, StashUnauthorized, StorageError):
            raise
        except Exception as error:
            failure = translate_plex_exception(error)
            if isinstance(failure, SettingsError):
                raise failure from error
            if may_be_outage(failure) and self._breaker.is_everybodys(failure):
                raise outage(failure) from error
            if not isinstance(error, SyncError):
                log.debug("unexpected while working on %d job(s)", len(jobs), exc_info=error)
            if len(jobs) == 1:
                return {jobs[0]: failure}
        middle = len(jobs) // 2
        return self.process(jobs[:middle]) | self.process(jobs[middle:])

    def _work_on(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """The outcome of jobs of any kind; raises whatever goes wrong with all of them."""
        scenes = [job for job in jobs if job.kind == SCENE]
        others = [job for job in jobs if job.kind != SCENE]
        config = self._workplace.settings.config
        outcomes: dict[Job, Outcome] = {}
        if scenes:
            plex, locator = self._workplace.plex, self._workplace.locator
            outcomes = self._scene_sync.sync(scenes, config, plex, locator)
            self._plex_note.update(plex, locator.sections)
        for outcome in outcomes.values():
            if isinstance(outcome, PlexReplaced):
                raise outcome  # the next server lacks what the former one got, too
        return outcomes | self._expander.expand(others, config)

    def _own_events(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """See `pipeline.scene_sync`; by the settings as they were last read."""
        settings = self._workplace.settings
        if not settings.is_known:
            return {}
        try:
            return self._scene_sync.own_events(jobs, settings.config)
        except StashQueryError as error:
            log.debug("whose changes these are is not known: %s", error)
            return {}
