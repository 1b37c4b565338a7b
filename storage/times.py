"""Times that were stored, in epoch seconds."""

from __future__ import annotations


def is_recent(stored: float, now: float, within_s: float) -> bool:
    """Whether it was less than `within_s` ago. A time that is yet to come was given by a clock that
    has been set back since, and says nothing."""
    return 0 <= now - stored < within_s
