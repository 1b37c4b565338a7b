"""From the outcome of a job to what becomes of it in the queue, with one log line."""

from __future__ import annotations

import logging
import random
from collections import defaultdict
from collections.abc import Mapping

from errors import NothingToSync, SettingsError, SyncError, TransientError
from errors import named as named
from jobs.job import Done, Failed, Job, Later, LookAgain, Retry, Verdict
from jobs.schema import BACKGROUND, CHECK, LIVE, RUN, SCENE, TASK
from matching.libraries import FAILING_PAUSE_S, LibraryUnreadable
from pipeline.outcome import Expanded, ForNow, InSync, Outcome, PutBack, Skipped, Synced, Tally
from plex.exceptions import PictureTooLarge, PlexRefused
from sync.text import one_line
from worker.retry import retry_delay_s

log = logging.getLogger(__name__)

SHOWN_TITLE = 60


class Judge:
    """Says how the jobs of one worker end, and counts what came of them: all in `tally`, by lane
    in `tallies`. What is tried again is counted when it ends."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.tallies: defaultdict[int, Tally] = defaultdict(Tally)

    def verdicts(
        self, outcomes: Mapping[Job, Outcome], now: float, titles: Mapping[int, str], *, quiet: bool
    ) -> dict[Job, Verdict]:
        """Of one batch. `now` in epoch seconds; `titles` of scenes, as far as they are known;
        `quiet`: it gets one line, not one for each job."""
        verdicts, batch = {}, Tally()
        for job, outcome in outcomes.items():
            title = titles.get(job.object_id, "") if job.kind == SCENE else ""
            verdict = verdict_on(
                job, outcome, now=now, jitter=random.random(), quiet=quiet, title=title
            )
            verdicts[job] = verdict
            failed = ""
            if isinstance(verdict, Failed) and isinstance(outcome, SyncError):
                failed = _said(job, outcome, title)
            batch.add(outcome, failed, job.kind)
            if not isinstance(verdict, Retry):
                self.tally.add(outcome)
                self.tallies[job.lane].add(outcome, failed, job.kind)
        if quiet and batch.total:
            _tell(batch, next(iter(outcomes)).lane)
        return verdicts


def _tell(tally: Tally, lane: int) -> None:
    """Of a batch that nobody sums up later."""
    if lane in (LIVE, BACKGROUND):
        log.info("%d scenes: %s", tally.total, tally.summary())
    if lane in (LIVE, BACKGROUND, CHECK):
        for line in tally.warnings():
            log.warning("%s", line)


def verdict_on(
    job: Job,
    outcome: Outcome,
    *,
    now: float,
    jitter: float,
    quiet: bool = False,
    title: str = "",
) -> Verdict:
    """`now` in epoch seconds, `jitter` in [0, 1). `quiet`: somebody counts the outcomes, so
    that what is no news by itself is logged at debug level, and not at all if nothing was done.
    `title`: the scene's, if it is known."""
    # Tasks and checks tell how they went with one line at their end.
    level = logging.DEBUG if quiet or job.lane in (TASK, RUN, CHECK) else logging.INFO
    name = titled(job.name, title)
    match outcome:
        case Synced(fields, items):
            where = "" if items == 1 else f" to {items} items"
            log.log(level, "%s: wrote %s%s", name, ", ".join(fields), where)
            return Done()
        case InSync():
            if not quiet:  # a full sync would fill the whole log file with this line
                log.debug("%s: already in sync", name)
            return Done()
        case Skipped() | NothingToSync():
            because = outcome.because if isinstance(outcome, Skipped) else outcome.reason
            log.log(level, "%s: skipped, %s", name, because)
            return Done()
        case Expanded():
            return Done()
        case PutBack():
            log.debug("%s: put back, a live edit goes first", name)
            return Later()
        case ForNow(inner, look_at, reason):
            verdict_on(job, inner, now=now, jitter=jitter, quiet=quiet, title=title)
            log.debug("%s: %s; next look in %.0f s", name, reason, look_at - now)
            return LookAgain(look_at, reason)
        case LibraryUnreadable():
            log.debug("%s", outcome)
            return LookAgain(now + FAILING_PAUSE_S, outcome.waits_for)
        case TransientError() | PlexRefused() | SettingsError():
            # A setting that were everybody's matter would have paused the queue.
            delay_s = _delay_s(job, outcome, jitter)
            return _retry(job, outcome, level, title, now, delay_s) or _fail(
                job, outcome, title, quiet=quiet
            )
    return _fail(job, outcome, title, quiet=quiet)


def _retry(
    job: Job, error: SyncError, level: int, title: str, now: float, delay_s: float | None
) -> Verdict | None:
    """None if it is given up."""
    if delay_s is None:
        return None
    # The first failure is news, the tenth is not.
    level = level if job.attempts == 0 else logging.DEBUG
    log.log(level, "%s; next try in %.0f s", _said(job, error, title), delay_s)
    return Retry(now + delay_s, error.reason, str(error), error.advice)


def _fail(job: Job, error: SyncError, title: str, *, quiet: bool) -> Verdict:
    # Of many that fail together one line for each cause is told, by whoever counts them.
    level = logging.DEBUG if quiet or job.lane in (TASK, RUN) else logging.WARNING
    log.log(level, "failed: %s. %s", _said(job, error, title), error.advice)
    return Failed(error.reason, str(error), error.advice)


def _said(job: Job, error: SyncError, title: str) -> str:
    return titled(named(job.name, str(error)), title)


def titled(text: str, title: str) -> str:
    """With the scene's title before it, if that is known."""
    return f"{one_line(title, SHOWN_TITLE)}, {text}" if title else text


def _delay_s(job: Job, error: SyncError, jitter: float) -> float | None:
    """Seconds until the next try, None for never."""
    if isinstance(error, PictureTooLarge):
        return None
    return retry_delay_s(error, job.attempts + 1, jitter, patient=job.lane not in (TASK, RUN))
