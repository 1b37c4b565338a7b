"""Lines for Stash's log that wait in the job store, from processes without a way there.

Tasks and operations hand them over (`worker.log_relay`). Hooks don't, since they open no database:
so whoever leaves words asks Stash for such an operation. Standard library only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

from errors import SyncError
from jobs.store import JobStore, open_job_database
from net.trust import also_trust
from stash.connection import StashConnection
from stash.protocol import BadInvocation, Invocation
from stash.stdlib_client import PlainStash
from storage import ca_file
from storage.sqlite import StorageError
from worker.log_relay import OPERATION_MODE


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
        stash = PlainStash(connection)
        # Stash logs a line in red for a plugin that is gone, or disabled.
        stash.check_plugin(invocation.plugin_id)
        stash.run_operation(invocation.plugin_id, args)
