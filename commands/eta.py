"""How far a task or a command has got, and how long the rest will take. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Progress = Callable[[float], None]  # moves the bar of the task, 0 to 1

EVERY_S = 60.0
# The time left goes by the last minutes: new scenes take longer than those that are in sync.
REMEMBERED = 6

# Before that a guess jumps about.
SURE_AFTER_S = 2.0
SURE_FROM = 0.01

BAR_WIDTH = 30


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


class Estimate:
    """The time left, from the pace so far. `now` in seconds that only go forward."""

    def __init__(self) -> None:
        self._began: float | None = None

    def left_s(self, fraction: float, now: float) -> float | None:
        """Seconds, None while it can't be told. The first call starts the clock."""
        if self._began is None:
            self._began = now
        elapsed = now - self._began
        if elapsed < SURE_AFTER_S or fraction < SURE_FROM:
            return None
        return elapsed * (1 - fraction) / fraction


def left_text(left_s: float | None) -> str:
    """A clause that follows a percentage; "" while it can't be told."""
    return "" if left_s is None else f", {rounded(left_s)} left"


def bar_text(fraction: float, left_s: float | None) -> str:
    """A bar for a terminal of any kind: [######....]  42 %, about 3 minutes left."""
    filled = round(fraction * BAR_WIDTH)
    return (
        f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {fraction * 100:3.0f} %{left_text(left_s)}"
    )


def rounded(left_s: float) -> str:
    """A duration as people say it, e.g. "about 14 minutes"."""
    minutes = round(left_s / 60)
    if minutes < 2:
        return "about a minute"
    if minutes < 100:
        return f"about {minutes} minutes"
    return f"about {left_s / 3600:.1f} hours"
