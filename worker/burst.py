"""Hooks that come one after another: what they are about is synced together, after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jobs.schema import BACKGROUND, TASK
from jobs.store import JobStore

# Meanwhile events are taken in so often, those of a while by one commit.
LOOK_S = 0.25
# Longer than a hook takes: the last one of a bulk edit may never come.
QUIET_S = 0.5
# Nobody waits longer, however long the hooks go on.
LONGEST_S = 2.0


class Burst:
    """Whether more hooks of a bulk edit, an identification or a scan are to come. The person waits
    for the last of them, or nobody does; and each of their objects alone would cost both servers
    as many requests as a hundred together, on the cores that the hooks need."""

    def __init__(
        self,
        store: JobStore,
        lanes: Sequence[int],
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.is_busy = False
        """Whether there is surely more to do than what hooks are about."""
        self._store = store
        self._lanes = lanes
        self._now = now
        self._monotonic = monotonic
        self._seen = self._ended = 0
        self._began_m: float | None = None
        self._came_m = 0.0

    def wait_s(self) -> float:
        """Seconds until another look is worth while, 0 once there is nothing to wait for."""
        wait_s = self._ends_in_s()
        return 0.0 if wait_s and self._has_other_work() else wait_s

    def _ends_in_s(self) -> float:
        intake = self._store.intake
        now_m, seen, ended = self._monotonic(), intake.taken_in, intake.last_ones
        if seen != self._seen:
            self._came_m = now_m
            self._began_m = now_m if self._began_m is None else self._began_m
        has_ended, self._seen, self._ended = ended != self._ended, seen, ended
        if self._began_m is None:
            return 0.0
        left_s = min(self._came_m + QUIET_S, self._began_m + LONGEST_S) - now_m
        if has_ended or left_s <= 0:
            self._began_m = None
            return 0.0
        return min(left_s, LOOK_S)

    def _has_other_work(self) -> bool:
        """Then nothing is gained by waiting for the end. A task has: somebody waits for it."""
        if self.is_busy or TASK in self._lanes:
            return True
        others = [lane for lane in self._lanes if lane > BACKGROUND]
        due_at = self._store.next_due_at(others)
        return due_at is not None and due_at <= self._now()
