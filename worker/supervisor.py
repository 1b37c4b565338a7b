"""The background process: one per data folder, alive while there is work, gone when idle."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable

from jobs.registry import LEASE_S, WORKER, Registry
from jobs.schema import BACKGROUND, CHECK, LIVE
from stash.exceptions import StashUnauthorized
from storage.sqlite import DatabaseDamaged
from worker.errors import LeaseLost, Stopped
from worker.processor import SyncWorker
from worker.workplace import Workplace

log = logging.getLogger(__name__)

# In containers whose first process never reaps orphans each exit leaves a zombie: exit rarely.
IDLE_EXIT_S = 600.0
TAKE_OVER_POLL_S = 0.5

LANES = (LIVE, BACKGROUND, CHECK)


def supervise(workplace: Workplace, *, idle_exit_s: float = IDLE_EXIT_S) -> None:
    """Take the lease, run the SyncWorker thread until it is idle, told to stop, or beaten to it.

    Returns at once when another worker is alive.
    """
    if not take_lease(workplace.memories.registry, workplace.stop):
        log.debug("another worker is alive")
        return
    _stop_on_signals(workplace.stop)
    log.info("the worker has started")
    with workplace.registered() as heartbeat:
        worker = workplace.worker(LANES, idle_exit_s=idle_exit_s)
        thread = threading.Thread(target=worker.run, name="sync")
        thread.start()
        while thread.is_alive():
            # In slices, since on Windows a wait without end keeps signals out.
            thread.join(timeout=1.0)
    _say_goodbye(worker, lost=heartbeat.lost)


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


def _stop_on_signals(stop: threading.Event) -> None:
    def request_stop(_number: int, _frame: object) -> None:
        stop.set()

    for name in ("SIGTERM", "SIGINT", "SIGBREAK"):  # the last one is Windows'
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), request_stop)


def _say_goodbye(worker: SyncWorker, *, lost: bool) -> None:
    match worker.failure:
        case None if not lost:
            log.info("the worker ends: nothing to do")
        case Stopped():
            log.info("the worker ends: it was told to")
        case None | LeaseLost():
            log.info("the worker ends: another process has taken over")
        case StashUnauthorized() as error:
            log.warning("%s. %s", error, error.advice)
        case DatabaseDamaged() as error:
            log.error("%s; it is set aside at the next start", error)
        case error:
            log.error("the worker ends: %s", error)
