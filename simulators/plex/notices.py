"""The stream of notifications: who listens, and what they are told as it happens.

Server-sent events as they were seen on real servers: the name of the kind, and the notification
bare; a ping every 10 seconds.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

PING = b"event: ping\ndata: {}\n\n"
# How long a listener may be away before it is noticed.
LOOK_S = 0.02


class Notices:
    """For one server. `ping_s`: between two pings. `holds_back`: a proxy in between keeps
    everything to itself until the stream ends. `begun`: how many have begun to listen so far."""

    def __init__(self) -> None:
        self.ping_s = 10.0
        self.holds_back = False
        self.begun = 0
        self._lock = threading.Lock()
        self._listeners: dict[queue.SimpleQueue[bytes | None], Callable[[str, int], bool]] = {}

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def tell(self, kind: str, content: dict[str, Any], account: int) -> None:
        """To the owner, and to whom it is about."""
        event = f"event: {kind}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n".encode()
        with self._lock:
            for each, hears in self._listeners.items():
                if hears(kind, account):
                    each.put(event)

    def send(self, content: bytes) -> None:
        """These bytes to all, whatever they are."""
        with self._lock:
            for each in self._listeners:
                each.put(content)

    def hang_up(self) -> None:
        """End all streams."""
        with self._lock:
            for each in self._listeners:
                each.put(None)

    def listen(self, hears: Callable[[str, int], bool]) -> Generator[bytes, None, None]:
        """What is told from now on, as far as `hears` says so of its kind and account; b"" while
        there is nothing."""
        found = self._parts(hears)
        next(found)
        return found

    def _parts(self, hears: Callable[[str, int], bool]) -> Generator[bytes, None, None]:
        mine: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        with self._lock:
            self._listeners[mine] = hears
            self.begun += 1
        held = b""
        ping_m = time.monotonic() + self.ping_s
        try:
            part: bytes | None = b""
            while part is not None:
                held = held + part if self.holds_back else b""
                yield b"" if self.holds_back else part
                try:
                    part = mine.get(timeout=LOOK_S)
                except queue.Empty:
                    part = b""
                if part == b"" and time.monotonic() >= ping_m:
                    part, ping_m = PING, time.monotonic() + self.ping_s
            yield held
        finally:
            with self._lock:
                del self._listeners[mine]
