"""What a task says of scenes that are the background worker's."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from jobs.registry import WORKER, Registry
from jobs.schema import LIVE
from tests.worker.desk import Desk
from worker import tasks
from worker.workplace import Workplace

ALL = "Sync all scenes: 8 synced, 0 already in sync, 0 not in Plex, 0 failed"
TWO = "Sync of 2 scene(s): 0 synced, 0 already in sync, 0 not in Plex, 0 failed"


def sync_all(workplace: Workplace) -> str:
    return tasks.sync_all(workplace, lambda _fraction: None)


def sync_two(workplace: Workplace) -> str:
    return tasks.sync_scenes(workplace, [1, 2, 1], lambda _fraction: None)


def test_what_is_tried_again_later_is_told(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=3, absent=1)
    with desk.workplace() as workplace:
        workplace.memories.store.enqueue("scene", [3], LIVE, 0.0)
    left = "1 more are left to the background worker"
    assert desk.sync().endswith(f": 2 synced, 0 already in sync, 0 not in Plex, 0 failed; {left}")


@pytest.mark.parametrize(("task", "counted"), [(sync_all, ALL), (sync_two, TWO)])
def test_what_the_worker_takes_is_told(
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    task: Callable[[Workplace], str],
    counted: str,
) -> None:
    """A job keeps its lane, so that the worker may be faster: "0 synced" alone would look as if
    nothing happened."""
    with desk.workplace() as workplace, caplog.at_level("INFO", "worker.tasks"):
        store = workplace.memories.store
        worker = Registry(store.database, WORKER)
        worker.enter(time.time(), time.monotonic())
        store.enqueue("scene", [1, 2], LIVE, 0.0)
        assert len(store.claim(worker.token, [LIVE], time.time())) == 2
        said = task(workplace)
    assert said == f"{counted}; 2 more are left to the background worker"
    assert " s; 2 more are left to the background worker" in caplog.text
