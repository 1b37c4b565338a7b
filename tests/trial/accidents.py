"""A process that ends at any point of the first writes, and the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from plex.client import PlexClient
from storage.database import Database
from tests.harness.sync import Desk
from tests.harness.worker import Killed
from trial.canary import Canary
from trial.surprise import Surprise
from worker.connect import writing_client


class Fate:
    """The process ends at its so-manieth point: before or after a request that writes, or what is
    stored of it. From then on nothing of it is sent or stored."""

    def __init__(self, point: int) -> None:
        self.is_dead = False
        self._left = point

    def reached(self) -> None:
        if not self.is_dead:
            self._left -= 1
            self.is_dead = self._left <= 0
        if self.is_dead:
            raise Killed


@contextmanager
def killed_at(point: int) -> Iterator[Fate]:
    fate = Fate(point)
    real_write, real_get, real_store = PlexClient._write, PlexClient._get, Database.write

    def write(self: PlexClient, *args: Any, **options: Any) -> None:
        fate.reached()
        real_write(self, *args, **options)
        fate.reached()

    def get(self: PlexClient, *args: Any, **options: Any) -> Any:
        if fate.is_dead:
            raise Killed
        return real_get(self, *args, **options)

    @contextmanager
    def store(self: Database) -> Iterator[Any]:
        # The queue belongs to other tests; that the process is gone is seen there.
        is_ours = self.path.endswith(("ledger.db", "traits.db"))
        if is_ours:
            fate.reached()
        with real_store(self) as connection:
            yield connection
        if is_ours:
            fate.reached()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "_write", write)
        patch.setattr(PlexClient, "_get", get)
        patch.setattr(Database, "write", store)
        with suppress(Killed):
            yield fate


def next_start(desk: Desk) -> None:
    """What another process does before it writes anything."""
    with desk.context() as context:
        context.settings.refresh()
        stores, config = context.stores, context.settings.config
        stores.registry.enter(1.0, 1.0)
        plex = writing_client(config, stores.client_id, stores.registry.is_entered)
        with suppress(Surprise):
            Canary(stores, lambda: 2.0).allowed(plex, config)
        server = plex.machine_identifier
        plex.close()
        assert stores.traits.first_writes.unseen(server) == []
        assert stores.traits.unfinished(server) == []
