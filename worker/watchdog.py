"""Whether a process gets on: what shows that it works is progress, not the beat of a thread."""

from __future__ import annotations

from collections.abc import Callable

from net.deadline import LONGEST_S

# One request may wait for another one's end, e.g. a write for the question whether the plugin is
# still wanted; the rest is for a slow disk.
STANDSTILL_S = 2 * LONGEST_S + 60.0
# What lies between two looks beyond this, the machine slept or the process was suspended.
LONGEST_STEP_S = 5.0


class Standstill:
    """Looks at `progress`, a value that changes whenever something was done. `monotonic` as of
    `time`."""

    def __init__(self, progress: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._progress = progress
        self._monotonic = monotonic
        self._seen: float | None = None
        self._looked_m = monotonic()
        self._still_s = 0.0

    def is_over(self) -> bool:
        """Whether nothing was done for longer than any request may take. To be asked every few
        seconds."""
        now_m, progress = self._monotonic(), self._progress()
        step_s = min(now_m - self._looked_m, LONGEST_STEP_S)
        self._still_s = self._still_s + step_s if progress == self._seen else 0.0
        self._looked_m, self._seen = now_m, progress
        return self._still_s > STANDSTILL_S
