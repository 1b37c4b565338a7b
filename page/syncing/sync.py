"""Bringing scenes in step because a person asked for it, and trying again what failed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from jobs.anew import open_jobs
from jobs.runs import SYNC_ALL, Runs
from jobs.schema import BACKGROUND, LIVE, MOST_LIVE, SCENE
from jobs.store import JobStore
from ledger.ledger import Ledger
from ledger.preview_store import PreviewStore
from ledger.unmanaged import unmanaged_among
from page.arguments import flag, one_given, scene_ids, text
from page.operation import Answer, Operation, Operations
from stash.protocol import Invocation
from stash.task_arguments import WrongArguments

MOST_SCENES = 1000
LONGEST_REASON = 100
LONGEST_FIELD = 40

NAME = "Sync all scenes"


def sync(
    invocation: Invocation,
    scenes: list[int] | None,
    field: str | None,
    all: bool,
    full: bool,
) -> Answer:
    """Queue these scenes, those that a preview would change in a field, or have the worker sync all
    of them: `full` compares what seems unchanged as well."""
    one_given(scenes=scenes, field=field, all=all)
    with _opened(invocation) as (store, ledger):
        if all:
            given = {"full": True} if full else {}
            return {"run": Runs(store.database).ask(SYNC_ALL, NAME, time.time(), **given)}
        ids = scenes if scenes is not None else _with_change(invocation, str(field))
        unmanaged = unmanaged_among(ledger.database, ids)
        due = [each for each in ids if each not in unmanaged]
        queue(store, ledger, due)
    return {"queued": len(due), "left_alone": sorted(unmanaged)}


def retry(
    invocation: Invocation,
    scenes: list[int] | None,
    reason: str | None,
    all: bool,
) -> Answer:
    """Queue these failed scenes again, those that failed for one reason, or all."""
    one_given(scenes=scenes, reason=reason, all=all)
    with _opened(invocation) as (store, ledger):
        ledger.forget_refusals(scenes)
        lane = _lane(len(scenes) if scenes else MOST_LIVE + 1)
        number = store.retry_failed(time.time(), lane, reason=reason, scene_ids=scenes)
    return {"queued": number}


def queue(store: JobStore, ledger: Ledger, scene_ids: Sequence[int]) -> None:
    """Sync these, whatever is known of them and of Plex's ways: a person has asked for it."""
    ledger.forget_answers(scene_ids)
    ledger.forget_refusals(scene_ids)
    store.enqueue(SCENE, scene_ids, _lane(len(scene_ids)), time.time())


def _lane(number: int) -> int:
    return LIVE if number <= MOST_LIVE else BACKGROUND


def _with_change(invocation: Invocation, field: str) -> list[int]:
    with closing(PreviewStore(invocation.data_dir)) as store:
        found = store.newest()
        ids = store.scenes_with(found.id, field) if found else []
    if not ids:
        raise WrongArguments(
            f"the last preview has no change of {field!r}", advice="Compute it anew, then look."
        )
    return ids


@contextmanager
def _opened(invocation: Invocation) -> Iterator[tuple[JobStore, Ledger]]:
    with (
        closing(open_jobs(invocation.data_dir)) as database,
        closing(Ledger(invocation.data_dir)) as ledger,
    ):
        yield JobStore(database), ledger


ACTS: Operations = {
    "sync": Operation(
        sync,
        {
            "scenes": scene_ids(MOST_SCENES, needed=False),
            "field": text(LONGEST_FIELD, needed=False),
            "all": flag,
            "full": flag,
        },
    ),
    "retry": Operation(
        retry,
        {
            "scenes": scene_ids(MOST_SCENES, needed=False),
            "reason": text(LONGEST_REASON, needed=False),
            "all": flag,
        },
    ),
}
