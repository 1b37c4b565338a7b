"""A thread that shows that this process lives, and clears away those that don't."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from jobs.registry import BEAT_S, Registry
from jobs.store import JobStore
from storage.sqlite import StorageError

log = logging.getLogger(__name__)

CLOCK_JUMP_S = 30.0


def steady_clock() -> Callable[[], float]:
    """A clock in seconds that nobody can set and that goes on while the machine sleeps.

    time.monotonic stands still then on Linux and macOS. There CLOCK_BOOTTIME, and on macOS
    CLOCK_MONOTONIC, go on (man clock_gettime).
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            clock = partial(time.clock_gettime, getattr(time, name))
            with suppress(OSError):
                clock()
                return clock
    return time.monotonic


class Heartbeat:
    """Beats until stopped. Sets `stop` when this process's entry was taken from it."""

    def __init__(
        self,
        registry: Registry,
        store: JobStore,
        stop: threading.Event,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        steady: Callable[[], float] | None = None,
    ) -> None:
        self.lost = False
        self._registry = registry
        self._store = store
        self._stop = stop
        self._ended = threading.Event()
        self._now = clock
        self._monotonic = monotonic
        self._steady = steady or steady_clock()
        self._offset_s = clock() - self._steady()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        self._catch_up_with_clock()
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join(timeout=5.0)

    def beat(self) -> None:
        """One turn."""
        if not self._registry.beat(self._now()):
            self.lost = True
            self._stop.set()
            return
        self._follow_clock()
        for other in self._registry.remove_dead(self._monotonic()):
            log.warning("a PlexSync %s (process %d) ended without a word", other.role, other.pid)

    def _run(self) -> None:
        while not self._ended.wait(BEAT_S) and not self.lost:
            try:
                self.beat()
            except StorageError as error:
                log.error("%s", error)  # noqa: TRY400 - it is its own explanation

    def _catch_up_with_clock(self) -> None:
        """The clock may have been set back while no process ran, e.g. by a restart of the machine:
        then the time up to which the last one saw it still lies ahead."""
        ahead_s = self._registry.time_seen() - self._now()
        if ahead_s > CLOCK_JUMP_S and self._registry.keeps_time():
            log.info("the system's clock was set back by %.0f s; retries move along", ahead_s)
            self._store.shift_due(-ahead_s)
        self._registry.beat(self._now())

    def _follow_clock(self) -> None:
        """Retries are due by the wall clock; when that is set, they move along."""
        offset_s = self._now() - self._steady()
        jump_s = offset_s - self._offset_s
        if abs(jump_s) > CLOCK_JUMP_S and self._registry.keeps_time():
            log.info("the system's clock was set by %.0f s; retries move along", jump_s)
            self._store.shift_due(jump_s)
        self._offset_s = offset_s
