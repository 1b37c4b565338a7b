"""Leaving scenes alone, by a person's word."""

from __future__ import annotations

import time

from jobs.registry import TASK_ROLE
from jobs.schema import LIVE, SCENE
from ledger.second_copy import keep_copy
from page.arguments import flag, scene_ids
from page.operation import Answer, Operation, Operations
from pipeline.stores import open_databases
from pipeline.unmanaged import exclude as leave_alone
from pipeline.unmanaged import include
from stash.protocol import Invocation

MOST_SCENES = 1000


def exclude(invocation: Invocation, scenes: list[int], on: bool) -> Answer:
    """Leave these scenes alone from now on; or sync them again, also if they were restored or
    handed over. They are queued, so that what waits or failed of them is settled."""
    with open_databases(invocation.data_dir, TASK_ROLE) as databases:
        (leave_alone if on else include)(databases, scenes)
        databases.store.enqueue(SCENE, scenes, LIVE, time.time())
    keep_copy(invocation.data_dir, at_once=True)
    return {"scenes": scenes, "on": on}


def _on(name: str, given: object) -> bool:
    return True if given is None else flag(name, given)


ACTS: Operations = {"exclude": Operation(exclude, {"scenes": scene_ids(MOST_SCENES), "on": _on})}
