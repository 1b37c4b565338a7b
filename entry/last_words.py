"""Lines for Stash's log that wait in the job store, from processes without a way there.

Any process that Stash starts next hands them over: hooks do it with the transaction that stores
their event (`jobs.inbox`), tasks and operations by `hand_over`. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing, suppress

from jobs.schema import FILE_NAME
from jobs.store import JobStore, open_job_database
from stash.log_lines import write_log_lines
from storage.sqlite import StorageError


def leave(data_dir: str, lines: Sequence[tuple[str, str]]) -> None:
    """Keep (level letter, text) lines, cleaned before, for the next process."""
    if not lines:
        return
    # Whoever comes next meets the same database and reports it.
    with suppress(StorageError), closing(open_job_database(data_dir)) as database:
        JobStore(database).add_log_lines(lines)


def hand_over(data_dir: str) -> int:
    """Write all that waits to Stash's log; how many lines. Raises StorageError."""
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return 0
    number = 0
    with closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        # A page at a time, so that a process that is killed takes few of them along.
        while lines := store.take_log_lines():
            write_log_lines(lines)
            number += len(lines)
    return number
