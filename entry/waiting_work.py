"""Whether a worker is needed, as a process can tell that isn't one. Standard library only."""

from __future__ import annotations

import os
from contextlib import closing

from jobs import inbox
from jobs.notes import OWN_CHECKS_NOTE
from jobs.schema import BACKGROUND, CHECK, FILE_NAME, LIVE
from jobs.store import JobStore, open_job_database


def is_waiting(data_dir: str) -> bool:
    """Whether events wait, or jobs that a worker does. Raises StorageError."""
    if inbox.waiting(data_dir):
        return True
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return False
    with closing(open_job_database(data_dir)) as database:
        return JobStore(database).next_due_at((LIVE, BACKGROUND, CHECK)) is not None


def is_wanted(data_dir: str) -> bool:
    """Whether a worker has something to do of its own accord, where there is none: what Stash has
    told nobody meanwhile. Raises StorageError."""
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return False
    with closing(open_job_database(data_dir)) as database:
        return JobStore(database).note(OWN_CHECKS_NOTE) is not None
