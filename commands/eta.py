"""How far a task is and how long the rest will take, told once a minute."""

from __future__ import annotations

from collections import deque

EVERY_S = 60.0
# The time left goes by the last minutes: new scenes take longer than those that are in sync.
REMEMBERED = 6


class Pace:
    """`total`: how many scenes there are to do. Times are on the monotonic clock, in seconds."""

    def __init__(self, total: int, now_m: float) -> None:
        self._total = total
        self._seen: deque[tuple[float, int]] = deque([(now_m, 0)], REMEMBERED)

    def news(self, done: int, now_m: float) -> str | None:
        """A line for the log; None if one was told less than a minute ago, or nothing was done
        since."""
        told_m, told = self._seen[-1]
        if now_m - told_m < EVERY_S or not told < done < self._total:
            return None
        since_m, before = self._seen[0]
        self._seen.append((now_m, done))
        left_s = (self._total - done) * (now_m - since_m) / (done - before)
        return f"{done} of {self._total} scenes, {rounded(left_s)} left"


def rounded(left_s: float) -> str:
    """A duration as people say it, e.g. "about 14 minutes"."""
    minutes = round(left_s / 60)
    if minutes < 2:
        return "about a minute"
    if minutes < 100:
        return f"about {minutes} minutes"
    return f"about {left_s / 3600:.1f} hours"
