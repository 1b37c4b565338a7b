"""SyncWorker: drains the job queue into Plex, batch by batch."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from check.idle_checks import IdleChecks
from errors import LeaseLost, Outage, ServerUnavailable, SettingsError, SyncError
from jobs.hold import hold_of
from jobs.job import Job
from jobs.registry import WORKER
from jobs.schema import BACKGROUND, CHECK, LIVE, SCENE
from ledger.second_copy import keep_copy
from matching.locate import Locator
from pipeline.outcome import Outcome
from pipeline.scene_sync import SceneSync
from pipeline.stores import Stores
from playback.imports import AT_REST_S, Imports
from plex.client import PlexClient
from plex.edits import send_plan
from plex.exceptions import PlexReplaced
from plex.items import PlexItem
from rest.idle import REST_AFTER_S, Idle
from stash.client import StashClient
from stash.exceptions import StashUnauthorized
from storage.sqlite import DatabaseDamaged, StorageError
from sync.plan import Plan
from trial.canary import Canary
from validation.config import PlexSyncConfig
from worker.batch import Batch
from worker.burst import Burst
from worker.circuit import CircuitBreaker, Pause
from worker.connect import PlexLink
from worker.enqueue_scenes import light_check
from worker.settings import Settings

log = logging.getLogger(__name__)

BATCH = 100
# How often to look for new rows: it costs microseconds, but laptops want to sleep.
POLL_S = 0.05
QUIET_POLL_S = 0.25
QUIET_AFTER_S = 30.0
LONGEST_WAIT_S = 60.0
KEEP_SESSION_S = 60.0
STORAGE_RETRY_S = 5.0


class Errands(Protocol):
    """What a person asked for as a whole, done a page at a time between batches."""

    def step(self, worker: SyncWorker) -> bool:
        """Whether there was something to do. Raises Outage, SettingsError, PlexReplaced,
        StorageError and LeaseLost."""


class SyncWorker:
    """Claims jobs, reads their scenes from Stash, writes what differs to Plex, settles them.

    One `step` is one batch; `run` repeats steps until `stop` is set. The settings are a fixed
    `config`, or read anew before every batch, so that one which was just changed counts.
    With `idle_exit_s`, `run` ends (and leaves the registry) after so long without a job; with
    `rest_after_s`, once nothing but a smaller process is needed (see `rest.idle`).
    """

    def __init__(
        self,
        stores: Stores,
        stash: StashClient,
        *,
        config: PlexSyncConfig | None = None,
        settings: Settings | None = None,
        lanes: Sequence[int] = (LIVE, BACKGROUND),
        idle_exit_s: float | None = None,
        rest_after_s: float | None = None,
        can_rest: Callable[[], bool] = lambda: True,
        stop: threading.Event | None = None,
        errands: Errands | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or Settings(config)
        self.run_ids: dict[int, int] = {}
        """By lane, the run (see `jobs.runs`) that its jobs are part of."""
        self.stop = stop or threading.Event()
        self.failure: Exception | None = None
        self.idle = Idle(stores, lanes, idle_exit_s, rest_after_s, can_rest, clock, monotonic)
        self._stores = stores
        self._stash = stash
        self._errands = errands
        self._is_errands_turn = False
        self._lanes = tuple(lanes)
        self._now = clock
        self._monotonic = monotonic
        self._plex_link = PlexLink(stores, stash, self.settings, monotonic)
        self._canary = Canary(stores, clock)
        scene_sync = SceneSync(stores, stash, LIVE in self._lanes, clock, monotonic, self._canary)
        self.checks = IdleChecks(
            stores,
            stash,
            light_check(stores, stash, clock),
            scene_sync.renew,
            self._is_comparison_needless,
            REST_AFTER_S if rest_after_s is None else rest_after_s,
            clock,
            monotonic,
            are_ours=CHECK in self._lanes,
        )
        may_write = self._plex_link.may_write
        self.imports = Imports(
            stores.ledger,
            stores.traits,
            stores.index,
            stash,
            may_write,
            self._look_at,
            clock,
            monotonic,
            gives_way=self._has_live_edit,
        )
        self._turned_m = monotonic()
        self._unsettled = False
        # A task ends with its error instead of noting why it waits.
        self._outlasts = stores.registry.role == WORKER
        # Without a job, a worker that has just begun doesn't know yet whether to check anything.
        self._asked_m = -math.inf if self._outlasts else self._turned_m
        notes = stores.store if self._outlasts else None
        self._connection = stores.store.intake.connection
        self._burst = Burst(stores.store, self._lanes, clock, monotonic)
        self._waits_for_hooks = False
        self._breaker = CircuitBreaker(self, notes, clock, monotonic)
        self._batch = Batch(
            self,
            stores,
            stash,
            scene_sync,
            self._breaker,
            self.checks.reconcile.count,
            clock,
            monotonic,
        )
        self.tally, self.tallies = self._batch.judge.tally, self._batch.judge.tallies
        """What came of the jobs, in all and by lane."""

    @property
    def pause(self) -> Pause | None:
        """Why nothing is done at the moment, if so."""
        return self._breaker.pause

    @property
    def progress_m(self) -> float:
        """When this worker last got on, monotonic: a turn of its loop, or the end of a request.
        Since every request has a deadline, one that works never stands still for much longer than
        the longest of them; see `worker.watchdog`."""
        return max(self._turned_m, self._stash.ended_m, self._plex_link.ended_m)

    def run(self) -> None:
        """Work until `stop` is set. What ended it early is in `failure`."""
        try:
            while not self.stop.is_set():
                # Before the step: what comes while it looks must cut the rest short.
                news = self._news()
                wait_s = self._guarded_step()
                if wait_s > 0 and self._is_over():
                    return
                self._rest(min(wait_s, self.idle.look_within_s()), news)
        except Exception as error:
            if not isinstance(error, (SyncError, StorageError, LeaseLost)):
                log.exception("the worker stopped because of a bug; please report it")
            self.failure = error
        finally:
            self.close()

    def step(self) -> float:
        """One batch. How many seconds until another step is worth while, 0 for at once.

        Raises StorageError, LeaseLost, and StashUnauthorized; nothing else that was planned for.
        """
        self._turned_m = self._monotonic()
        self._waits_for_hooks = False
        store, token = self._stores.store, self._stores.registry.token
        self._use_newest_session()
        wait_s = self._breaker.wait_s()
        if wait_s > 0:
            self.imports.stop()
            return wait_s
        if self._unsettled:
            store.release_claims(token)
        store.take_in(self._now())
        self._use_newest_session()
        if hold := hold_of(store.database, self._now()):
            self.imports.stop()
            self._keep_session()
            self.checks.next_s = hold.ends_at - self._now()
            return min(self.checks.next_s, LONGEST_WAIT_S)
        if wait_s := self._burst.wait_s():
            self._waits_for_hooks = True
            return wait_s
        self._import()
        self._is_errands_turn = not self._is_errands_turn
        if self._is_errands_turn and self._does_errand():
            return 0.0
        jobs = store.claim(token, self._lanes, self._now(), BATCH)
        self._burst.is_busy = len(jobs) == BATCH
        if not jobs:
            if self._does_errand():
                return 0.0
            self._keep_session()
            wait_s = self._look_around()
            return min(wait_s, self._seconds_until_due(), self.seconds_until_import())
        self._unsettled = True
        self._stores.ledger.run = self.run_ids.get(jobs[0].lane, 0)
        verdicts = self._batch.verdicts(jobs)
        store.settle(token, verdicts, self._now(), self._batch.looks)
        self._unsettled = False
        self.idle.begin()
        if jobs[0].lane != CHECK:
            self.checks.own.busy()
        keep_copy(self._stores.ledger.data_dir)
        return 0.0

    def close(self) -> None:
        """Close the connections to Plex; the next use opens them again."""
        self.imports.stop()
        self._plex_link.close()

    def _guarded_step(self) -> float:
        """A step that survives a database that is locked or a disk that is full."""
        try:
            return self.step()
        except DatabaseDamaged:
            raise
        except StorageError as error:
            log.error("%s", error)  # noqa: TRY400 - it is its own explanation
            return STORAGE_RETRY_S

    def _is_over(self) -> bool:
        """Whether this process isn't needed any more, or a smaller one will do."""
        if self.pause or self._is_check_pending() or self.imports.is_unfinished:
            return False
        imports = self.seconds_until_import() < math.inf
        if not (imports or self.checks.hours(self._known_config)) and self.idle.leaves():
            return True
        if not self.settings.is_known:
            return False
        return self.idle.rests(min(self.checks.next_s, AT_REST_S if imports else math.inf))

    def question_at_rest(self) -> dict[str, Any] | None:
        """What to ask Plex while this worker rests; see `playback.at_rest`. Nothing during a
        person's pause: what was found would have to wait, and be found again."""
        if hold_of(self._stores.store.database, self._now()):
            return None
        return self.imports.question_at_rest(self.settings.config, self._stores.client_id)

    def _news(self) -> tuple[object, ...]:
        """Another value once another process has stored something, or Plex has told of a play."""
        return self._stores.store.version(), self.imports.listener.heard_m

    def _rest(self, wait_s: float, news: tuple[object, ...]) -> None:
        """Wait, but wake when there are others than `news`: during a pause only if another process
        brought another session, and not in a burst of hooks."""
        store = self._stores.store
        end_m = self._monotonic() + wait_s
        while (now_m := self._monotonic()) < end_m and not self.stop.is_set():
            self._turned_m = now_m
            quiet = self._waits_for_hooks or now_m - self.idle.since_m > QUIET_AFTER_S
            if not (self.pause or self._waits_for_hooks) and self._news() != news:
                return
            if store.intake.connection is not self._connection:
                return
            self.stop.wait(min(end_m - now_m, QUIET_POLL_S if quiet else POLL_S))

    def _use_newest_session(self) -> None:
        """Stash tells each hook where it is and lets it in; what it told last is good, even if it
        was restarted elsewhere, or our own session has expired."""
        newest = self._stores.store.intake.connection
        if newest is not self._connection:
            self._connection = newest
            if newest is not None and self._stash.renew_session(newest):
                self._breaker.ask_now()

    def _keep_session(self) -> None:
        """Ask Stash for something now and then while idle: the session it offers with the answer
        keeps us logged in. If it refuses us and nothing waits, we end, and the next hook starts a
        worker with a good session. Raises StashUnauthorized."""
        now_m = self._monotonic()
        if now_m - self._asked_m < KEEP_SESSION_S:
            return
        try:
            self.refresh_settings()
        except StashUnauthorized as error:
            self._stand_still(error)
        except (ServerUnavailable, SettingsError) as error:
            log.debug("while idle: %s", error)

    def _stand_still(self, error: StashUnauthorized) -> None:
        """Stash refuses us: wait until it doesn't, if any job waits for that. Whoever waits for a
        task is told instead. Raises StashUnauthorized."""
        if not self._outlasts or self._stores.store.next_due_at(self._lanes) is None:
            raise error
        self._breaker.start(error)

    def _import(self) -> None:
        """Bring what was watched and rated in Plex, if it is time. Raises StashUnauthorized."""
        if not self.settings.is_known:
            self.imports.listener.close()
            return
        try:
            self.imports.poll(self.settings.config, self._get_plex_client)
            if self._outlasts:
                self.imports.listen(self.settings.config, self._plex_link.made)
        except PlexReplaced as error:
            self.part_from_former(error)
        except StashUnauthorized as error:
            self._stand_still(error)

    def _look_at(self, scene_ids: Sequence[int], is_many: bool) -> None:
        """Have scenes synced, since they were rated in Plex."""
        lane = BACKGROUND if is_many else LIVE
        self._stores.store.enqueue(SCENE, scene_ids, lane, self._now())

    def _has_live_edit(self) -> bool:
        """Whether somebody's edit waits, also one that has only just been left for us."""
        store, now = self._stores.store, self._now()
        store.take_in(now)
        return store.has_live_edit("", now)

    def seconds_until_import(self) -> float:
        """Until Plex is asked what was watched and rated there, inf for never."""
        known = self.settings.is_known
        return self.imports.due_in_s(self.settings.config) if known else math.inf

    def _does_errand(self) -> bool:
        """A page of what was asked for as a whole, unless somebody's edit waits; whether there was
        anything to do. Raises StorageError and LeaseLost."""
        if self._errands is None or self._stores.store.has_live_edit("", self._now()):
            return False
        try:
            if not self._errands.step(self):
                return False
        except PlexReplaced as error:
            self.part_from_former(error)
        except (Outage, SettingsError) as error:
            self._breaker.start(error)
        self.idle.begin()
        self._burst.is_busy = True
        return True

    def _look_around(self) -> float:
        """Nothing is due: perhaps something is to be checked. How many seconds until another look
        is worth while, 0 for at once. Raises StashUnauthorized."""
        try:
            return self.checks.step(self._known_config)
        except StashUnauthorized as error:
            self._stand_still(error)
            return 0.0
        except (ServerUnavailable, SettingsError) as error:
            self._breaker.start(error)
            return 0.0

    def _is_check_pending(self) -> bool:
        """Whether one is to come before there is time to rest."""
        is_held = hold_of(self._stores.store.database, self._now()) is not None
        return not is_held and self.checks.is_pending(self._known_config)

    @property
    def _known_config(self) -> PlexSyncConfig | None:
        """The settings as they were last read; None if that hasn't been done, or they won't do."""
        return self.settings.config if self.settings.is_known else None

    def _seconds_until_due(self) -> float:
        due_at = self._stores.store.next_due_at(self._lanes)
        if due_at is None:
            return LONGEST_WAIT_S
        return min(max(due_at - self._now(), 0.01), LONGEST_WAIT_S)

    # Servers

    def refresh_settings(self) -> bool:
        """Whether they changed; what was made from the former ones is dropped."""
        self._asked_m = self._monotonic()
        changed = self.settings.refresh()
        if changed:
            self.close()
        return changed

    def check_stash(self) -> None:
        """Returns if Stash answers."""
        self._stash.ping()

    def check_plex(self) -> None:
        """Returns if Plex answers, and if it has and lists the libraries of the settings."""
        try:
            self._check_plex()
        except PlexReplaced as error:
            self.part_from_former(error)
            self._check_plex()

    def _check_plex(self) -> None:
        self._get_plex_client().check()
        self._canary.check(self._get_plex_client(), self.settings.config)
        self.locator.prepare(self._get_plex_client())

    def part_from_former(self, error: PlexReplaced) -> None:
        """Another Plex answers: go on with that one."""
        self.imports.leave_off()
        self._plex_link.part_from_former(error)

    def _get_plex_client(self) -> PlexClient:
        """The client for the configured server, made when it is first needed."""
        return self._plex_link.client()

    @property
    def plex(self) -> PlexClient:
        """The client that it writes by."""
        return self._get_plex_client()

    def _is_comparison_needless(self) -> bool:
        """Whether this Plex tells of every edit by the time of update. One that we aren't connected
        to isn't asked."""
        client = self._plex_link.made
        return client is not None and self._canary.sees_every_edit(client)

    @property
    def locator(self) -> Locator:
        """What finds the Plex items of scenes, by the settings as they were last read."""
        return self._plex_link.locator()

    # Jobs

    def _process_job(self, job: Job) -> Outcome:
        """Sync one job's scene: the batch path with a batch of one.

        Raises PermanentError (no file, refused …), PlexNotFound, or what else went wrong; errors
        that aren't ours are translated.
        """
        outcome = self._batch.process([job])[job]
        if isinstance(outcome, SyncError):
            raise outcome
        return outcome

    def _update_metadata(self, plex_item: PlexItem, data: Plan) -> None:
        """Send the planned edits of one item; returns once Plex has confirmed them. Batches go by
        `pipeline.sending`, which has the client."""
        send_plan(self._get_plex_client(), [plex_item], data)
