"""What a resting worker asks Plex about plays: made by the worker, since it takes what the one that
asks is too small for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi

from playback.history import TYPES

ROWS = 100
PORTS = {"http": 80, "https": 443}


def question(
    url: str,
    token: str,
    client_id: str,
    newest: int | None,
    known: Collection[str],
    *,
    verify: bool,
    ca_file: str = "",
) -> dict[str, Any]:
    """As it is handed on, by a way that nobody else can read. `newest`: the time of the newest play
    that is known, None before the first look; `known`: the keys of those of that time. Raises
    ValueError for an address that is none."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or PORTS[address.scheme]
    query = urlencode(
        {
            "sort": "viewedAt:desc",
            "viewedAt>": newest or 0,
            "X-Plex-Container-Start": 0,
            "X-Plex-Container-Size": ROWS if newest is not None else 0,
        }
    )
    lines = (
        f"GET {address.path}/status/sessions/history/all?{query} HTTP/1.1",
        f"Host: {address.netloc.rpartition('@')[2]}",
        f"X-Plex-Token: {token}",
        f"X-Plex-Client-Identifier: {client_id}",
        "X-Plex-Product: PlexSync",
        "Accept: application/xml",
        "Connection: close",
    )
    return {
        "host": host,
        "port": port,
        "tls": address.scheme == "https",
        "verify": verify,
        "ca_file": ca_file,
        # As `net.session` trusts them: a system may have no certificates of its own.
        "bundle": certifi.where(),
        "request": "\r\n".join(lines) + "\r\n\r\n",
        "is_first": newest is None,
        "newest": newest or 0,
        "known": sorted(known),
        "types": sorted(TYPES),
    }
