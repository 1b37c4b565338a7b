"""Becoming the one worker of a data folder. Standard library only: it is needed before the packages
are there."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs import inbox, lock
from jobs.lock import FILE_NAME, SUCCESSOR, TAKE_S
from jobs.registry import BEAT_S, Process, Registry
from storage.sqlite import DatabaseDamaged

log = logging.getLogger(__name__)

POLL_S = 0.25
# A worker takes an event in at once. Where its process can't be judged and the system's lock is
# free, so much patience is enough.
UNSURE_S = 3.0
# To see a beat, where no event waits that it could take in.
BEATS_WITHIN_S = BEAT_S + 2.0
# However old an event is: so long it must be seen to wait, since the machine may have slept.
SEEN_WAITING_S = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to look for a sign of life of a worker, and which."""

    seconds: float
    sign: tuple[object, ...]
    """Its kind comes first."""


class Lease:
    """The right to be the worker: a lock of the system, and the only worker's entry in the
    registry. The lock says who exists, so that hooks needn't open a database; the entry fences,
    since whoever has lost it writes no more.

    Whoever takes the place of a worker that doesn't get on has the entry, and gets the lock when
    that one ends. `claimed`: the name and descriptor of a lock that this process was handed.
    """

    def __init__(
        self,
        data_dir: str,
        claimed: tuple[str, int] | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._data_dir = data_dir
        self._files = dict([claimed] if claimed else [])
        self._instead_of = ""
        self._now = clock
        self._monotonic = monotonic
        self._sleep = sleep

    def arrive(self, registry: Registry | None) -> bool:
        """Wait until the place is free, or its holder has shown no sign of life for long enough;
        False if it did: then this process isn't needed. Raises StorageError."""
        first: tuple[object, ...] | None = None
        began_m = self._monotonic()
        while True:
            self.hold()
            worker = registry.worker() if registry else None
            patience = self._patience(None if worker is None or worker.is_dead else worker)
            if patience is None or _has_moved(first, patience.sign):
                log.debug("another worker is alive")
                return False
            first = patience.sign
            if self._is_over(patience.seconds, self._monotonic() - began_m):
                self._instead_of = worker.token if worker else ""
                return True
            self._sleep(POLL_S)

    def enter(self, registry: Registry) -> bool:
        """Take the place; False if another process was faster."""
        entered = registry.enter(self._now(), self._monotonic(), self._instead_of)
        if entered and SUCCESSOR in self._files:
            lock.release(self._files.pop(SUCCESSOR))
        return entered

    def hold(self) -> None:
        """Get the lock, if we haven't got it and nobody else has."""
        if FILE_NAME not in self._files:
            file = lock.claim(self._data_dir, FILE_NAME)
            if file is None:
                return
            self._files[FILE_NAME] = file
            lock.sign(file, os.getpid())

    @property
    def file(self) -> int | None:
        """The descriptor that holds the lock; None as long as a former worker has it."""
        return self._files.get(FILE_NAME)

    def mark(self) -> None:
        """Show that this worker gets on, though it can't take in what waits."""
        lock.mark(self._data_dir)

    def leave(self) -> None:
        """Give up the lock; the registry was left before."""
        for name in list(self._files):
            lock.release(self._files.pop(name))

    def _patience(self, worker: Process | None) -> Patience | None:
        """None if there is a worker, and nothing that it should have done."""
        oldest = inbox.oldest(self._data_dir)
        if FILE_NAME not in self._files:
            mark = lock.marked_at(self._data_dir)
            return None if oldest is None else Patience(TAKE_S, ("mark", oldest, mark))
        if worker is None:
            return Patience(0.0, ("none",))
        if oldest is None:
            return Patience(BEATS_WITHIN_S, ("beat", worker.token, worker.beat))
        return Patience(TAKE_S if worker.is_alive else UNSURE_S, ("event", oldest))

    def _is_over(self, patience_s: float, seen_s: float) -> bool:
        if seen_s >= patience_s:
            return True
        oldest = inbox.oldest(self._data_dir)
        if oldest is None or seen_s < SEEN_WAITING_S:
            return False
        since = max(oldest, lock.marked_at(self._data_dir))
        return patience_s == TAKE_S and self._now() - since >= TAKE_S


def _has_moved(first: tuple[object, ...] | None, sign: tuple[object, ...]) -> bool:
    """Whether a worker lives: it beat, marked, or took the event in. That an event came, or that a
    worker has ended or let go of the lock, shows nothing of it."""
    if first is None or first == sign:
        return False
    return first[0] == sign[0] or (first[0], sign[0]) == ("event", "beat")


def arrive(
    data_dir: str, registry: Registry | None, claimed: tuple[str, int] | None
) -> Lease | None:
    """A lease that can be entered; None if another worker is alive. `registry`: None where it is
    damaged. Raises StorageError."""
    lease = Lease(data_dir, claimed)
    try:
        if lease.arrive(registry):
            return lease
    except DatabaseDamaged:
        return lease if lease.arrive(None) else None
    lease.leave()
    return None
