"""The Plex client that the settings describe, and which Plex that turned out to be."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence

from jobs.notes import PLEX_NOTE
from jobs.store import JobStore
from plex.client import PlexClient, PlexSection
from plex.write_limit import Turns, WriteLimit, reading_only
from validation.config import PlexSyncConfig

NOTE_EVERY_S = 600.0


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
