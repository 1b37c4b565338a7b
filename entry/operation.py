"""Operations: questions that the worker or a page in Stash asks through runPluginOperation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobs.store import JobStore, open_job_database
from stash.log_lines import write_log_lines
from stash.protocol import Invocation, answer
from storage.sqlite import StorageError


def relay_log(invocation: Invocation) -> int:
    """Hand the worker's log lines to Stash's log; how many they were."""
    database = open_job_database(invocation.data_dir)
    try:
        lines = JobStore(database).take_log_lines()
    finally:
        database.close()
    write_log_lines(lines)
    return len(lines)


OPERATIONS: Mapping[str, Callable[[Invocation], object]] = {"relay_log": relay_log}
"""By `mode`."""


def run(invocation: Invocation) -> int:
    """The exit status."""
    try:
        answer(OPERATIONS[str(invocation.args["mode"])](invocation))
    except StorageError as error:
        answer(error=f"PlexSync: {error}")
        return 1
    return 0
