"""Whether a worker is needed, as a process can tell that isn't one. Standard library only."""

from __future__ import annotations

import os
from contextlib import closing

from jobs import inbox
from jobs.runs import Runs
from jobs.schema import BACKGROUND, FILE_NAME, LIVE, RUN
from jobs.store import JobStore, open_job_database


def is_waiting(data_dir: str) -> bool:
    """Whether events wait, or jobs or runs that a worker does. Raises StorageError."""
    if inbox.waiting(data_dir):
        return True
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return False
    with closing(open_job_database(data_dir)) as database:
        if JobStore(database).next_due_at((LIVE, BACKGROUND, RUN)) is not None:
            return True
        return Runs(database).next() is not None
