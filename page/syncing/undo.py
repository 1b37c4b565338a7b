"""What was written, and taking it back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from jobs.anew import open_jobs
from jobs.runs import UNDO, Runs
from jobs.states import States
from jobs.store import JobStore
from ledger.ledger import Ledger
from ledger.writes import Write
from page.arguments import flag, number, one_given, optional, scene_id, scene_ids
from page.operation import Answer, Operation, Operations
from page.size import clipped, fitting
from page.syncing.sync import queue
from stash.protocol import Invocation

USUAL_WRITES, MOST_WRITES = 50, 500
MOST_SCENES = 1000
LONGEST_TITLE = 200


def written(invocation: Invocation, before: int | None, limit: int) -> Answer:
    """What Plex has confirmed of fields and pictures, newest first; `before` the one of this id."""
    with closing(Ledger(invocation.data_dir)) as ledger:
        found = ledger.writes.newest(limit, before)
    with closing(open_jobs(invocation.data_dir)) as database:
        names = Runs(database).names({each.run for each in found if each.run})
    rows = fitting([shown_write(each, names) for each in found])
    is_last = len(rows) == len(found) < limit
    return {"written": rows, "before": None if is_last or not rows else rows[-1]["id"]}


def shown_write(write: Write, names: dict[int, str]) -> dict[str, Any]:
    """`run` is null for what was written on its own, since somebody edited the scene."""
    run = {"id": write.run, "name": names.get(write.run, "")} if write.run else None
    return {
        "id": write.id,
        "at": write.at,
        "run": run,
        "scene": write.scene_id,
        "rating_key": write.rating_key,
        "title": clipped(write.title, LONGEST_TITLE),
        "fields": list(write.fields),
    }


def undo(
    invocation: Invocation,
    scene: int | None,
    run: int | None,
    all: bool,
    force: bool,
) -> Answer:
    """Have the worker put back one scene, what a run wrote, or everything; `force`: also what was
    edited in Plex since. What was put back is left alone from then on."""
    one_given(scene=scene, run=run, all=all)
    if scene:
        return _ask(invocation, f"Undo scene {scene}", scenes=[scene], force=force)
    if run:
        return _ask(invocation, f"Undo run {run}", run=run, force=force)
    return _ask(invocation, "Undo everything", force=force)


def forget(invocation: Invocation, scenes: list[int]) -> Answer:
    """Have the worker leave these scenes to Plex as they are: unlocked, and synced no more."""
    return _ask(invocation, f"Forget {len(scenes)} scene(s)", scenes=scenes, forgets=True)


def manage(invocation: Invocation, scenes: list[int]) -> Answer:
    """Take these scenes back, and sync them."""
    with (
        closing(open_jobs(invocation.data_dir)) as database,
        closing(Ledger(invocation.data_dir)) as ledger,
    ):
        found = ledger.manage_scenes(scenes)
        _sync(JobStore(database), ledger, found)
    return {"queued": len(found)}


def _sync(store: JobStore, ledger: Ledger, scene_ids: Sequence[int]) -> None:
    States(store.database).forget(scene_ids)
    queue(store, ledger, scene_ids)


def _ask(invocation: Invocation, name: str, **args: Any) -> Answer:
    given = {key: value for key, value in args.items() if value}
    with closing(open_jobs(invocation.data_dir)) as database:
        return {"run": Runs(database).ask(UNDO, name, time.time(), **given)}


QUERIES: Operations = {
    "written": Operation(
        written,
        {"before": number(1, 1 << 53), "limit": number(1, MOST_WRITES, USUAL_WRITES)},
    )
}
ACTS: Operations = {
    "undo": Operation(
        undo,
        {
            "scene": optional(scene_id),
            "run": number(1, 1 << 53),
            "all": flag,
            "force": flag,
        },
    ),
    "forget": Operation(forget, {"scenes": scene_ids(MOST_SCENES)}),
    "manage": Operation(manage, {"scenes": scene_ids(MOST_SCENES)}),
}
