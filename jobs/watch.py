"""Whether another process shows any sign of life while we look."""

from __future__ import annotations


class Watch:
    """Values that should change, watched on the observer's monotonic clock (seconds).

    That one goes on while a container is paused or Windows sleeps, and all processes stand still
    in it. So after a gap between two looks all are watched anew: nobody stood still under our eyes.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._looked_m = 0.0
        self._seen: dict[str, tuple[object, float]] = {}

    def look(self, monotonic_s: float) -> None:
        """Begin another look at all of them."""
        if monotonic_s - self._looked_m > self._patience_s / 2:
            self._seen.clear()
        self._looked_m = monotonic_s

    def stands_still(self, name: str, value: object) -> bool:
        """Whether the value of that name has been this one since `patience_s` or longer."""
        known, since_m = self._seen.get(name, (None, self._looked_m))
        if known != value:
            self._seen[name] = (value, self._looked_m)
            return False
        return self._looked_m - since_m >= self._patience_s
