"""Everything that a process needs to sync: opened in one place, closed in one place."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from jobs.registry import Registry
from jobs.store import JobStore, open_job_database
from plex.identity import client_identifier
from plex.index import PathIndex
from stash.client import StashClient
from stash.connection import StashConnection
from storage.database import Database
from storage.sqlite import DatabaseDamaged, set_aside
from worker.heartbeat import Heartbeat
from worker.ledger import Ledger
from worker.processor import PAUSE_NOTE, Memories, SyncWorker
from worker.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The open stores and the connection to Stash, not yet registered."""

    memories: Memories
    stash: StashClient
    settings: Settings
    stop: threading.Event

    def worker(self, lanes: Sequence[int], *, idle_exit_s: float | None = None) -> SyncWorker:
        return SyncWorker(
            self.memories,
            self.stash,
            settings=self.settings,
            lanes=lanes,
            idle_exit_s=idle_exit_s,
            stop=self.stop,
        )

    @contextmanager
    def registered(self) -> Iterator[Heartbeat]:
        """Beat while the block runs, then leave the registry; the process has entered it."""
        # What a killed process noted says nothing about this one.
        self.memories.store.set_note(PAUSE_NOTE, None)
        heartbeat = Heartbeat(self.memories.registry, self.memories.store, self.stop)
        heartbeat.start()
        try:
            yield heartbeat
        finally:
            heartbeat.end()
            self.memories.registry.leave()


@contextmanager
def open_workplace(
    data_dir: str, connection: StashConnection, plugin_id: str, role: str
) -> Iterator[Workplace]:
    """A workplace for a process of this role (see `jobs.registry`). Raises StorageError."""
    with ExitStack() as stack:
        database = stack.enter_context(closing(_open_jobs(data_dir)))
        index = stack.enter_context(closing(PathIndex(data_dir, time.time)))
        ledger = stack.enter_context(closing(Ledger(data_dir)))
        stash = stack.enter_context(closing(StashClient(connection)))
        yield Workplace(
            Memories(
                JobStore(database),
                Registry(database, role),
                index,
                ledger,
                client_identifier(data_dir),
            ),
            stash,
            Settings(read=lambda: stash.settings(plugin_id)),
            threading.Event(),
        )


def _open_jobs(data_dir: str) -> Database:
    try:
        return open_job_database(data_dir)
    except DatabaseDamaged as error:
        name = set_aside(error.path, time.time())
        if name:
            log.error(  # noqa: TRY400 - it is its own explanation
                "the job store was damaged and is kept as %s; run the task that syncs all scenes "
                "to find again what was waiting in it",
                name,
            )
        return open_job_database(data_dir)
