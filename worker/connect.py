"""The Plex client that the settings describe."""

from __future__ import annotations

from plex.client import PlexClient
from validation.config import PlexSyncConfig


def plex_client(config: PlexSyncConfig, client_id: str) -> PlexClient:
    """A client for the configured server, not yet connected; to be closed by the caller."""
    return PlexClient(
        config.plex_url,
        config.plex_token.get_secret_value(),
        client_id=client_id,
        connections=config.concurrency,
        verify_tls=not config.insecure_tls,
    )
