"""From the outcome of a job to what becomes of it in the queue, with one log line."""

from __future__ import annotations

import logging

from jobs.job import Done, Failed, Job, Later, Retry, Verdict
from jobs.schema import CHECK, TASK
from worker.errors import NothingToSync, SyncError, TransientError
from worker.outcome import InSync, Outcome, PutBack, Skipped, Synced
from worker.retry import retry_delay_s

log = logging.getLogger(__name__)


def verdict_on(
    job: Job, outcome: Outcome, *, now: float, jitter: float, quiet: bool = False
) -> Verdict:
    """`now` in epoch seconds, `jitter` in [0, 1). `quiet`: what is no news by itself is logged at
    debug level, since somebody counts the outcomes."""
    # Tasks and checks tell how they went with one line at their end.
    level = logging.DEBUG if quiet or job.lane in (TASK, CHECK) else logging.INFO
    match outcome:
        case Synced(fields, items):
            where = "" if items == 1 else f" to {items} items"
            log.log(level, "scene %d: wrote %s%s", job.object_id, ", ".join(fields), where)
            return Done()
        case InSync():
            log.debug("scene %d: already in sync", job.object_id)
            return Done()
        case Skipped(because):
            log.log(level, "scene %d: skipped, %s", job.object_id, because)
            return Done()
        case NothingToSync():
            log.log(level, "scene %d: skipped, %s", job.object_id, outcome.reason)
            return Done()
        case PutBack():
            log.debug("scene %d: put back, a live edit goes first", job.object_id)
            return Later()
        case TransientError():
            return _retry(job, outcome, level, now=now, jitter=jitter)
    return _fail(job, outcome)


def _retry(job: Job, error: TransientError, level: int, *, now: float, jitter: float) -> Verdict:
    delay_s = retry_delay_s(error, job.attempts + 1, jitter, patient=job.lane != TASK)
    if delay_s is None:
        return _fail(job, error)
    # The first failure is news, the tenth is not.
    level = level if job.attempts == 0 else logging.DEBUG
    log.log(level, "%s; next try in %.0f s", _named(job, error), delay_s)
    return Retry(now + delay_s, error.reason, str(error), error.advice)


def _fail(job: Job, error: SyncError) -> Verdict:
    log.warning("failed: %s. %s", _named(job, error), error.advice)
    return Failed(error.reason, str(error), error.advice)


def _named(job: Job, error: SyncError) -> str:
    """The error's text, with the scene it is about."""
    scene = f"scene {job.object_id}"
    return str(error) if scene in str(error) else f"{scene}: {error}"
