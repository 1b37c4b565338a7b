"""Everything that a process needs to sync: opened in one place, closed in one place."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jobs.registry import WORKER, Registry
from jobs.store import JobStore, open_job_database
from ledger.ledger import Ledger
from ledger.scene_cache import SceneCache
from ledger.second_copy import keep_copy
from matching.index import PathIndex
from net.trust import also_trust
from pipeline.stores import Stores
from plex.identity import client_identifier
from stash.client import StashClient
from stash.connection import StashConnection
from storage import ca_file
from storage.sqlite import DatabaseDamaged, set_aside
from worker.circuit import PAUSE_NOTE
from worker.heartbeat import Heartbeat
from worker.lease import Lease
from worker.plugin_enabled import Wanted
from worker.processor import SyncWorker
from worker.settings import Settings

log = logging.getLogger(__name__)

Opened = TypeVar("Opened")

_JOBS = "the job store"
_JOBS_ADVICE = "run the task that syncs all scenes to find again what was waiting in it"
_LEDGER_ADVICE = (
    "syncing goes on with its copy, if there is one; what was in Plex before our first edits can "
    "otherwise be restored only from that file or a backup of it"
)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The open stores and the connection to Stash, not yet registered. `args`: of the task."""

    memories: Stores
    stash: StashClient
    settings: Settings
    stop: threading.Event
    args: Mapping[str, Any] = field(default_factory=dict)

    def worker(self, lanes: Sequence[int], *, idle_exit_s: float | None = None) -> SyncWorker:
        return SyncWorker(
            self.memories,
            self.stash,
            settings=self.settings,
            lanes=lanes,
            idle_exit_s=idle_exit_s,
            stop=self.stop,
        )

    def keep_copy(self, *, at_once: bool = False) -> None:
        """See `ledger.second_copy`."""
        keep_copy(self.memories.ledger.data_dir, at_once=at_once)

    @contextmanager
    def registered(self, lease: Lease | None = None) -> Iterator[Heartbeat]:
        """Beat while the block runs, then leave the registry; the process has entered it, the
        worker by its `lease`."""
        if self.memories.registry.role == WORKER:
            # What a killed worker noted says nothing about this one.
            self.memories.store.set_note(PAUSE_NOTE, None)
        heartbeat = Heartbeat(self.memories.registry, self.memories.store, self.stop, lease)
        heartbeat.start()
        self.keep_copy()
        try:
            yield heartbeat
        finally:
            heartbeat.end()
            if not heartbeat.stands_still:
                self.memories.registry.leave()


@contextmanager
def open_workplace(
    data_dir: str,
    connection: StashConnection,
    plugin_id: str,
    role: str,
    args: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Iterator[Workplace]:
    """A workplace for a process of this role (see `jobs.registry`). `overrides`: settings that
    count before those in Stash. Raises StorageError."""
    # Stash itself may be one that only this file makes trusted.
    also_trust(ca_file.kept(data_dir))
    with ExitStack() as stack:
        database = stack.enter_context(
            closing(_open_anew(lambda: open_job_database(data_dir), _JOBS, _JOBS_ADVICE))
        )
        registry, stop = Registry(database, role), threading.Event()
        index = stack.enter_context(closing(PathIndex(data_dir, time.time, stop.is_set)))
        ledger = stack.enter_context(
            closing(
                _open_anew(
                    lambda: Ledger(data_dir, registry.is_entered), "the ledger", _LEDGER_ADVICE
                )
            )
        )
        seen = stack.enter_context(closing(SceneCache(data_dir, time.time)))
        stash = stack.enter_context(closing(StashClient(connection)))
        asker = stack.enter_context(closing(StashClient(connection)))

        def ask() -> None:
            # By a client of its own: the other one is for one thread.
            asker.share_session(stash)
            asker.settings(plugin_id)

        yield Workplace(
            Stores(
                JobStore(database),
                registry,
                index,
                ledger,
                client_identifier(data_dir),
                seen,
            ),
            stash,
            Settings(
                read=lambda: stash.settings(plugin_id),
                write=lambda settings: stash.replace_settings(plugin_id, settings),
                overrides=overrides,
                wanted=Wanted(ask),
                keep_ca_file=lambda path: ca_file.keep(data_dir, path),
            ),
            stop,
            args or {},
        )


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
