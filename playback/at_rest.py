"""A resting worker's question to Plex: was anything played since? Standard library only; the worker
that it becomes then finds out what."""

from __future__ import annotations

import ssl
from collections.abc import Collection, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

from logs.redact import remember_secret
from net.trust import trust

TIMEOUT_S = 3.0
# A day's plays take a few kB.
MOST_BYTES = 1024 * 1024
ROWS = 100


def question(
    url: str,
    token: str,
    client_id: str,
    newest: int,
    known: Collection[str],
    types: Collection[str],
    *,
    verify: bool,
) -> dict[str, Any]:
    """As it is handed on, by a way that nobody else can read. `newest`: the time of the newest play
    that is known, `known` the keys of those of that time; `types`: of what plays are kept."""
    return {
        "url": url,
        "token": token,
        "client_id": client_id,
        "newest": newest,
        "known": sorted(known),
        "types": sorted(types),
        "verify": verify,
    }


def has_news(asked: Mapping[str, Any]) -> bool:
    """Whether the history has a play that isn't known. No answer is no news."""
    remember_secret(str(asked["token"]))
    try:
        rows = fromstring(_answer(asked))
    except (OSError, HTTPException, ValueError, ParseError):
        return False
    return any(_is_kept(row, asked) and row.get("historyKey") not in asked["known"] for row in rows)


def _is_kept(row: Element, asked: Mapping[str, Any]) -> bool:
    """By the rules of `playback.history`: of what the worker passes over it could note nothing, and
    would be woken again and again."""
    viewed_at = row.get("viewedAt", "")
    is_since = viewed_at.isdecimal() and int(viewed_at) >= max(asked["newest"], 1)
    return is_since and bool(row.get("historyKey")) and row.get("type") in asked["types"]


def _answer(asked: Mapping[str, Any]) -> bytes:
    address = urlsplit(str(asked["url"]))
    query = urlencode(
        {
            "sort": "viewedAt:desc",
            "viewedAt>": asked["newest"],
            "X-Plex-Container-Start": 0,
            "X-Plex-Container-Size": ROWS,
        }
    )
    headers = {
        "X-Plex-Token": str(asked["token"]),
        "X-Plex-Client-Identifier": str(asked["client_id"]),
        "X-Plex-Product": "PlexSync",
    }
    where = f"{address.path}/status/sessions/history/all?{query}"
    server = _open(address.scheme, address.hostname or "", address.port, verify=asked["verify"])
    try:
        server.request("GET", where, headers=headers)
        response = server.getresponse()
        return response.read(MOST_BYTES) if response.status == 200 else b""
    finally:
        server.close()


def _open(scheme: str, host: str, port: int | None, *, verify: bool) -> HTTPConnection:
    if scheme != "https":
        return HTTPConnection(host, port, timeout=TIMEOUT_S)
    context = trust().context
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=TIMEOUT_S, context=context)
