"""The libraries of Plex that can be synced, and which of them are."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Any

from page.operation import Answer, Operation, Operations
from page.setup.stash_settings import settings_in_stash
from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexNotFound, PlexRefused, PlexTemporaryError
from plex.own_identity import client_identifier
from stash.protocol import Invocation
from worker.connect import plex_client


def libraries(invocation: Invocation) -> Answer:
    """In Plex's order. `items` is null of one that Plex can't count at the moment; `missing` are
    the names in plex_libraries that no library has."""
    settings = settings_in_stash(invocation)
    settings.refresh()
    config = settings.config
    named = {name.casefold(): name for name in config.plex_libraries}
    with closing(plex_client(config, client_identifier(invocation.data_dir))) as plex:
        sections = plex.sections()
        rows: list[dict[str, Any]] = [
            {
                "name": each.title,
                "type": each.type,
                "items": _count(plex, each),
                "chosen": not named or each.title.casefold() in named,
                "folders": list(each.locations),
            }
            for each in sections
        ]
        server = {"name": str(plex.server.friendlyName or ""), "url": config.plex_url}
    known = {each.title.casefold() for each in sections}
    missing = [name for key, name in named.items() if key not in known]
    return {"server": server, "libraries": rows, "missing": missing}


def _count(plex: PlexClient, section: PlexSection) -> int | None:
    with suppress(PlexNotFound, PlexRefused, PlexTemporaryError):
        total = plex.listing(section, start=0, size=0).get("totalSize", "")
        return int(total) if total.isdigit() else None
    return None


QUERIES: Operations = {"libraries": Operation(libraries)}
