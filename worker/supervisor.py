"""The background process: one per data folder, alive while there is work, gone when idle."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable

from jobs.schema import BACKGROUND, CHECK, LIVE
from stash.exceptions import StashUnauthorized
from storage.sqlite import DatabaseDamaged
from worker.errors import LeaseLost, Stopped
from worker.lease import take_lease
from worker.processor import SyncWorker
from worker.workplace import Workplace

log = logging.getLogger(__name__)

# In containers whose first process never reaps orphans each exit leaves a zombie: exit rarely.
IDLE_EXIT_S = 600.0

LANES = (LIVE, BACKGROUND, CHECK)


def supervise(
    workplace: Workplace,
    *,
    idle_exit_s: float = IDLE_EXIT_S,
    is_outdated: Callable[[], bool] = lambda: False,
) -> bool:
    """Take the lease, run the SyncWorker thread until it is idle, told to stop, or beaten to it.

    Returns at once when another worker is alive. True if it ended because the code `is_outdated`,
    so that a worker with the new one is to be started.
    """
    if not take_lease(workplace.memories.registry, workplace.stop):
        log.debug("another worker is alive")
        return False
    _stop_on_signals(workplace.stop)
    log.info("the worker has started")
    outdated = False
    with workplace.registered() as heartbeat:
        worker = workplace.worker(LANES, idle_exit_s=idle_exit_s)
        thread = threading.Thread(target=worker.run, name="sync")
        thread.start()
        while thread.is_alive():
            # In slices, since on Windows a wait without end keeps signals out.
            thread.join(timeout=1.0)
            if not outdated and is_outdated():
                outdated = True
                workplace.stop.set()
    if outdated:
        log.info("the worker ends: the plugin was updated or removed")
    else:
        _say_goodbye(worker, lost=heartbeat.lost)
    return outdated


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
