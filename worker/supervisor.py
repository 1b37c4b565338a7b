"""The background process: one per data folder, alive while there is work, gone when idle."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from errors import LeaseLost, Stopped
from jobs.registry import Registry
from jobs.schema import FILE_NAME, WORKER_LANES
from stash.exceptions import PluginDisabled, StashUnauthorized
from storage.sqlite import DatabaseDamaged, StorageError
from worker.context import Context
from worker.lease import Lease
from worker.processor import Errands, SyncWorker

log = logging.getLogger(__name__)

# In containers whose first process never reaps orphans each exit leaves a zombie: exit rarely.
IDLE_EXIT_S = 600.0

# Stash starts nothing of a plugin by itself, neither when it is enabled nor at its own start.
BROUGHT_BACK = (
    "Once it is enabled, the next change in Stash, PlexSync task or look at our page starts another"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a worker ended: whether another one is to be started in its place, the path of a job
    store that is to be set aside before, and whether its thread still stands somewhere: then the
    process has to be ended without waiting for anything. `rests_until`: see `rest.idle`.
    What to ask at rest: `asks_plex`, first in `plays_in_s` (see `playback.at_rest.question`), and
    `overview` (see `check.own`). `quiet_s`: for how long nobody has been about."""

    goes_on: bool = False
    damaged: str = ""
    stands_still: bool = False
    rests_until: float | None = None
    asks_plex: Mapping[str, Any] | None = None
    plays_in_s: float = 0.0
    overview: Mapping[str, Any] = field(default_factory=dict)
    quiet_s: float = 0.0


def supervise(
    context: Context,
    lease: Lease,
    *,
    idle_exit_s: float = IDLE_EXIT_S,
    rest_after_s: float | None = None,
    can_rest: Callable[[], bool] = lambda: True,
    has_rested: bool = False,
    quiet_s: float = 0.0,
    is_outdated: Callable[[], bool] = lambda: False,
    errands: Errands | None = None,
) -> Ending:
    """Enter by the lease, run the SyncWorker thread until it is idle, told to stop, or beaten to
    it. Returns at once when another worker was faster."""
    registry = context.stores.registry
    if not lease.enter(registry):
        log.debug("another worker is alive")
        return Ending()
    _stop_on_signals(context.stop)
    # Resting is nobody's business, and each line for Stash's log costs Stash a process.
    log.log(logging.DEBUG if has_rested else logging.INFO, "the worker has started")
    outdated = False
    with context.registered(lease) as heartbeat:
        worker = context.worker(
            WORKER_LANES,
            idle_exit_s=idle_exit_s,
            rest_after_s=rest_after_s,
            can_rest=lambda: lease.file is not None and can_rest(),
            errands=errands,
        )
        worker.checks.own.was_quiet(quiet_s)
        heartbeat.watch(lambda: worker.progress_m)
        thread = threading.Thread(target=worker.run, name="sync", daemon=True)
        thread.start()
        while thread.is_alive() and not heartbeat.stands_still:
            # In slices, since on Windows a wait without end keeps signals out.
            thread.join(timeout=1.0)
            if not outdated and is_outdated():
                outdated = True
                context.stop.set()
    if heartbeat.stands_still:
        return Ending(goes_on=True, stands_still=True)
    if outdated:
        log.info("the worker ends: the plugin was updated or removed")
        return Ending(goes_on=True)
    if heartbeat.lost and _is_deserted(registry):
        log.info("the worker starts anew: its job store was replaced")
        return Ending(goes_on=True)
    if worker.idle.rests_until is not None and not (heartbeat.lost or context.stop.is_set()):
        overview = worker.checks.own.orders(worker.settings.config)
        asks_plex = worker.question_at_rest()
        return Ending(
            rests_until=worker.idle.rests_until,
            asks_plex=asks_plex,
            plays_in_s=worker.seconds_until_import(),
            overview=overview,
            quiet_s=worker.checks.own.quiet_s,
        )
    _say_goodbye(worker, lost=heartbeat.lost)
    if isinstance(worker.failure, DatabaseDamaged):
        path = worker.failure.path
        return Ending(damaged=path if os.path.basename(path) == FILE_NAME else "")
    return Ending()


def _is_deserted(registry: Registry) -> bool:
    """Whether we lost our entry to nobody: the whole job store is another one, say a copy that
    somebody has put back."""
    try:
        return not registry.database.is_in_place() or registry.worker() is None
    except StorageError:
        return True


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
        case PluginDisabled() as error:
            log.warning("the worker ends: %s. %s", error, BROUGHT_BACK)
        case StashUnauthorized() as error:
            log.warning("%s. %s", error, error.advice)
        case DatabaseDamaged() as error:
            log.error("%s; it is set aside at the next start", error)
        case error:
            log.error("the worker ends: %s", error)
