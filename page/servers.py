"""For operations that ask the servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobs.registry import TASK_ROLE
from stash.connection import StashConnection
from stash.protocol import Invocation
from worker.context import Context, open_context


@contextmanager
def opened(invocation: Invocation) -> Iterator[Context]:
    """Settings, stores and the connection to Stash. Needs the packages."""
    connection = StashConnection.from_plugin_input(invocation.connection)
    with open_context(
        invocation.data_dir, connection, invocation.plugin_id, TASK_ROLE, invocation.args
    ) as context:
        yield context
