"""SyncWorker: drains the job queue into Plex, batch by batch."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jobs.job import Job, Later, Retry, Verdict
from jobs.registry import WORKER, Registry
from jobs.schema import BACKGROUND, LIVE
from jobs.store import JobStore
from plex.client import PlexClient
from plex.edits import edit_requests
from plex.exceptions import translate_plex_exception
from plex.index import PathIndex
from plex.items import PlexItem
from stash.client import StashClient
from stash.exceptions import StashUnauthorized, StashUnavailable
from storage.sqlite import DatabaseDamaged, StorageError
from sync.plan import Plan
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.artwork import Artwork
from worker.connect import plex_client
from worker.debounce import Debounce
from worker.errors import LeaseLost, ServerUnavailable, SettingsError, SyncError
from worker.ledger import Ledger
from worker.locate import Located, Locator
from worker.outcome import Outcome, Tally
from worker.pause import Pause
from worker.scenes import sort_out
from worker.settings import Settings
from worker.throttle import Throttle
from worker.verdict import verdict_on
from worker.writer import Writer

log = logging.getLogger(__name__)

BATCH = 100
# How often to look for new rows: it costs microseconds, but laptops want to sleep.
POLL_S = 0.05
QUIET_POLL_S = 0.25
QUIET_AFTER_S = 30.0
LONGEST_WAIT_S = 60.0
PATIENT_ROUNDS = 5
KEEP_SESSION_S = 60.0
# With Stash gone for so long nobody edits; the next hook starts another worker.
STASH_AWAY_S = 3600.0
QUIET_ABOVE = 10
STORAGE_RETRY_S = 5.0

PAUSE_NOTE = "pause"


@dataclass(frozen=True, slots=True)
class Memories:
    """What the worker keeps on disk: the queue, this process's entry, the index, the ledger."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger
    client_id: str


class SyncWorker:
    """Claims jobs, reads their scenes from Stash, writes what differs to Plex, settles them.

    One `step` is one batch; `run` repeats steps until `stop` is set. The settings are a fixed
    `config`, or read anew before every batch, so that one which was just changed counts.
    With `idle_exit_s`, `run` ends (and leaves the registry) after so long without a job.
    """

    def __init__(
        self,
        memories: Memories,
        stash: StashClient,
        *,
        config: PlexSyncConfig | None = None,
        settings: Settings | None = None,
        lanes: Sequence[int] = (LIVE, BACKGROUND),
        idle_exit_s: float | None = None,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or Settings(config)
        self.tally = Tally()
        self.pause: Pause | None = None
        self.stop = stop or threading.Event()
        self.failure: Exception | None = None
        self.active_m = monotonic()
        self._memories = memories
        self._stash = stash
        self._lanes = tuple(lanes)
        self._idle_exit_s = idle_exit_s
        self._now = clock
        self._monotonic = monotonic
        self._client: PlexClient | None = None
        self._locator: Locator | None = None
        self._debounce = Debounce()
        self._throttle: Throttle | None = None
        self._strained = 0
        self._asked_m = monotonic()
        self._unsettled = False

    def run(self) -> None:
        """Work until `stop` is set. What ended it early is in `failure`."""
        try:
            while not self.stop.is_set():
                # Before the step: what is committed while it looks must cut the rest short.
                version = self._memories.store.database.data_version()
                wait_s = self._guarded_step()
                if wait_s > 0 and self._leave_if_idle():
                    return
                self._rest(wait_s, version)
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
        if self.pause:
            wait_s = self._try_to_resume(self.pause)
            if wait_s:
                return wait_s
        store, token = self._memories.store, self._memories.registry.token
        if self._unsettled:
            store.release_claims(token)
        store.take_spooled(self._now())
        jobs = store.claim(token, self._lanes, self._now(), BATCH)
        if not jobs:
            self._keep_session()
            return self._seconds_until_due()
        self._unsettled = True
        store.settle(token, self._verdicts(jobs), self._now())
        self._unsettled = False
        self.active_m = self._monotonic()
        return 0.0

    def close(self) -> None:
        """Close the connection to Plex; the next use opens it again."""
        if self._client:
            self._client.close()
        self._client = self._locator = None

    def _guarded_step(self) -> float:
        """A step that survives a database that is locked or a disk that is full."""
        try:
            return self.step()
        except DatabaseDamaged:
            raise
        except StorageError as error:
            log.error("%s", error)  # noqa: TRY400 - it is its own explanation
            return STORAGE_RETRY_S

    def _leave_if_idle(self) -> bool:
        if self._idle_exit_s is None or self.pause:
            return False
        if self._monotonic() - self.active_m < self._idle_exit_s:
            return False
        return self._memories.registry.leave_if_idle(self._lanes)

    def _rest(self, wait_s: float, version: int) -> None:
        """Wait, but wake when another process has stored something since `version`."""
        database = self._memories.store.database
        end_m = self._monotonic() + wait_s
        while (now_m := self._monotonic()) < end_m and not self.stop.is_set():
            quiet = now_m - self.active_m > QUIET_AFTER_S
            if self.pause is None and database.data_version() != version:
                return
            self.stop.wait(min(end_m - now_m, QUIET_POLL_S if quiet else POLL_S))

    def _keep_session(self) -> None:
        """Ask Stash for something now and then while idle: the session it offers with the answer
        keeps us logged in, and if it refuses us, the next hook shall find no worker and start one
        with a good session. Raises StashUnauthorized."""
        now_m = self._monotonic()
        if now_m - self._asked_m < KEEP_SESSION_S:
            return
        self._asked_m = now_m
        try:
            self._refresh_settings()
        except StashUnauthorized:
            raise
        except (ServerUnavailable, SettingsError) as error:
            log.debug("while idle: %s", error)

    def _seconds_until_due(self) -> float:
        due_at = self._memories.store.next_due_at(self._lanes)
        if due_at is None:
            return LONGEST_WAIT_S
        return min(max(due_at - self._now(), 0.01), LONGEST_WAIT_S)

    # Pausing

    def _try_to_resume(self, pause: Pause) -> float:
        """0 if the cause of the pause is gone, else the seconds until it is worth asking again."""
        now_m = self._monotonic()
        if now_m < pause.next_probe_m:
            return pause.next_probe_m - now_m
        try:
            if self._refresh_settings() or pause.needs_check(now_m):
                pause.checked_m = now_m
                self._check_plex(pause)
            else:
                return pause.postpone(now_m, random.random())
        except StashUnauthorized:
            raise
        except (ServerUnavailable, SettingsError) as error:
            # A probe and the request that met the outage word the same thing differently.
            same_outage = type(error) is type(pause.error) and not pause.is_about_settings
            if not same_outage and str(error) != str(pause.error):
                pause.error = error
                self._tell(pause)
            if isinstance(error, StashUnavailable) and now_m - pause.since_m > STASH_AWAY_S:
                raise
            return pause.postpone(self._monotonic(), random.random())
        log.info("working again after %.0f s of waiting", now_m - pause.since_m)
        if self._memories.registry.role == WORKER:
            self._memories.store.set_note(PAUSE_NOTE, None)
        self.pause = None
        return 0.0

    def _check_plex(self, pause: Pause) -> None:
        self._get_plex_client().probe()
        if pause.is_about_settings:
            self._get_locator().prepare(self._get_plex_client())

    def _start_pause(self, error: ServerUnavailable | SettingsError) -> None:
        now_m = self._monotonic()
        self.pause = Pause(error, self._now(), now_m, checked_m=now_m)
        self.pause.postpone(now_m, random.random())
        self._tell(self.pause)

    def _tell(self, pause: Pause) -> None:
        say = log.error if pause.is_about_settings else log.warning
        say("waiting: %s. %s", pause.error, pause.error.advice)
        if self._memories.registry.role == WORKER:  # a task ends with its error instead
            self._memories.store.set_note(PAUSE_NOTE, pause.note())

    # Servers

    def _refresh_settings(self) -> bool:
        """Whether they changed; what was made from the former ones is dropped."""
        changed = self.settings.refresh()
        if changed:
            self.close()
        return changed

    def _get_plex_client(self) -> PlexClient:
        """The client for the configured server, made when it is first needed."""
        if self._client is None:
            self._client = plex_client(self.settings.config, self._memories.client_id)
        return self._client

    def _get_throttle(self) -> Throttle:
        most = self.settings.config.concurrency
        if self._throttle is None or self._throttle.most != most:
            self._throttle = Throttle(most, monotonic=self._monotonic)
        return self._throttle

    def _get_locator(self) -> Locator:
        if self._locator is None:
            self._locator = Locator(
                self._memories.index, self.settings.config, self._stash.scenes_with_file
            )
        return self._locator

    def _servers_answer(self) -> bool:
        """Whether both servers are well, so that a failure is its request's own."""
        try:
            self._stash.ping()
            self._get_plex_client().probe()
        except SyncError:
            return False
        return True

    # Jobs

    def _verdicts(self, jobs: Sequence[Job]) -> dict[Job, Verdict]:
        """How each claimed job ends. Starts a pause if a server or a setting is at fault."""
        waits = {job: self._debounce.wait_s(job, self._monotonic()) for job in jobs}
        ready = [job for job in jobs if waits[job] <= 0]
        verdicts: dict[Job, Verdict] = {
            job: Later(self._now() + wait_s) for job, wait_s in waits.items() if wait_s > 0
        }
        try:
            self._refresh_settings()
            outcomes = self._process_batch(ready)
        except StashUnauthorized:
            raise
        except (ServerUnavailable, SettingsError) as error:
            self._start_pause(error)
            return verdicts | dict.fromkeys(ready, Later())
        blocked = self._blocked(outcomes)
        verdicts |= blocked
        # A line a scene is for single edits; a bulk edit gets one for each batch.
        quiet, tally = len(outcomes) > QUIET_ABOVE, Tally()
        for job, outcome in outcomes.items():
            if job in blocked:
                continue
            self._debounce.finished(job, self._monotonic())
            verdict = verdict_on(job, outcome, now=self._now(), jitter=random.random(), quiet=quiet)
            verdicts[job] = verdict
            tally.add(outcome)
            if not isinstance(verdict, Retry):
                self.tally.add(outcome)  # what is tried again is counted when it ends
        if quiet and LIVE in {job.lane for job in outcomes}:
            log.info("%d scenes: %s", tally.total, tally.summary())
        return verdicts

    def _blocked(self, outcomes: Mapping[Job, Outcome]) -> dict[Job, Verdict]:
        """The jobs whose failure was the server's or the settings' matter, put off without an
        attempt spent; starts a pause for them."""
        blocked = {
            job: outcome
            for job, outcome in outcomes.items()
            if isinstance(outcome, (ServerUnavailable, SettingsError))
        }
        if not blocked:
            self._strained = 0
            return {}
        # A setting's fault first: it stops everything, whatever else there is.
        error = min(blocked.values(), key=lambda each: not isinstance(each, SettingsError))
        if not self._is_everybodys(error):
            return {}  # the servers are well: these requests themselves were at fault
        self._start_pause(error)
        return dict.fromkeys(blocked, Later())

    def _is_everybodys(self, error: ServerUnavailable | SettingsError) -> bool:
        """Whether to stop everything for this error. A server that says it is overloaded is
        believed some times in a row; then the request is suspected."""
        if isinstance(error, SettingsError):
            return True
        if error.overloaded and self._strained < PATIENT_ROUNDS:
            self._strained += 1
            return True
        return not self._servers_answer()

    def _process_job(self, job: Job) -> Outcome:
        """Sync one job's scene: the batch path with a batch of one.

        Raises PermanentError (no file, refused …), PlexNotFound, or what else went wrong; errors
        that aren't ours are translated.
        """
        outcome = self._process_batch([job])[job]
        if isinstance(outcome, SyncError):
            raise outcome
        return outcome

    def _process_batch(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """The outcome of every job. Raises ServerUnavailable and SettingsError when no job can
        be worked on. A batch that fails as a whole is halved until the culprit stands alone."""
        if not jobs:
            return {}
        try:
            return self._sync_scenes(jobs)
        except (LeaseLost, SettingsError, StashUnauthorized, StorageError):
            raise
        except Exception as error:
            failure = translate_plex_exception(error)
            if isinstance(failure, SettingsError):
                raise failure from error
            if isinstance(failure, ServerUnavailable) and self._is_everybodys(failure):
                raise failure from error
            if not isinstance(error, SyncError):
                log.debug("unexpected while syncing %d scene(s)", len(jobs), exc_info=error)
            if len(jobs) == 1:
                return {jobs[0]: failure}
        middle = len(jobs) // 2
        return self._process_batch(jobs[:middle]) | self._process_batch(jobs[middle:])

    def _sync_scenes(self, jobs: Sequence[Job]) -> dict[Job, Outcome]:
        """Stash's newest, located in Plex, compared, written."""
        answers = self._stash.scenes([job.object_id for job in jobs])
        scenes, outcomes = sort_out(answers, self.settings.config)
        if scenes:
            outcomes |= self._sync_to_plex(scenes, at_once=jobs[0].lane == LIVE)
        return {job: outcomes[job.object_id] for job in jobs}

    def _sync_to_plex(self, scenes: Mapping[int, Scene], *, at_once: bool) -> dict[int, Outcome]:
        plex = self._get_plex_client()
        located = self._get_locator().locate(plex, scenes.values(), at_once=at_once)
        found = {key: each for key, each in located.items() if isinstance(each, Located)}
        config, ledger = self.settings.config, self._memories.ledger
        artwork = Artwork(config, self._stash, plex, ledger, self._now, self._check_place)
        writer = Writer(ledger, config, self._update_metadata, self._now, artwork)
        lost = {key: each for key, each in located.items() if not isinstance(each, Located)}
        return {**lost, **writer.write(plex.machine_identifier, scenes, found)}

    def _update_metadata(self, plex_item: PlexItem, data: Plan) -> None:
        """Send the planned edits of one item; returns once Plex has confirmed them."""
        client = self._get_plex_client()
        for params in edit_requests(data.edits, data.locks):
            self._check_place()
            with self._get_throttle().slot():
                client.edit(plex_item, params)

    def _check_place(self) -> None:
        """Raises LeaseLost: a process that was suspended may have lost its place to another."""
        if not self._memories.registry.is_entered():
            raise LeaseLost("another PlexSync process has taken over; this one stops")
