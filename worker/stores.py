"""What the worker keeps on disk and the status tells of, opened. Standard library only."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from jobs.registry import Registry
from jobs.store import JobStore, open_job_database
from plex.index import PathIndex
from storage.sqlite import DatabaseDamaged, set_aside
from worker.ledger import Ledger

log = logging.getLogger(__name__)

Opened = TypeVar("Opened")

_JOBS = "the job store"
_JOBS_ADVICE = "run the task that syncs all scenes to find again what was waiting in it"
_LEDGER_ADVICE = (
    "syncing goes on with its copy, if there is one; what was in Plex before our first edits can "
    "otherwise be restored only from that file or a backup of it"
)


@dataclass(frozen=True, slots=True)
class Stores:
    """The queue, this process's entry, the index and the ledger."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger


@contextmanager
def open_stores(
    data_dir: str, role: str, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Stores]:
    """For a process of this role (see `jobs.registry`), which `is_stopped` tells to end. Raises
    StorageError."""
    with ExitStack() as stack:
        database = stack.enter_context(
            closing(_open_anew(lambda: open_job_database(data_dir), _JOBS, _JOBS_ADVICE))
        )
        registry = Registry(database, role)
        index = stack.enter_context(closing(PathIndex(data_dir, time.time, is_stopped)))
        ledger = stack.enter_context(
            closing(
                _open_anew(
                    lambda: Ledger(data_dir, registry.is_entered), "the ledger", _LEDGER_ADVICE
                )
            )
        )
        yield Stores(JobStore(database), registry, index, ledger)


def _open_anew(open_it: Callable[[], Opened], what: str, advice: str) -> Opened:
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
