"""What failed, by its reason."""

from __future__ import annotations

from contextlib import closing

from commands.status import failure_groups
from jobs.anew import open_jobs
from jobs.store import JobStore
from page.arguments import number
from page.operation import Answer, Operation, Operations
from stash.protocol import Invocation

USUAL_FAILURES, MOST_FAILURES = 100, 1000


def failures(invocation: Invocation, limit: int) -> Answer:
    """The failures of the status, up to `limit` of each reason."""
    with closing(open_jobs(invocation.data_dir)) as database:
        groups = failure_groups(JobStore(database), limit)
    return {"failures": [each.as_json() for each in groups]}


QUERIES: Operations = {
    "failures": Operation(failures, {"limit": number(1, MOST_FAILURES, USUAL_FAILURES)})
}
