"""The Plex client that the settings describe."""

from __future__ import annotations

import time
from collections.abc import Callable

from plex.client import PlexClient
from plex.write_limit import Turns, WriteLimit, reading_only
from validation.config import PlexSyncConfig


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
