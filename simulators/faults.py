"""What can go wrong between a client and a server, as rules that a test sets."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer this instead of asking the simulated server."""

    status: int
    body: bytes = b""
    content_type: str = "text/html"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, then answer as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Accept the request and say nothing until the fault is cleared or the server stops."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without an answer; `applied` says whether the request took effect."""

    applied: bool = False


@dataclass(frozen=True, slots=True)
class Truncate:
    """Promise the whole answer, send the first `keep_bytes` of it, then close the connection."""

    keep_bytes: int


@dataclass(frozen=True, slots=True)
class Call:
    """Run `action` before the request is answered as usual, e.g. to edit a scene meanwhile."""

    action: Callable[[], None]


Action = Reply | Delay | Hang | Drop | Truncate | Call


@dataclass(slots=True)
class Fault:
    """Do `action` to requests whose "METHOD /path?query" matches `pattern`, `times` times.

    `times` None means until cleared; the first `skip` matching requests pass unharmed.
    """

    action: Action
    pattern: str = ""
    times: int | None = None
    skip: int = 0
    cleared: threading.Event = field(default_factory=threading.Event)


class Faults:
    """The rules in force, tried in the order in which they were added. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(
        self, action: Action, pattern: str = "", *, times: int | None = None, skip: int = 0
    ) -> Fault:
        fault = Fault(action, pattern, times, skip)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all rules and release the requests that hang."""
        with self._lock:
            for fault in self._faults:
                fault.cleared.set()
            self._faults.clear()

    def take(self, request_line: str) -> Fault | None:
        """The rule for this request, counted as used."""
        with self._lock:
            for fault in self._faults:
                if fault.times == 0 or not re.search(fault.pattern, request_line):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
