"""Lines for Stash's log that wait in the job store, from processes without a way there.

Tasks and operations hand them over by `hand_over`. Hooks don't, since they open no database: so
whoever leaves words asks Stash for such an operation. Standard library only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

from errors import SyncError
from jobs.schema import FILE_NAME
from jobs.store import JobStore, open_job_database
from net.trust import also_trust
from stash.connection import StashConnection
from stash.log_lines import write_log_lines
from stash.protocol import BadInvocation, Invocation
from stash.stdlib_client import PlainStash
from storage import ca_file
from storage.sqlite import DatabaseDamaged, StorageError, set_aside
from worker.log_relay import OPERATION_MODE

DAMAGED = (
    "the job store was damaged and is kept as {}; run the task that syncs all scenes to find again"
    " what was waiting in it"
)


def leave(invocation: Invocation, lines: Sequence[tuple[str, str]]) -> None:
    """Keep (level letter, text) lines, cleaned before, and have Stash fetch them."""
    if not lines:
        return
    args: dict[str, Any] = {"mode": OPERATION_MODE}
    try:
        with closing(open_job_database(invocation.data_dir)) as database:
            JobStore(database).add_log_lines(lines)
    except StorageError:
        args["lines"] = lines  # it is the job store that makes trouble, most likely
    with suppress(SyncError, BadInvocation, ValueError):
        also_trust(ca_file.kept(invocation.data_dir))
        connection = StashConnection.from_plugin_input(invocation.connection)
        PlainStash(connection).run_operation(invocation.plugin_id, args)


def hand_over(data_dir: str) -> int:
    """Write all that waits to Stash's log; how many lines. Raises StorageError.

    A damaged job store is set aside: a worker that uses it may not notice for long, and begins
    anew as soon as it is gone.
    """
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return 0
    try:
        return _hand_over(data_dir)
    except DatabaseDamaged as error:
        name = set_aside(error.path, time.time())
        if name is None:
            raise
        write_log_lines([("e", DAMAGED.format(name))])
        return 1


def _hand_over(data_dir: str) -> int:
    number = 0
    with closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        # A page at a time, so that a process that is killed takes few of them along.
        while lines := store.take_log_lines():
            write_log_lines(lines)
            number += len(lines)
    return number
