"""What the worker keeps on disk and the status tells of, opened. Standard library only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from jobs.registry import Registry
from jobs.store import JobStore
from ledger.ledger import Ledger
from matching.index import PathIndex
from worker.anew import open_anew, open_jobs

_LEDGER_ADVICE = (
    "syncing goes on with its copy, if there is one; what was in Plex before our first edits can "
    "otherwise be restored only from that file or a backup of it"
)


@dataclass(frozen=True, slots=True)
class Databases:
    """The queue, this process's entry, the index and the ledger."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger


@contextmanager
def open_databases(
    data_dir: str, role: str, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Databases]:
    """For a process of this role (see `jobs.registry`), which `is_stopped` tells to end. Raises
    StorageError."""
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_jobs(data_dir)))
        registry = Registry(database, role)
        index = stack.enter_context(closing(PathIndex(data_dir, time.time, is_stopped)))
        ledger = stack.enter_context(
            closing(
                open_anew(
                    lambda: Ledger(data_dir, registry.is_entered), "the ledger", _LEDGER_ADVICE
                )
            )
        )
        yield Databases(JobStore(database), registry, index, ledger)
