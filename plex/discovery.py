"""Look for Plex servers in the local network, by plexapi's discovery (GDM)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from plexapi.gdm import GDM

from plex.addresses import Nearby

log = logging.getLogger(__name__)


def find_nearby() -> list[Nearby]:
    """The servers that answer within a second; none where the network doesn't allow the question,
    as in most containers."""
    discovery = GDM()
    try:
        discovery.scan()
    except (OSError, ValueError, IndexError) as error:  # the latter two: an answer that is none
        log.debug("looking for Plex in the local network failed: %s", error)
    return nearby_servers(discovery.entries)


def nearby_servers(entries: Sequence[Mapping[str, Any]]) -> list[Nearby]:
    """From what GDM collects: the sender's address, and the port and identifier it tells."""
    return [
        Nearby(
            identifier=str(entry["data"]["Resource-Identifier"]),
            url=f"http://{entry['from'][0]}:{entry['data']['Port']}",
        )
        for entry in entries
        if str(entry["data"].get("Port", "")).isdigit()
        and entry["data"].get("Resource-Identifier")
        and entry["data"].get("Content-Type") == "plex/media-server"
    ]
