"""How things stand."""

from __future__ import annotations

from commands.status import open_notes, status_of
from page.operation import Answer, Operation, Operations
from stash.protocol import Invocation


def status(invocation: Invocation) -> Answer:
    """What `status --json` of the command line prints."""
    with open_notes(invocation.data_dir) as notes:
        return status_of(notes).as_json()


QUERIES: Operations = {"status": Operation(status)}
