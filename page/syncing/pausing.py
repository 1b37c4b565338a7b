"""Pausing for an evening, going on, and stopping what is under way."""

from __future__ import annotations

import time
from contextlib import closing

from jobs.anew import open_jobs
from jobs.hold import begin_hold, end_hold
from jobs.runs import Runs
from jobs.schema import RUN, TASK
from jobs.store import JobStore
from page.operation import Answer, Operation, Operations
from stash.protocol import Invocation
from stash.task_arguments import WrongArguments

LONGEST_PAUSE_S = 366 * 86_400.0


def pause(invocation: Invocation, until: float | None) -> Answer:
    """From now on nothing is written to Plex; what changes in Stash is remembered. It lasts over
    restarts, until that time or until somebody ends it."""
    with closing(open_jobs(invocation.data_dir)) as database:
        return {"paused": begin_hold(database, time.time(), until)._asdict()}


def resume(invocation: Invocation) -> Answer:
    """Go on with what waits."""
    with closing(open_jobs(invocation.data_dir)) as database:
        return {"was_paused": end_hold(database), "paused": None}


def stop(invocation: Invocation) -> Answer:
    """End what is under way as a whole. What it has queued stays, until a task or a sync of all
    scenes goes on with it."""
    with closing(open_jobs(invocation.data_dir)) as database:
        stopped = Runs(database).stop(time.time())
        left = JobStore(database).move(RUN, TASK)
    return {"stopped": [each.name for each in stopped], "left": left}


def _moment(name: str, given: object) -> float | None:
    """A time that lies ahead, epoch seconds."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise WrongArguments(
            f"{name} is {given!r:.100}", advice="Expected a time in seconds since 1970, or null."
        )
    now = time.time()
    # Compared alone: of a number that is too large for a float there is no difference.
    if not now < given < now + LONGEST_PAUSE_S:
        raise WrongArguments(
            f"{name} is {given!r:.100}", advice="Expected a time in the next year."
        )
    return float(given)


ACTS: Operations = {
    "pause": Operation(pause, {"until": _moment}),
    "resume": Operation(resume),
    "stop": Operation(stop),
}
