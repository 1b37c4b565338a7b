"""The background worker's process."""

from __future__ import annotations

import logging
import math
import os
import time
from contextlib import closing
from typing import NoReturn

from entry.pending_log import leave
from entry.spawn import SCRIPT, start_another
from install import pillow
from jobs import inbox
from jobs.anew import set_damaged_aside
from jobs.registry import WORKER
from jobs.schema import WORKER_LANES
from logs import handlers
from page.syncing.errands import Errands
from rest.become import IN_PLACE
from rest.begin import HAS_RESTED, STAYS, Terms, quiet_s, rest
from rest.code_watch import CodeWatch
from rest.idle import REST_AFTER_S
from stash.client import StashClient
from stash.connection import StashConnection
from stash.protocol import BadInvocation, Invocation
from storage.sqlite import StorageError
from worker.context import open_context
from worker.lease import Lease
from worker.log_relay import OPERATION_MODE, LineBuffer, LogRelay
from worker.supervisor import IDLE_EXIT_S, Ending, supervise

log = logging.getLogger(__name__)

# For tests and for people who want it gone sooner, or later; seconds.
IDLE_EXIT_VARIABLE = "PLEXSYNC_IDLE_EXIT"
REST_AFTER_VARIABLE = "PLEXSYNC_REST_AFTER"


def run(invocation: Invocation, lease: Lease) -> int:
    """The exit status. What it has to say goes to the log file and, by the relay, to Stash. The
    lease is left at the end."""
    buffer = LineBuffer()
    handlers.install(handlers.file_handler(invocation.data_dir), buffer)
    try:
        ending, terms = _work(invocation, lease, buffer)
        if terms and lease.file is not None:
            leave(invocation, buffer.take())
            rest(invocation, lease.file, terms)
            ending = Ending(goes_on=True)
        lease.leave()
        _hand_on(invocation, ending)
    except (StorageError, BadInvocation) as error:
        log.error("the worker cannot work: %s", error)  # noqa: TRY400 - it explains itself
        return 1
    except Exception:
        log.exception("the worker ended because of a bug; please report it")
        return 1
    finally:
        # What was said before there was a relay, or after it.
        leave(invocation, buffer.take())
    return 0


def _work(invocation: Invocation, lease: Lease, buffer: LineBuffer) -> tuple[Ending, Terms | None]:
    """How it ended, and on which terms to rest if so."""
    connection = StashConnection.from_plugin_input(invocation.connection)
    plugin_id = invocation.plugin_id
    idle_exit_s = _seconds(IDLE_EXIT_VARIABLE, IDLE_EXIT_S)
    rest_after_s = _seconds(REST_AFTER_VARIABLE, REST_AFTER_S)
    with (
        open_context(invocation.data_dir, connection, plugin_id, WORKER) as context,
        closing(StashClient(connection)) as messenger,
    ):

        def deliver() -> None:
            if context.settings.wanted:
                # Stash logs a line in red for a plugin that is gone, or disabled.
                context.settings.wanted.check()
            messenger.share_session(context.stash)
            messenger.run_operation(plugin_id, {"mode": OPERATION_MODE})

        own_code = CodeWatch(SCRIPT)
        with LogRelay(context.stores.store, buffer, deliver):
            ending = supervise(
                context,
                lease,
                idle_exit_s=idle_exit_s,
                rest_after_s=rest_after_s if IN_PLACE and STAYS not in invocation.args else None,
                can_rest=lambda: not (own_code.is_changing or pillow.is_installing()),
                has_rested=HAS_RESTED in invocation.args,
                quiet_s=quiet_s(invocation, time.time()),
                is_outdated=own_code.is_outdated,
                errands=Errands(context),
            )
            if ending.stands_still:
                _end_at_once(invocation, lease, ending, buffer)
        invocation.keep_connection(context.stores.store.intake.connection)
        invocation.keep_session(context.stash.cookie)
        if ending.rests_until is None:
            return ending, None
        # Small as it is then, it may wait for what no hook will tell, unless its time was set.
        stays = bool(ending.overview) and not os.environ.get(IDLE_EXIT_VARIABLE, "").strip()
        return ending, Terms(
            ending.rests_until,
            None if stays else max(idle_exit_s - rest_after_s, 0.0),
            context.settings.digest,
            own_code.first,
            WORKER_LANES,
            context.stash.api_key,
            ending.asks_plex,
            ending.overview,
            ending.quiet_s,
            ending.plays_in_s,
        )


def _end_at_once(
    invocation: Invocation, lease: Lease, ending: Ending, buffer: LineBuffer
) -> NoReturn:
    """For a thread that stands still: it may hold what closing and leaving would wait for."""
    try:
        lease.leave()
        _hand_on(invocation, ending)
        leave(invocation, buffer.take())
    finally:
        os._exit(1)


def _hand_on(invocation: Invocation, ending: Ending) -> None:
    """Start another worker, if one is to go on, or if an event came while this one left: whose
    hook may have seen it alive. Raises StorageError."""
    goes_on = ending.goes_on
    if ending.damaged:
        # Where it can't be set aside, the next one would end the same way.
        goes_on = set_damaged_aside(ending.damaged)
    if (goes_on or inbox.waiting(invocation.data_dir)) and os.path.exists(SCRIPT):
        start_another(invocation.document(), invocation.data_dir)


def _seconds(variable: str, default_s: float) -> float:
    """The variable's value, or else the default."""
    given = os.environ.get(variable, "")
    if not given.strip():
        return default_s
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if 0 <= seconds < math.inf:
        return seconds
    log.warning(
        "the variable %s is %r; expected a number of seconds like %.0f, which is used instead",
        variable,
        given,
        default_s,
    )
    return default_s
