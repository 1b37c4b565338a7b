"""Whether a failure is everybody's matter, and standing still until its cause is gone."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from errors import Outage, ServerUnavailable, SettingsError, SyncError
from jobs.days import add_outage
from jobs.job import Job, Later, Verdict
from jobs.notes import PAUSE_NOTE as PAUSE_NOTE
from jobs.store import JobStore
from pipeline.outcome import ForNow, Outcome, Synced
from plex.exceptions import PlexRefused, PlexTemporaryError, outage
from stash.exceptions import StashUnauthorized, StashUnavailable
from worker.retry import probe_delay_s

log = logging.getLogger(__name__)

PATIENT_ROUNDS = 5
# Whoever has waited for Stash for so long ends; the next hook starts another worker.
STASH_AWAY_S = 7 * 86_400.0

# Stash is on the same machine, as a rule: whether it is back, lets us in, or has other settings is
# asked often, and its user is watching.
SETTINGS_PROBE_CAP_S = 10.0
STASH_PROBE_CAP_S = 5.0
# The cause may also be corrected in Plex itself (a library renamed back).
RECHECK_S = 60.0
LONGEST_RETRY_AFTER_S = 600.0


def may_be_outage(error: SyncError) -> bool:
    """Whether the error may be a server's or the settings' matter, so that it has to be found out
    before a job is blamed."""
    return isinstance(error, (Outage, SettingsError, PlexTemporaryError, PlexRefused))


class Servers(Protocol):
    """What can be asked to find out whether work can go on. Each raises what is wrong."""

    def refresh_settings(self) -> bool:
        """Read the settings from Stash; whether they changed."""

    def check_stash(self) -> None:
        """Returns if Stash answers."""

    def check_plex(self) -> None:
        """Returns if Plex answers, and if it has and lists the libraries of the settings."""


@dataclass(slots=True)
class Pause:
    """Why nothing is done at the moment. `since` in epoch seconds; `_m` is monotonic."""

    error: Outage | SettingsError
    since: float
    since_m: float
    next_probe_m: float = 0.0
    checked_m: float = 0.0
    probes: int = 0

    @property
    def is_about_settings(self) -> bool:
        return isinstance(self.error, SettingsError)

    def needs_check(self, monotonic_s: float) -> bool:
        """Whether to ask Plex although no setting was changed."""
        return not self.is_about_settings or monotonic_s - self.checked_m >= RECHECK_S

    def postpone(self, monotonic_s: float, jitter: float) -> float:
        """Count a probe and set the time of the next; how many seconds until then."""
        self.probes += 1
        delay_s = probe_delay_s(self.probes, jitter)
        if self.is_about_settings:
            delay_s = min(delay_s, SETTINGS_PROBE_CAP_S)
        elif isinstance(self.error, (StashUnavailable, StashUnauthorized)):
            delay_s = min(delay_s, STASH_PROBE_CAP_S)
        if isinstance(self.error, ServerUnavailable) and self.error.retry_after_s:
            delay_s = max(delay_s, min(self.error.retry_after_s, LONGEST_RETRY_AFTER_S))
        self.next_probe_m = monotonic_s + delay_s
        return delay_s

    def note(self) -> str:
        """For the store, so that a status in another process can tell."""
        return json.dumps(
            {
                "reason": self.error.reason,
                "error": str(self.error),
                "advice": self.error.advice,
                "since": self.since,
            }
        )


class CircuitBreaker:
    """The pause of one worker. `pause` is None while nothing stands in the way.

    `store`: where a pause is noted for the status, None if nobody reads it there.
    """

    def __init__(
        self,
        servers: Servers,
        store: JobStore | None,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.pause: Pause | None = None
        self._servers = servers
        self._store = store
        self._now = now
        self._monotonic = monotonic
        self._strained = 0

    def wait_s(self) -> float:
        """0 if there is no pause or its cause is gone, else the seconds until asking again.

        Raises StashUnauthorized in a task, and StashUnavailable when Stash has been away for too
        long.
        """
        pause, now_m = self.pause, self._monotonic()
        if pause is None:
            return 0.0
        if now_m < pause.next_probe_m:
            return pause.next_probe_m - now_m
        try:
            if not (self._servers.refresh_settings() or pause.needs_check(now_m)):
                return pause.postpone(now_m, random.random())
            pause.checked_m = now_m
            self._servers.check_plex()
        except (Outage, SettingsError) as error:
            if isinstance(error, StashUnauthorized) and not self._store:
                raise  # a task: somebody is waiting for it
            self._replace_error(pause, error)
            if isinstance(error, StashUnavailable) and now_m - pause.since_m > STASH_AWAY_S:
                raise
            return pause.postpone(self._monotonic(), random.random())
        except SyncError as error:
            log.debug("while waiting: %s", error)  # nothing to wait for: the jobs find out
        self._end(pause)
        return 0.0

    def ask_now(self) -> None:
        """Don't wait with the next question, if there is a pause."""
        if self.pause:
            self.pause.next_probe_m = self._monotonic()

    def start(self, error: Outage | SettingsError) -> None:
        """Stand still from now on, for this reason."""
        now_m = self._monotonic()
        self.pause = Pause(error, self._now(), now_m, checked_m=now_m)
        self.pause.postpone(now_m, random.random())
        self._tell(self.pause)

    def blocked(self, outcomes: Mapping[Job, Outcome]) -> dict[Job, Verdict]:
        """The jobs whose failure was the server's or the settings' matter, put off without an
        attempt spent; starts a pause for them. So no job fails for what a server answers unless
        that server was well, right after it."""
        suspects = {
            job: outcome
            for job, outcome in outcomes.items()
            if isinstance(outcome, SyncError) and may_be_outage(outcome)
        }
        errors = list(suspects.values())
        if not any(isinstance(each, Outage) for each in errors):
            self._strained = 0
        if not errors:
            return {}
        # A setting's fault first: it stops everything, whatever else there is.
        error = min(errors, key=_rank)
        if isinstance(error, SettingsError) and any(map(_was_written, outcomes.values())):
            # Others were let in by the same settings.
            is_everybodys = not self._both_answer()
        else:
            is_everybodys = self.is_everybodys(error)
        if not is_everybodys:
            return {}  # the servers are well: these requests themselves were at fault
        self.start(error if isinstance(error, SettingsError) else outage(error))
        return dict.fromkeys(suspects, Later())

    def is_everybodys(self, error: SyncError) -> bool:
        """Whether to stop everything for this error. A server that says it is overloaded is
        believed some times in a row; then the request is suspected."""
        if isinstance(error, (SettingsError, StashUnauthorized)):
            return True
        is_overloaded = isinstance(error, ServerUnavailable) and error.overloaded
        if is_overloaded and self._strained < PATIENT_ROUNDS:
            self._strained += 1
            return True
        return not self._both_answer()

    def _both_answer(self) -> bool:
        """Whether both servers are well, so that a failure is its request's own. Where the list of
        a library can't be read, no job gets any further."""
        try:
            self._servers.check_stash()
            self._servers.check_plex()
        except SyncError:
            return False
        return True

    def _replace_error(self, pause: Pause, error: Outage | SettingsError) -> None:
        # A probe and the request that met the outage word the same thing differently.
        same_outage = type(error) is type(pause.error) and not pause.is_about_settings
        if not same_outage and str(error) != str(pause.error):
            pause.error = error
            self._tell(pause)

    def _end(self, pause: Pause) -> None:
        log.info("working again after %.0f s of waiting", self._monotonic() - pause.since_m)
        if self._store:
            if not pause.is_about_settings:
                add_outage(self._store.database, pause.since, self._now())
            self._store.set_note(PAUSE_NOTE, None)
        self.pause = None

    def _tell(self, pause: Pause) -> None:
        say = log.error if pause.is_about_settings else log.warning
        say("waiting: %s. %s", pause.error, pause.error.advice)
        if self._store:
            self._store.set_note(PAUSE_NOTE, pause.note())


def _rank(error: SyncError) -> int:
    if isinstance(error, SettingsError):
        return 0
    return 1 if isinstance(error, Outage) else 2


def _was_written(outcome: Outcome) -> bool:
    return isinstance(outcome.outcome if isinstance(outcome, ForNow) else outcome, Synced)
