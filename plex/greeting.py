"""The first question on every connection to Plex: which server is at its other end?

An address can pass to another machine while we live. What is sent on a connection that is open
already reaches the server that was asked; so it is asked on the new one, before anything else.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

MOST_BYTES = 65_536

Greet = Callable[[Any], None]
"""Called with a connection of http.client's kind that was just opened; what it raises is what the
request fails with."""


def greet_connections(session: requests.Session, greet: Greet) -> None:
    """Have every connection that this session opens from now on greeted first."""
    # One adapter may serve several schemes, and one greeting is enough.
    for adapter in {id(each): each for each in session.adapters.values()}.values():
        manager = cast("HTTPAdapter", adapter).poolmanager
        manager.pool_classes_by_scheme = {
            scheme: _greeting_pool(pool, greet)
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def ask_on(
    connection: Any, url: str, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, str]:
    """Status and text of what this very connection answers to a GET. Raises OSError and
    HTTPException; `timeout_s` is for all of it."""
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path} HTTP/1.1",
        f"Host: {parts.netloc.rpartition('@')[2]}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    sock = connection.sock
    usual_timeout_s = sock.gettimeout()
    patient = _PatientSocket(sock, time.monotonic() + timeout_s)
    sock.settimeout(timeout_s)
    try:
        sock.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1", "replace"))
        answer = http.client.HTTPResponse(cast("socket.socket", patient), method="GET")
        answer.begin()
        content = answer.read(MOST_BYTES)
        if answer.length and len(content) < MOST_BYTES:
            raise http.client.IncompleteRead(content, answer.length)
        text = content.decode(errors="replace")
        if answer.will_close or not answer.isclosed():
            # Nothing more can be asked on it; the next one is opened in the same moment.
            connection.close()
    finally:
        if connection.sock is not None:
            connection.sock.settimeout(usual_timeout_s)
    return answer.status, text


def _greeting_pool(pool: type[Any], greet: Greet) -> type[Any]:
    class GreetingConnection(pool.ConnectionCls):  # type: ignore[misc, name-defined]
        def connect(self) -> None:
            super().connect()
            greet(self)
            if self.sock is None:
                super().connect()

    class GreetingPool(pool):  # type: ignore[misc]
        ConnectionCls = GreetingConnection

    return GreetingPool


class _PatientSocket(io.RawIOBase):
    """What an answer is read from, until `end_m` on the monotonic clock."""

    def __init__(self, sock: socket.socket, end_m: float) -> None:
        self._sock = sock
        self._end_m = end_m

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self._end_m - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left_s)
        return self._sock.recv_into(buffer)
