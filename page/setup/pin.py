"""Whether the code of a sign-in was entered: what a page asks every two seconds, and so without all
that the rest of signing in takes. Standard library only."""

from __future__ import annotations

import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlsplit

from net.trust import trust
from plex.own_identity import headers, plex_tv_address

TIMEOUT_S = 10.0
MOST_BYTES = 64 * 1024

_TOKEN = re.compile(rb'authToken="[^"]')


def still_waits(pin: str, client_id: str) -> bool:
    """Whether plex.tv says for sure that nobody has entered it yet. Whatever else it says, or
    doesn't, is for `plex.plex_tv` to understand."""
    address = urlsplit(plex_tv_address())
    host, port = address.hostname or "", address.port
    if address.scheme == "https":
        server: HTTPConnection = HTTPSConnection(
            host, port, timeout=TIMEOUT_S, context=trust().context
        )
    else:
        server = HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        server.request("GET", f"/api/v2/pins/{quote(pin, safe='')}", headers=headers(client_id))
        answer = server.getresponse()
        text = answer.read(MOST_BYTES)
    except (OSError, HTTPException):
        return False
    finally:
        server.close()
    return answer.status == 200 and b"<pin" in text and not _TOKEN.search(text)
