"""Somebody's edit goes before what is written in bulk, also within a batch."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from jobs.store import JobStore

# A look costs some microseconds; each write to Plex many milliseconds.
LOOK_PAUSE_S = 0.05


class Preemption:
    """For the time of one batch: whether a live edit waits. For several threads.

    `token`: of the process that holds the batch, none of whose jobs was live when it was claimed.
    The queue is asked every LOOK_PAUSE_S at most; once there was such an edit, the answer stays.
    """

    def __init__(
        self,
        store: JobStore,
        token: str,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._token = token
        self._now = now
        self._monotonic = monotonic
        self._lock = Lock()
        self._looked_m: float | None = None
        self._is_needed = False

    def is_needed(self) -> bool:
        with self._lock:
            now_m = self._monotonic()
            if not self._is_needed and (
                self._looked_m is None or now_m - self._looked_m >= LOOK_PAUSE_S
            ):
                self._looked_m = now_m
                self._is_needed = self._store.has_live_edit(self._token, self._now())
            return self._is_needed
