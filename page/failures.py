"""What failed, by its reason."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import Any

from jobs.anew import open_jobs
from jobs.job import FailedJob
from jobs.store import JobStore
from page.arguments import number, text
from page.operation import Answer, Operation, Operations
from page.size import fitting
from stash.protocol import Invocation

USUAL_FAILURES, MOST_FAILURES = 100, 1000
LONGEST_REASON = 100


def failures(invocation: Invocation, limit: int, reason: str | None, offset: int) -> Answer:
    """Groups of one reason, the most frequent first, with up to `limit` jobs of each from `offset`
    on, newest first."""
    with closing(open_jobs(invocation.data_dir)) as database:
        store = JobStore(database)
        counts = store.failure_counts()
        named = [each for each in counts if reason in (None, each)]
        pages = [(each, store.failures(limit, each, offset)) for each in named]
        advice = {each: _advice(store, each, found) for each, found in pages}
    return {
        "total": sum(counts.values()),
        "failures": [
            {"reason": each, "advice": advice[each], "count": counts[each], "jobs": jobs}
            for each, jobs in zip(named, _cut(pages), strict=True)
        ],
    }


def _advice(store: JobStore, reason: str, found: Sequence[FailedJob]) -> str:
    """Of the newest one, also where the page begins after it, or is empty."""
    newest = found or store.failures(1, reason)
    return newest[0].advice or "" if newest else ""


def _cut(pages: Sequence[tuple[str, Sequence[FailedJob]]]) -> list[list[dict[str, Any]]]:
    """What fits into an answer, of each reason as much as of any other."""
    return [
        fitting([each._asdict() for each in found], parts=max(len(pages), 1)) for _, found in pages
    ]


QUERIES: Operations = {
    "failures": Operation(
        failures,
        {
            "limit": number(1, MOST_FAILURES, USUAL_FAILURES),
            "reason": text(LONGEST_REASON, needed=False),
            "offset": number(0, 10_000_000, 0),
        },
    )
}
