"""What a sync would change, as the last preview of all scenes has found it."""

from __future__ import annotations

import os
import time
from contextlib import closing
from typing import Any

from jobs.anew import open_jobs
from jobs.runs import PREVIEW, Runs
from ledger.preview_store import FILE_NAME, PreviewStore
from page.arguments import number, text
from page.operation import Answer, Operation, Operations
from page.size import fitting
from stash.protocol import Invocation

USUAL_CHANGES, MOST_CHANGES = 50, 200
LONGEST_FIELD = 40

NAME = "Preview changes"


def changes(invocation: Invocation, offset: int, limit: int, field: str | None) -> Answer:
    """Items that would be written, in the order of the scenes; those of one field if given."""
    found = _stored(invocation.data_dir, offset, limit, field)
    with closing(open_jobs(invocation.data_dir)) as database:
        run = Runs(database).newest(PREVIEW)
    is_open = run is not None and run.ended_at is None
    return {**found, "running": run.as_json(time.time()) if run and is_open else None}


def _stored(data_dir: str, offset: int, limit: int, field: str | None) -> dict[str, Any]:
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return _answer(None, 0, 0, 0, {}, [])
    with closing(PreviewStore(data_dir)) as store:
        found = store.newest()
        if found is None:
            return _answer(None, 0, 0, 0, {}, [])
        rows = fitting(store.page(found.id, offset, limit, field))
    total = found.changed if field is None else found.by_field.get(field, 0)
    return _answer(found.ended_at, total, found.same, found.not_synced, found.by_field, rows)


def _answer(
    computed_at: float | None,
    total: int,
    same: int,
    not_synced: int,
    by_field: dict[str, int],
    rows: list[Any],
) -> dict[str, Any]:
    return {
        "computed_at": computed_at,
        "total": total,
        "same": same,
        "not_synced": not_synced,
        "by_field": by_field,
        "changes": rows,
    }


def preview(invocation: Invocation) -> Answer:
    """Have the worker compute it anew."""
    with closing(open_jobs(invocation.data_dir)) as database:
        return {"run": Runs(database).ask(PREVIEW, NAME, time.time())}


QUERIES: Operations = {
    "changes": Operation(
        changes,
        {
            "offset": number(0, 10_000_000, 0),
            "limit": number(1, MOST_CHANGES, USUAL_CHANGES),
            "field": text(LONGEST_FIELD, needed=False),
        },
    )
}
ACTS: Operations = {"preview": Operation(preview)}
