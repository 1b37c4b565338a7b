"""The background worker's process."""

from __future__ import annotations

import logging
import os

from jobs.registry import WORKER
from logs import handlers
from stash.connection import StashConnection
from stash.protocol import Invocation
from storage.sqlite import StorageError
from worker.supervisor import IDLE_EXIT_S, supervise
from worker.workplace import open_workplace

log = logging.getLogger(__name__)

# For tests and for people who want it gone sooner; seconds.
IDLE_EXIT_VARIABLE = "PLEXSYNC_IDLE_EXIT"


def run(invocation: Invocation) -> int:
    """The exit status. Everything it has to say goes to the log file."""
    handlers.install(handlers.file_handler(invocation.data_dir))
    try:
        connection = StashConnection.from_plugin_input(invocation.connection)
        with open_workplace(
            invocation.data_dir, connection, invocation.plugin_id, WORKER
        ) as workplace:
            idle_exit_s = float(os.environ.get(IDLE_EXIT_VARIABLE) or IDLE_EXIT_S)
            supervise(workplace, idle_exit_s=idle_exit_s)
    except StorageError as error:
        log.error("the worker cannot work: %s", error)  # noqa: TRY400 - it explains itself
        return 1
    except Exception:
        log.exception("the worker ended because of a bug; please report it")
        return 1
    return 0
