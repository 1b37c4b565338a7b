"""Opening databases of which one may be damaged: it is set aside, and an empty one takes its place.
Standard library only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from jobs.store import open_job_database
from storage.database import Database
from storage.sqlite import DatabaseDamaged, set_aside

log = logging.getLogger(__name__)

Opened = TypeVar("Opened")

_JOBS = "the job store"
_JOBS_ADVICE = "run the task that syncs all scenes to find again what was waiting in it"


def open_jobs(data_dir: str) -> Database:
    """Raises StorageError."""
    return open_anew(lambda: open_job_database(data_dir), _JOBS, _JOBS_ADVICE)


def open_anew(open_it: Callable[[], Opened], what: str, advice: str) -> Opened:
    """Open a database; one that is damaged is set aside, and an empty one takes its place."""
    try:
        return open_it()
    except DatabaseDamaged as error:
        _tell_aside(set_aside(error.path, time.time()), what, advice)
        return open_it()


def set_damaged_aside(path: str) -> bool:
    """Set a job store aside that was found damaged while it was used; whether it was. Raises
    StorageError."""
    name = set_aside(path, time.time())
    _tell_aside(name, _JOBS, _JOBS_ADVICE)
    return name is not None


def _tell_aside(name: str | None, what: str, advice: str) -> None:
    if name:
        log.error("%s was damaged and is kept as %s; %s", what, name, advice)
