"""How things stand."""

from __future__ import annotations

from commands.status import status_of
from jobs.registry import TASK_ROLE
from page.operation import Answer, Operation, Operations
from pipeline.stores import open_databases
from stash.protocol import Invocation


def status(invocation: Invocation) -> Answer:
    """What `status --json` of the command line prints."""
    with open_databases(invocation.data_dir, TASK_ROLE) as databases:
        return status_of(databases).as_json()


QUERIES: Operations = {"status": Operation(status)}
