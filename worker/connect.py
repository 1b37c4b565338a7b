"""The Plex client that the settings describe, and which Plex that turned out to be."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from jobs.notes import PLEX_NOTE
from jobs.states import States
from jobs.store import JobStore
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexReplaced
from plex.write_limit import Turns, WriteLimit, reading_only
from validation.config import PlexSyncConfig

if TYPE_CHECKING:
    from matching.locate import Locator
    from pipeline.stores import Stores
    from stash.client import StashClient
    from worker.settings import Settings

log = logging.getLogger(__name__)

NOTE_EVERY_S = 600.0


class PlexLink:
    """A worker's way to the Plex of its settings, made when it is first needed."""

    def __init__(
        self, stores: Stores, stash: StashClient, settings: Settings, monotonic: Callable[[], float]
    ) -> None:
        self._stores = stores
        self._stash = stash
        self._settings = settings
        self._monotonic = monotonic
        self._locator: Locator | None = None
        self.made: PlexClient | None = None
        """The client, if there is one by now."""

    @property
    def ended_m(self) -> float:
        """When its last request ended, monotonic; minus infinity without any."""
        return self.made.ended_m if self.made else -math.inf

    def client(self) -> PlexClient:
        """For the configured server."""
        if self.made is None:
            self.made = writing_client(
                self._settings.config,
                self._stores.client_id,
                self.may_write,
                monotonic=self._monotonic,
            )
        return self.made

    def locator(self) -> Locator:
        """What finds the Plex items of scenes."""
        if self._locator is None:
            self._locator = self._stores.locator(
                self._settings.config, self._stash, self._monotonic
            )
        return self._locator

    def may_write(self) -> bool:
        """Asked right before each write. Raises PluginDisabled."""
        if self._settings.wanted:
            self._settings.wanted.check()
        return self._stores.registry.is_entered()

    def part_from_former(self, error: PlexReplaced) -> None:
        """Another Plex answers: go on with that one, of which the ledger knows what it knows."""
        log.warning("%s. %s", error, error.advice)
        self.close()
        self._stores.index.forget()
        States(self._stores.store.database).forget()

    def close(self) -> None:
        """The next use opens it again, by the settings as they are then."""
        if self.made:
            self.made.close()
        self.made = self._locator = None


class PlexNote:
    """For whoever asks which Plex we write to: noted now and then, while it is at work."""

    def __init__(
        self, store: JobStore, now: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self._store = store
        self._now = now
        self._monotonic = monotonic
        self._noted_m = -math.inf

    def update(self, plex: PlexClient, sections: Sequence[PlexSection]) -> None:
        """After a batch; it may have been about nothing for which Plex was asked."""
        now_m = self._monotonic()
        if now_m - self._noted_m < NOTE_EVERY_S or not (plex.times_identified and sections):
            return
        self._noted_m = now_m
        found = {
            "name": plex.server.friendlyName,
            "version": plex.server.version,
            "libraries": [each.title for each in sections],
            "seen_at": self._now(),
        }
        self._store.set_note(PLEX_NOTE, json.dumps(found))


def plex_client(config: PlexSyncConfig, client_id: str, turns: Turns = reading_only) -> PlexClient:
    """A client for the configured server, not yet connected; to be closed by the caller. Without
    `turns` it can't write."""
    return PlexClient(
        config.plex_url,
        config.plex_token.get_secret_value(),
        client_id=client_id,
        connections=config.concurrency,
        verify_tls=not config.insecure_tls,
        turns=turns,
    )


def writing_client(
    config: PlexSyncConfig,
    client_id: str,
    may_write: Callable[[], bool],
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> PlexClient:
    """The same for writing: as much at a time as Plex copes with, while `may_write` says so. Its
    writes raise LeaseLost as well."""
    limit = WriteLimit(config.concurrency, may_write, monotonic=monotonic)
    return plex_client(config, client_id, limit.turn)
