"""Pictures on their way beside the text, which never waits for them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from errors import Outage, SyncError
from net.deadline import LONGEST_S, Deadline, at_most
from pictures.artwork import AT_ONCE

log = logging.getLogger(__name__)

AWAITS_PICTURE = "waiting for their pictures to get through"

# How many pictures wait to be sent at most: their bytes are in memory.
MOST_WAITING = 8
# What takes longer lets the pictures behind it wait for another batch…
SLOW_S = 10.0
# …as does so long a wait for a place among those that wait.
PLACE_TAKES_S = 5.0
SLOW_PAUSE_S = 30.0
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 900.0
# A picture that is nearly through needn't be sent again for an edit that comes in.
GRACE_S = 2.0
POLL_S = 0.1


class PicturePatience:
    """For one worker, across batches: how long pictures are left alone. For several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._until_m = float("-inf")
        self._failures = 0

    def wait_s(self) -> float:
        """0 if pictures may be sent, else the seconds until then."""
        return max(0.0, self._until_m - self._monotonic())

    def failed(self, error: SyncError) -> None:
        """A picture met an outage, of which the rest may know nothing."""
        with self._lock:
            if self.wait_s() > 0:
                return  # several were under way
            pause_s = min(FIRST_PAUSE_S * 2.0 ** min(self._failures, 10), LONGEST_PAUSE_S)
            self._failures += 1
            self._until_m = self._monotonic() + pause_s
        # The first is news.
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        log.log(
            level,
            "pictures wait, all else goes on: %s. They are tried again from in %.0f s on.",
            error,
            pause_s,
        )

    def slow(self) -> None:
        """Pictures get through, but hold back others."""
        with self._lock:
            self._until_m = max(self._until_m, self._monotonic() + SLOW_PAUSE_S)
        log.debug("pictures take long; the next in %.0f s", SLOW_PAUSE_S)

    def went_well(self) -> None:
        with self._lock:
            self._failures = 0


class PicturePost:
    """The pictures of one batch: a few at a time, in threads of their own.

    `gives_way` tells that a person's edit waits: then what is under way is cut off, as a connection
    that breaks would, and the rest is not begun.
    """

    def __init__(self, patience: PicturePatience, gives_way: Callable[[], bool]) -> None:
        self._patience = patience
        self._gives_way = gives_way
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="pictures")
        self._places = threading.BoundedSemaphore(MOST_WAITING)
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, tuple[Deadline, float]] = {}
        self._sent: list[Future[None]] = []
        self._is_closed = False
        self._gave_way = False

    @property
    def is_closed(self) -> bool:
        """Whether no more pictures are taken in this batch."""
        return self._is_closed or self._patience.wait_s() > 0

    def failed(self, error: SyncError) -> None:
        """Asking for a picture met an outage."""
        if not self._gave_way:
            self._patience.failed(error)

    def send(self, name: Hashable, job: Callable[[], None], postpone: Callable[[], None]) -> None:
        """Have `job` run soon, or `postpone` if pictures are to wait. `job` may raise Outage
        for that; whatever else it raises comes out of `finish`."""
        if self.is_closed or not self._places.acquire(timeout=PLACE_TAKES_S):
            if not self.is_closed:
                self._patience.slow()
            postpone()
            return
        self._sent.append(self._pool.submit(self._run, name, job, postpone))

    def finish(self) -> None:
        """Return once nothing is under way any more."""
        try:
            left = set(self._sent)
            while left:
                left = wait(left, timeout=POLL_S).not_done
                self._look_around()
            for each in self._sent:
                each.result()
        finally:
            self._is_closed = True
            self._pool.shutdown()

    def _run(self, name: Hashable, job: Callable[[], None], postpone: Callable[[], None]) -> None:
        try:
            if self.is_closed:
                postpone()
                return
            with at_most(LONGEST_S) as deadline:
                with self._lock:
                    self._under_way[name] = (deadline, time.monotonic())
                job()
            self._patience.went_well()
        except Outage as error:
            self.failed(error)
            postpone()
        finally:
            with self._lock:
                self._under_way.pop(name, None)
            self._places.release()

    def _look_around(self) -> None:
        with self._lock:
            under_way = list(self._under_way.values())
        longest_s = max((time.monotonic() - began_m for _, began_m in under_way), default=0.0)
        if longest_s > SLOW_S and not self.is_closed:
            self._patience.slow()
        if longest_s > GRACE_S and self._gives_way():
            self._is_closed = self._gave_way = True
            for deadline, _ in under_way:
                deadline.cut()
