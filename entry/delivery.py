"""Handing over lines for Stash's log that wait in the job store: see `entry.pending_log`."""

from __future__ import annotations

import os
import time
from contextlib import closing

from jobs.schema import FILE_NAME
from jobs.store import JobStore, open_job_database
from stash.log_lines import write_log_lines
from storage.sqlite import DatabaseDamaged, set_aside

DAMAGED = (
    "the job store was damaged and is kept as {}; run the task that syncs all scenes to find again"
    " what was waiting in it"
)


def hand_over(data_dir: str) -> int:
    """Write all that waits to Stash's log; how many lines. Raises StorageError.

    A damaged job store is set aside: a worker that uses it may not notice for long, and begins
    anew as soon as it is gone.
    """
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return 0
    try:
        return _hand_over(data_dir)
    except DatabaseDamaged as error:
        name = set_aside(error.path, time.time())
        if name is None:
            raise
        write_log_lines([("e", DAMAGED.format(name))])
        return 1


def _hand_over(data_dir: str) -> int:
    number = 0
    with closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        # A page at a time, so that a process that is killed takes few of them along.
        while lines := store.take_log_lines():
            write_log_lines(lines)
            number += len(lines)
    return number
