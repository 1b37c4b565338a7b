"""The worker while its packages are missing: it installs them, or waits until somebody has.

It holds the worker's lease meanwhile, so that no hook starts another one. Standard library only.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing

from entry.spawn import SCRIPT, start_another
from install import packages
from install.ensure import provide, remove_unused
from install.installer import InstallFailed
from install.packages import REQUIRED
from jobs.registry import WORKER, Registry
from jobs.store import JobStore, open_job_database
from logs import handlers
from net.trust import also_trust
from rest.code_watch import CodeWatch
from stash.connection import StashConnection
from stash.exceptions import StashUnauthorized, StashUnavailable
from stash.protocol import Invocation
from stash.stdlib_client import PlainStash
from storage import ca_file
from storage.database import Database
from worker.heartbeat import Heartbeat
from worker.lease import Lease
from worker.log_relay import OPERATION_MODE, LineBuffer, LogRelay

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0
# A look whether somebody has installed them by hand costs milliseconds.
LOOK_S = 5.0
ASK_STASH_S = 60.0


def wait_for_packages(invocation: Invocation, lease: Lease, *, own_only: bool) -> bool:
    """True once the packages can be imported; False if this process is not needed any more.

    Raises StorageError and BadInvocation. The session in `invocation` is replaced by the newest
    one. When the plugin's files were replaced meanwhile, a process with the new ones goes on.
    """
    own_code = CodeWatch(SCRIPT)
    if packages.activate(invocation.data_dir, REQUIRED, own_only=own_only):
        remove_unused(invocation.data_dir, time.time())
        return True
    also_trust(ca_file.kept(invocation.data_dir))
    with closing(open_job_database(invocation.data_dir)) as database:
        stash = PlainStash(StashConnection.from_plugin_input(invocation.connection))
        try:
            is_ready = _wait_as_worker(invocation, lease, database, stash, own_code, own_only)
        finally:
            invocation.keep_session(stash.cookie)
    if not is_ready and own_code.is_outdated() and os.path.exists(SCRIPT):
        lease.leave()
        start_another(invocation.document(), invocation.data_dir)
    return is_ready


def _wait_as_worker(
    invocation: Invocation,
    lease: Lease,
    database: Database,
    stash: PlainStash,
    own_code: CodeWatch,
    own_only: bool,
) -> bool:
    plugin_id = invocation.plugin_id
    registry, store, stop = Registry(database, WORKER), JobStore(database), threading.Event()
    if not lease.enter(registry):
        log.debug("another worker is alive")
        return False
    buffer = LineBuffer()
    handlers.install(handlers.file_handler(invocation.data_dir), buffer)
    heartbeat = Heartbeat(registry, store, stop, lease)
    heartbeat.start()
    try:
        with LogRelay(
            store, buffer, lambda: stash.run_operation(plugin_id, {"mode": OPERATION_MODE})
        ):
            return keep_trying(
                lambda: provide(invocation.data_dir, REQUIRED, _no_progress, own_only=own_only),
                lambda: _are_there(invocation.data_dir, own_only),
                lambda: _is_wanted(stash, plugin_id),
                stop,
                own_code.is_outdated,
            )
    finally:
        heartbeat.end()
        registry.leave()


def keep_trying(
    attempt: Callable[[], None],
    are_there: Callable[[], bool],
    is_wanted: Callable[[], bool],
    stop: threading.Event,
    is_outdated: Callable[[], bool] = lambda: False,
) -> bool:
    """Try with growing pauses; look more often. False: told to stop, not wanted any more, or the
    plugin's files are others by now."""
    told, pause_s = "", FIRST_PAUSE_S
    while not stop.is_set():
        try:
            attempt()
            return True
        except InstallFailed as error:
            if str(error) != told:
                told = str(error)
                log.error(  # noqa: TRY400 - it explains itself
                    "%s Changes wait meanwhile, and PlexSync tries again by itself. %s",
                    error.args[0],
                    error.advice,
                )
        waited_s, next_question_s = 0.0, ASK_STASH_S
        while waited_s < pause_s:
            if stop.wait(LOOK_S):
                return False
            if is_outdated():
                log.info("the worker ends: the plugin was updated or removed")
                return False
            if are_there():
                log.info("PlexSync's packages are there now")
                return True
            waited_s += LOOK_S
            if waited_s >= next_question_s:
                next_question_s += ASK_STASH_S
                if not is_wanted():
                    return False
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
    return False


def _are_there(data_dir: str, own_only: bool) -> bool:
    try:
        return packages.activate(data_dir, REQUIRED, own_only=own_only)
    except OSError:
        return False  # while Stash replaces our files, the list of the packages is missing


def _is_wanted(stash: PlainStash, plugin_id: str) -> bool:
    try:
        stash.check_plugin(plugin_id)
    except StashUnauthorized as error:
        log.info("the worker ends: %s; the next change or task starts another one", error)
        return False
    except StashUnavailable:
        return True  # it will be back
    return True


def _no_progress(_fraction: float) -> None:
    """Nobody watches a worker's progress."""
