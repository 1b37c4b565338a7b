"""Becoming the one worker of a data folder. Standard library only: it is needed before the packages
are there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from jobs.registry import LEASE_S, WORKER, Registry

TAKE_OVER_POLL_S = 0.5


def take_lease(
    registry: Registry,
    stop: threading.Event,
    *,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> bool:
    """Become the worker; False if another one shows that it lives.

    One whose process is gone is replaced at once, one that stands still after LEASE_S.
    """
    first = None
    end_m = monotonic() + 2 * LEASE_S
    while monotonic() < end_m and not stop.is_set():
        if registry.enter(clock(), monotonic()):
            return True
        holder = next((each for each in registry.others() if each.role == WORKER), None)
        if holder is not None:
            first = first or holder
            if (holder.token, holder.beat) != (first.token, first.beat):
                return False
        stop.wait(TAKE_OVER_POLL_S)
    return False
