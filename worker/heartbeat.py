"""A thread that shows that this process lives, and clears away those that don't."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from jobs.registry import BEAT_S, Registry
from jobs.store import JobStore
from storage.sqlite import StorageError
from worker.lease import Lease
from worker.watchdog import STANDSTILL_S, Standstill

log = logging.getLogger(__name__)

LOOK_S = 1.0


class Heartbeat:
    """Beats until stopped. Sets `stop` when this process's entry was taken from it.

    In between it takes in events that have waited since its last look: whoever drains the queue
    is busy then. `lease`: the worker's, None for a task.
    """

    def __init__(
        self,
        registry: Registry,
        store: JobStore,
        stop: threading.Event,
        lease: Lease | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lost = self.stands_still = False
        self._registry = registry
        self._store = store
        self._stop = stop
        self._lease = lease
        self._ended = threading.Event()
        self._now = clock
        self._monotonic = monotonic
        self._waiting: frozenset[str] = frozenset()
        self._standstill: Standstill | None = None
        self._end: Callable[[], None] = lambda: None
        self._beaten_m = monotonic()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """The process has just entered, which counts as a beat."""
        self._thread.start()

    def watch(self, progress: Callable[[], float], end: Callable[[], None] | None = None) -> None:
        """Give the place up once `progress` (see `Standstill`) moves no more, then call `end`:
        this thread would beat, and take events in, for one that never gets to them."""
        self._end = end or self._end
        self._standstill = Standstill(progress, self._monotonic)

    def end(self) -> None:
        self._ended.set()
        self._thread.join(timeout=5.0)

    def beat(self) -> None:
        """Show that this process lives, and clear away those that don't."""
        self._beaten_m = self._monotonic()
        if not self._registry.beat(self._now()):
            self._lose()
            return
        for other in self._registry.remove_dead(self._monotonic()):
            log.warning("a PlexSync %s (process %d) ended without a word", other.role, other.pid)

    def look(self) -> None:
        """Take in what has waited since the last look, and see whether the place is still ours."""
        if self._standstill and self._standstill.is_over():
            self._give_up()
            return
        waiting = frozenset(self._store.intake.waiting())
        try:
            if self._lease:
                self._lease.hold()
            if not self._registry.is_entered():
                self._lose()
            elif waiting & self._waiting:
                self._store.take_in(self._now())
        except StorageError as error:
            log.debug("%s", error)  # whoever drains the queue meets the same, and says so
            if self._lease and waiting:
                self._lease.mark()
        self._waiting = waiting

    def _give_up(self) -> None:
        """Leave the registry: from here on nothing is written, whatever wakes up, and what was
        claimed is free."""
        log.error(
            "this PlexSync %s has not got on for %.0f minutes although nothing takes so long; it "
            "ends, and what it was busy with is left to another one. Please report it",
            self._registry.role,
            STANDSTILL_S / 60,
        )
        try:
            self._registry.leave()
        except StorageError as error:
            log.error("%s", error)  # noqa: TRY400 - it is its own explanation
        self.stands_still = True
        self._lose()
        self._end()

    def _lose(self) -> None:
        self.lost = True
        self._stop.set()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S) and not self.lost:
            self.look()
            try:
                if not self.lost and self._monotonic() - self._beaten_m >= BEAT_S:
                    self.beat()
            except StorageError as error:
                log.error("%s", error)  # noqa: TRY400 - it is its own explanation
