"""A request that takes too long as a whole is cut off, however steadily its bytes drip.

A timeout of a socket begins anew with each byte. So a thread watches the connections that answers
are awaited on, and shuts down those whose time is up; whoever reads there finds it ended.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

# No request of ours is given more: a picture on its way to Plex.
LONGEST_S = 120.0
# Between two looks at a request whose time is up: its connection may still be about to open.
AGAIN_S = 0.25


class Deadline:
    """Until when (`at_m`, monotonic) one or more requests must be over, and whether they were cut.

    For the thread that sends, but for `cut`, which anybody may call to end them at once.
    """

    def __init__(self, seconds: float) -> None:
        self.at_m = time.monotonic() + seconds
        self.was_cut = False
        self._lock = threading.Lock()
        self._connection: Any = None

    def left_s(self) -> float:
        return self.at_m - time.monotonic()

    def watch(self, connection: Any) -> None:
        """The connection that the next answer is awaited on, None once it has come. An object with
        the attributes `sock`, None while it is being opened, and `read_from`, what `sock` was when
        the answer was asked for."""
        with self._lock:
            self._connection = connection
        if self.was_cut:
            self.cut()

    def cut(self) -> None:
        """Whoever waits for an answer finds the connection ended."""
        self.was_cut = True
        with self._lock:
            # One that is to end with its answer gives its socket away before that is read.
            found = getattr(self._connection, "sock", None) or getattr(
                self._connection, "read_from", None
            )
            if isinstance(found, socket.socket):
                with suppress(OSError):
                    # Not SSLSocket's own: that throws away what the reader is using.
                    socket.socket.shutdown(found, socket.SHUT_RDWR)


_CURRENT: ContextVar[tuple[Deadline, ...]] = ContextVar("deadlines", default=())


def current() -> tuple[Deadline, ...]:
    """The deadlines that hold for what this thread sends now."""
    return _CURRENT.get()


@contextmanager
def at_most(seconds: float) -> Iterator[Deadline]:
    """All requests of this block, of this thread, must be over after so many seconds. Blocks within
    a block can only shorten its time."""
    deadline = Deadline(seconds)
    token = _CURRENT.set((*_CURRENT.get(), deadline))
    _WATCH.add(deadline)
    try:
        yield deadline
    finally:
        _WATCH.remove(deadline)
        _CURRENT.reset(token)


def answer_complete() -> None:
    """The answer that this thread has awaited has come, to its last byte: its connection may be
    used by others from now on."""
    for each in _CURRENT.get():
        each.watch(None)


class _Watch:
    """One thread for all deadlines of a process. It sleeps while there are none."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._deadlines: set[Deadline] = set()
        self._thread: threading.Thread | None = None
        self._wakes_m = 0.0

    def add(self, deadline: Deadline) -> None:
        with self._condition:
            self._deadlines.add(deadline)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif deadline.at_m < self._wakes_m:
                self._condition.notify()

    def remove(self, deadline: Deadline) -> None:
        with self._condition:
            self._deadlines.discard(deadline)

    def _run(self) -> None:
        while True:
            with self._condition:
                for each in self._deadlines:
                    if each.left_s() <= 0:
                        each.cut()
                wait_s = self._next_look_s()
                self._wakes_m = time.monotonic() + (math.inf if wait_s is None else wait_s)
                self._condition.wait(wait_s)

    def _next_look_s(self) -> float | None:
        """Those that are over are looked at again: their connection may yet be about to open."""
        left = [each.left_s() for each in self._deadlines]
        return min((max(each, 0.0) or AGAIN_S for each in left), default=None)


_WATCH = _Watch()
