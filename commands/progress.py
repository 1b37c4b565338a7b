"""How far a command has got and how long it will still take. Pure."""

from __future__ import annotations

from commands.eta import rounded

# Before that a guess jumps about.
SURE_AFTER_S = 2.0
SURE_FROM = 0.01

BAR_WIDTH = 30


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
