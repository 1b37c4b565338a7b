"""When a request that changes something in Plex may be sent, which PlexClient asks before each, and
how many at the same time: fewer when Plex struggles, more when it is well."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from errors import LeaseLost, ServerUnavailable

# An answer that takes so many times the usual is a sign of strain.
SLOW_FACTOR = 4.0
# …but not while even a slow answer is fast.
NEVER_SLOW_S = 0.25
GOOD_ANSWERS_PER_STEP = 20
USUAL_WEIGHT = 0.05


class Turns(Protocol):
    """Gives out turns to write. Entering one waits until the request may be sent, or raises what
    forbids it; leaving one tells how it went.

    `is_typical`: a small request about one item, so that its duration can be compared with those
    of others. An upload, an edit of many items or a scan takes as long as it takes.
    `is_upload`: a picture, whose fate says nothing of how Plex copes with edits, and which must not
    hold them up.
    """

    def __call__(
        self, *, is_typical: bool, is_upload: bool = False
    ) -> AbstractContextManager[None]: ...


def reading_only(*, is_typical: bool, is_upload: bool = False) -> AbstractContextManager[None]:
    """For a client that nobody has given a right to write."""
    raise AssertionError(f"this client is for reading ({is_typical=}, {is_upload=})")


class WriteLimit:
    """Additive increase, multiplicative decrease, between 1 and `most` writes at a time.

    Halved when Plex is unavailable or much slower than usual, raised by one after
    GOOD_ANSWERS_PER_STEP good answers. `may_write` tells whether this process still has its place;
    once it hasn't, there are no more turns.
    """

    def __init__(
        self,
        most: int,
        may_write: Callable[[], bool],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self.limit = most
        self._may_write = may_write
        self._monotonic = monotonic
        self._condition = threading.Condition()
        self._running: Counter[str] = Counter()
        self._good = 0
        self._usual_s: float | None = None

    @contextmanager
    def turn(self, *, is_typical: bool = True, is_upload: bool = False) -> Iterator[None]:
        """Wait for one's turn, and learn from how the block went; see `Turns`. Uploads take turns
        among themselves, so that a slow one holds up no edit, and nothing is learned of them.

        Whoever has a turn must not wait for another one. Raises LeaseLost.
        """
        kind = "upload" if is_upload else "edit"
        with self._condition:
            self._condition.wait_for(lambda: self._running[kind] < self.limit)
            self._running[kind] += 1
        try:
            # Last of all: a process may be suspended while it waits.
            self._check_place()
            began = self._monotonic()
            yield
            if not is_upload:
                self.learn(self._monotonic() - began, is_typical=is_typical)
        except ServerUnavailable:
            if not is_upload:
                self.learn(None)
            raise
        finally:
            with self._condition:
                self._running[kind] -= 1
                self._condition.notify_all()

    def _check_place(self) -> None:
        if not self._may_write():
            raise LeaseLost("another PlexSync process has taken over; this one stops")

    def learn(self, elapsed_s: float | None, *, is_typical: bool = True) -> None:
        """Take one answer into account: its seconds, None if there was none. What is not typical
        counts as answered, however long it took."""
        with self._condition:
            self._learn(elapsed_s, is_typical=is_typical)

    def _learn(self, elapsed_s: float | None, *, is_typical: bool) -> None:
        if elapsed_s is None or (is_typical and self._is_slow(elapsed_s)):
            self.limit = max(1, self.limit // 2)
            self._good = 0
        else:
            self._good += 1
            if self._good >= GOOD_ANSWERS_PER_STEP and self.limit < self.most:
                self.limit += 1
                self._good = 0
        if elapsed_s is not None and is_typical:
            # Also from slow answers: where they go on, they are the usual ones.
            usual_s = elapsed_s if self._usual_s is None else self._usual_s
            self._usual_s = usual_s + USUAL_WEIGHT * (elapsed_s - usual_s)

    def _is_slow(self, elapsed_s: float) -> bool:
        if self._usual_s is None or elapsed_s < NEVER_SLOW_S:
            return False
        return elapsed_s > SLOW_FACTOR * self._usual_s
