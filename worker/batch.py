"""A batch of claimed jobs worked on: each job's outcome, whatever goes wrong with the others."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from errors import LeaseLost, SettingsError, SyncError
from jobs.job import Job
from jobs.schema import SCENE
from matching.locate import Locator
from pipeline.expand import Expander
from pipeline.outcome import Outcome
from pipeline.scene_sync import SceneSync
from plex.client import PlexClient
from plex.exceptions import PlexReplaced, outage, translate_plex_exception
from stash.exceptions import StashQueryError, StashUnauthorized
from storage.sqlite import StorageError
from worker.circuit import CircuitBreaker, may_be_outage
from worker.connect import PlexNote
from worker.settings import Settings

log = logging.getLogger(__name__)


class Workplace(Protocol):
    """What a worker works with."""

    settings: Settings

    def refresh_settings(self) -> bool:
        """Read the settings from Stash; whether they changed."""

    @property
    def plex(self) -> PlexClient:
        """The client that it writes by."""

    @property
    def locator(self) -> Locator:
        """What finds the Plex items of scenes."""


class Batch:
    """For one worker, whose batches it works on one after another."""

    def __init__(
        self,
        workplace: Workplace,
        scene_sync: SceneSync,
        expander: Expander,
        breaker: CircuitBreaker,
        plex_note: PlexNote,
    ) -> None:
        self._workplace = workplace
        self._scene_sync = scene_sync
        self._expander = expander
        self._breaker = breaker
        self._plex_note = plex_note

    @property
    def titles(self) -> Mapping[int, str]:
        """Of the scenes of the last batch that were compared."""
        return self._scene_sync.titles

    def outcomes(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
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
