"""A connection of the standard library's kind, by the trust that all others go by. For whoever has
no packages, or reads an answer as it comes. Standard library only."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from net.trust import trust


def connection_to(
    url: str, timeout_s: float, *, verify: bool, ca_bundle: str = ""
) -> HTTPConnection:
    """To the server of this address, not yet open. `ca_bundle`: certificates that count besides
    those of `net.trust`. `verify` False: any certificate will do."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port
    if address.scheme != "https":
        return HTTPConnection(host, port, timeout=timeout_s)
    context = trust().context
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_bundle:
        context.load_verify_locations(ca_bundle)
    return HTTPSConnection(host, port, timeout=timeout_s, context=context)
