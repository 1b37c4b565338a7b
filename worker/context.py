"""Everything that a process needs to sync: opened in one place, closed in one place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.notes import PAUSE_NOTE
from jobs.registry import WORKER
from ledger.second_copy import keep_copy
from net.trust import also_trust
from pipeline.stores import Stores, open_databases
from plex.own_identity import client_identifier
from stash.client import StashClient
from stash.connection import StashConnection
from storage import ca_file
from storage.token_file import TokenFile
from worker.heartbeat import Heartbeat
from worker.lease import Lease
from worker.plugin_enabled import Wanted
from worker.settings import Settings

if TYPE_CHECKING:
    from worker.processor import Errands, SyncWorker

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """The open stores and the connection to Stash, not yet registered. `args`: of the task."""

    stores: Stores
    stash: StashClient
    settings: Settings
    stop: threading.Event
    args: Mapping[str, Any] = field(default_factory=dict)

    def worker(
        self,
        lanes: Sequence[int],
        *,
        idle_exit_s: float | None = None,
        rest_after_s: float | None = None,
        can_rest: Callable[[], bool] = lambda: True,
        errands: Errands | None = None,
    ) -> SyncWorker:
        from worker.processor import SyncWorker  # noqa: PLC0415 - a question works on nothing

        return SyncWorker(
            self.stores,
            self.stash,
            settings=self.settings,
            lanes=lanes,
            idle_exit_s=idle_exit_s,
            rest_after_s=rest_after_s,
            can_rest=can_rest,
            stop=self.stop,
            errands=errands,
        )

    def keep_copy(self, *, at_once: bool = False) -> None:
        """See `ledger.second_copy`."""
        keep_copy(self.stores.ledger.data_dir, at_once=at_once)

    @contextmanager
    def registered(self, lease: Lease | None = None) -> Iterator[Heartbeat]:
        """Beat while the block runs, then leave the registry; the process has entered it, the
        worker by its `lease`."""
        store = self.stores.store
        if self.stores.registry.role == WORKER and store.note(PAUSE_NOTE) is not None:
            # What a killed worker noted says nothing about this one.
            store.set_note(PAUSE_NOTE, None)
        heartbeat = Heartbeat(self.stores.registry, self.stores.store, self.stop, lease)
        heartbeat.start()
        self.keep_copy()
        try:
            yield heartbeat
        finally:
            heartbeat.end()
            if not heartbeat.stands_still:
                self.stores.registry.leave()


@contextmanager
def open_context(
    data_dir: str,
    connection: StashConnection,
    plugin_id: str,
    role: str,
    args: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Iterator[Context]:
    """A context for a process of this role (see `jobs.registry`). `overrides`: settings that
    count before those in Stash. Raises StorageError."""
    # Stash itself may be one that only this file makes trusted.
    also_trust(ca_file.kept(data_dir))
    with ExitStack() as stack:
        stop = threading.Event()
        opened = stack.enter_context(open_databases(data_dir, role, stop.is_set))
        stash = stack.enter_context(closing(StashClient(connection)))
        asker = stack.enter_context(closing(StashClient(connection)))

        def ask() -> None:
            # By a client of its own: the other one is for one thread.
            asker.share_session(stash)
            asker.settings(plugin_id)

        yield Context(
            Stores(
                opened.store,
                opened.registry,
                opened.index,
                opened.ledger,
                client_identifier(data_dir),
                opened.scene_cache,
                opened.traits,
            ),
            stash,
            Settings(
                read=lambda: stash.settings(plugin_id),
                write=lambda settings: stash.replace_settings(plugin_id, settings),
                overrides=overrides,
                wanted=Wanted(ask),
                keep_ca_file=lambda path: ca_file.keep(data_dir, path),
                token_file=TokenFile(data_dir),
            ),
            stop,
            args or {},
        )
