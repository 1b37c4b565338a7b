"""Where Stash is and how to be let in, from the server_connection it gave us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from logs.redact import remember_secret

# The address Stash listens on, as configured, against one that can be connected to.
_ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}
API_KEY = "ApiKey"
# Several cookies come as one text; a proxy may add its own.
_SESSION_COOKIE = re.compile(r"(?:^|,\s*)session=([^;,\s]+)")


@dataclass(frozen=True, slots=True)
class StashConnection:
    """`url` has no trailing slash. `cookie` is the session cookie's value, valid for an hour by
    default; `api_key` lasts, but is refused where none is configured."""

    url: str
    cookie: str = ""
    api_key: str = ""
    verify_tls: bool = True

    @classmethod
    def from_url(cls, url: str, api_key: str = "") -> StashConnection:
        """From an address that a person typed, as well-formed as `urlsplit` asks for."""
        host = urlsplit(url).hostname or ""
        return cls(url, api_key=api_key, verify_tls=not _is_loopback(host))

    @classmethod
    def from_plugin_input(cls, connection: Mapping[str, Any]) -> StashConnection:
        """From the server_connection on stdin. Stash tells no API key; a resting worker does."""
        host = str(connection.get("Host") or "")
        host = _ANY_ADDRESS.get(host, host).strip("[]")
        scheme = str(connection.get("Scheme") or "http")
        port = int(connection.get("Port") or 9999)
        cookie = connection.get("SessionCookie")
        value = str(cookie.get("Value") or "") if isinstance(cookie, dict) else ""
        api_key = str(connection.get(API_KEY) or "")
        for secret in (value, api_key):
            remember_secret(secret)
        return cls(
            url=f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}",
            cookie=value,
            api_key=api_key,
            # Stash's own certificate is often self-signed; on loopback nobody else answers.
            verify_tls=not _is_loopback(host),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def offered_session(set_cookie: str) -> str:
    """The fresh session that Stash offers with an answer, by its Set-Cookie; "" for none."""
    found = _SESSION_COOKIE.search(set_cookie)
    return found[1] if found else ""
