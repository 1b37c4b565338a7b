"""Server-sent events over plain HTTP, as browsers read them: lines of `event:` and `data:`, and an
empty one at the end of each event."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from net.connection import connection_to
from net.deadline import Deadline
from net.session import CONNECT_TIMEOUT_S

# The events that we look for take less than 1 kB.
MOST_EVENT_BYTES = 64 * 1024
# Who floods us is read in slices, so many bytes at such a distance.
_SLICE, _SLICE_S = 16 * 1024, 0.05

# What else Python takes for the end of a line may stand within one.
_LINE_END = re.compile(rb"\r\n|\r|\n")


class NoEventStream(Exception):
    """There is none at this address for us; asking again would change nothing."""


class StreamBroken(HTTPException):
    """What comes is no stream of events, or the server can't serve it now."""


@dataclass(frozen=True, slots=True)
class Event:
    """`name` "": it has none."""

    name: str
    data: str


class EventReader:
    """From bytes, however they are cut, to events. What the stream's end cuts off is none."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, content: bytes) -> Iterator[Event]:
        """The events that this ends. Raises StreamBroken for one that is larger than any that we
        look for can be: of it no more than that was kept."""
        if not content:
            return
        if self._after_cr:
            content = content.removeprefix(b"\n")
        self._after_cr = content.endswith(b"\r")
        *ended, begun = _LINE_END.split(content)
        for part in ended:
            self._rest += part
            line = bytes(self._rest)
            self._rest.clear()
            yield from self._take(line)
        self._rest += begun
        self._check_size(len(self._rest))

    def _take(self, line: bytes) -> Iterator[Event]:
        if not line:
            # One without data is none; one whose data are empty is.
            if self._data:
                yield Event(self._name, "\n".join(self._data))
            self._name, self._data, self._size = "", [], 0
            return
        self._check_size(len(line))
        field, _, value = line.decode(errors="replace").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
            self._size += len(line)

    def _check_size(self, more: int) -> None:
        if self._size + more > MOST_EVENT_BYTES:
            raise StreamBroken(f"an event of more than {MOST_EVENT_BYTES} bytes")


class EventStream:
    """One connection to a stream of events. `events` is for one thread; `close` may be called by
    any, at any time.

    `headers` has what lets us in: no redirect is followed, nothing is taken from the environment.
    `verify` as `requests` has it: False, or a file of certificates that count besides those of
    `net.trust`. It ends once nothing has come for `silence_s`. `greet` is called with the new
    connection before anything is asked on it, and may close it.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        verify: bool | str,
        silence_s: float,
        greet: Callable[[Any], None] = lambda _connection: None,
    ) -> None:
        self._url = url
        self._where = urlunsplit(("", "", *urlsplit(url)[2:4], ""))
        given = {**headers, "Accept": "text/event-stream"}
        self._headers = {key: str(each).encode("latin-1", "replace") for key, each in given.items()}
        self._verify = verify
        self._silence_s = silence_s
        self._greet = greet
        self._hold = Deadline(math.inf)

    def close(self) -> None:
        """Whoever waits for an event finds the connection ended."""
        self._hold.cut()

    def events(self) -> Iterator[Event]:
        """They come until the connection ends. Raises NoEventStream, OSError, HTTPException, and
        what `greet` raises."""
        bundle = self._verify if isinstance(self._verify, str) else ""
        connection: Any = connection_to(
            self._url, CONNECT_TIMEOUT_S, verify=bool(self._verify), ca_bundle=bundle
        )
        try:
            self._open(connection)
            connection.request("GET", self._where, headers=self._headers)
            response = connection.getresponse()
            try:
                _check(response)
                reader = EventReader()
                while not self._hold.was_cut and (content := response.read1(_SLICE)):
                    yield from reader.feed(content)
                    time.sleep(_SLICE_S)
            finally:
                response.close()
        finally:
            connection.close()

    def _open(self, connection: Any) -> None:
        self._connect(connection)
        self._greet(connection)
        if connection.sock is None:
            self._connect(connection)
        connection.sock.settimeout(self._silence_s)
        # Where the answer ends with the connection, that gives its socket away.
        connection.read_from = connection.sock

    def _connect(self, connection: Any) -> None:
        """Whoever closes us meanwhile finds what there is by then, and we what they have said."""
        self._hold.watch(connection)
        connection.connect()
        self._hold.watch(connection)


def _check(response: Any) -> None:
    """Whatever its type is called: that of the real server is described in two ways."""
    if response.status == 429 or response.status >= 500:
        raise StreamBroken(f"status {response.status}")
    if response.status != 200:
        raise NoEventStream(f"status {response.status}")
    if (response.getheader("Content-Type") or "").lower().startswith("text/html"):
        raise NoEventStream("a page")
