"""Tasks about the queue while nothing is in it: they need neither a server nor packages, and next
to nothing is imported for them. `commands.tasks` has what they do otherwise."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from typing import NamedTuple

from entry.quick_task import log_to_stash
from entry.reply import answered
from jobs import inbox
from jobs.anew import open_jobs
from jobs.hold import hold_of
from jobs.notes import LAST_SYNC_NOTE
from jobs.registry import TASK_ROLE, Registry
from jobs.runs import DONE, Runs
from jobs.schema import LANE_NAMES
from jobs.store import JobStore, open_job_database
from stash.protocol import Invocation
from storage.sqlite import StorageError
from worker.log_relay import hand_over

log = logging.getLogger(__name__)


class _Task(NamedTuple):
    """`is_idle`: whether there is nothing of its own to do either. `rest`: what it does all the
    same, with the data folder."""

    name: str
    said: str
    is_idle: Callable[[JobStore], bool] = lambda _: True
    rest: Callable[[str], None] = lambda _: None


def _has_no_failures(store: JobStore) -> bool:
    return not store.failure_counts()


def _forget_refusals(data_dir: str) -> None:
    from ledger.file import open_ledger  # noqa: PLC0415 - one task of two needs it
    from ledger.ledger import Ledger  # noqa: PLC0415 - nor this

    with closing(open_ledger(lambda: Ledger(data_dir))) as ledger:
        ledger.forget_refusals()


TASKS: Mapping[str, _Task] = {
    "process_queue": _Task("Process queue", "nothing waits"),
    "retry_failed": _Task(
        "Retry failed", "nothing has failed, and nothing waits", _has_no_failures, _forget_refusals
    ),
}
"""By `mode`, as in plugin.yml."""


def is_idle(invocation: Invocation) -> bool:
    """Whether it is one of these, and the queue as they say. If that can't be told, whoever does
    more finds out why."""
    task = TASKS.get(str(invocation.args.get("mode")))
    data_dir = invocation.data_dir
    now = time.time()
    if task is None or inbox.has_event(data_dir, now):
        return False
    with suppress(StorageError), closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        return not _waits(store, now) and task.is_idle(store)
    return False


def _waits(store: JobStore, now: float) -> bool:
    """Whether anything is in the queue, be it for later, or another process busy with it, or only
    a worker's: nobody is told that nothing waits then. Or a person has paused it, and is to be told
    so."""
    return (
        store.count() > 0
        or store.next_due_at(tuple(LANE_NAMES)) is not None
        or hold_of(store.database, now) is not None
    )


def run(invocation: Invocation) -> int:
    """The exit status."""
    return answered(lambda: _work(invocation), "the task")


def _work(invocation: Invocation) -> str:
    data_dir, task = invocation.data_dir, TASKS[str(invocation.args["mode"])]
    with suppress(StorageError):  # what follows meets the same database and reports it
        hand_over(data_dir)
    stash_log = log_to_stash(data_dir)
    task.rest(data_dir)
    summary = f"{task.name}: {task.said}"
    with closing(open_jobs(data_dir)) as database:
        runs, now = Runs(database), time.time()
        run_id = runs.begin_task(task.name, Registry(database, TASK_ROLE).token, now)
        runs.end(run_id, DONE, summary, now)
        JobStore(database).set_note(LAST_SYNC_NOTE, json.dumps({"at": now, "summary": summary}))
    log.info("%s", summary)
    stash_log.progress(1.0)
    return summary
