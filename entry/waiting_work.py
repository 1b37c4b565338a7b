"""Whether a worker is needed, as a process can tell that isn't one. Standard library only."""

from __future__ import annotations

import os
import time
from contextlib import closing

from check.schedule import is_on
from jobs import inbox, lock
from jobs.hold import hold_of
from jobs.notes import OWN_CHECKS_NOTE, PAUSE_NOTE
from jobs.runs import Runs
from jobs.schema import FILE_NAME, WORKER_LANES
from jobs.store import JobStore, open_job_database


def lacks_worker(data_dir: str) -> bool:
    """Whether no worker lives, or one stands still: for a server, say, that is elsewhere by now.
    Raises StorageError."""
    if not lock.living_holder(data_dir):
        return True
    with closing(open_job_database(data_dir)) as database:
        return JobStore(database).note(PAUSE_NOTE) is not None


def is_waiting(data_dir: str) -> bool:
    """Whether events wait, or jobs or runs that a worker does. Raises StorageError."""
    if inbox.has_event(data_dir, time.time()):
        return True
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return False
    with closing(open_job_database(data_dir)) as database:
        if JobStore(database).next_due_at(WORKER_LANES) is not None:
            return True
        return Runs(database).next() is not None


def is_wanted(data_dir: str) -> bool:
    """Whether there is no worker, and one would have something to do of its own accord: to look for
    what Stash has told nobody meanwhile. Raises StorageError."""
    if (
        not is_on()
        or lock.living_holder(data_dir)
        or not os.path.exists(os.path.join(data_dir, FILE_NAME))
    ):
        return False
    with closing(open_job_database(data_dir)) as database:
        is_asked_for = JobStore(database).note(OWN_CHECKS_NOTE) is not None
        return is_asked_for and hold_of(database, time.time()) is None
