"""What a task says of scenes that are the background worker's."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from commands import tasks
from jobs import inbox
from jobs.registry import WORKER, Registry
from jobs.schema import LIVE, TASK
from tests.harness.sync import Desk
from tests.jobs.events import saved
from worker.context import Context

ALL = "Sync all scenes: 8 synced, 0 already in sync, 0 not in Plex, 0 failed"
TWO = "Sync of 2 scene(s): 0 synced, 0 already in sync, 0 not in Plex, 0 failed"


def sync_all(context: Context) -> str:
    return tasks.sync_all(context, lambda _fraction: None)


def sync_two(context: Context) -> str:
    return tasks.sync_scenes(context, [1, 2, 1], lambda _fraction: None)


def test_what_is_tried_again_later_is_told(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=3, absent=1)
    with desk.context() as context:
        context.stores.store.enqueue("scene", [3], LIVE, 0.0)
    left = "1 more are left to the background worker"
    assert desk.sync().endswith(f": 2 synced, 0 already in sync, 0 not in Plex, 0 failed; {left}")


@pytest.mark.parametrize(("task", "counted"), [(sync_all, ALL), (sync_two, TWO)])
def test_what_the_worker_takes_is_told(
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    task: Callable[[Context], str],
    counted: str,
) -> None:
    """A job keeps its lane, so that the worker may be faster: "0 synced" alone would look as if
    nothing happened."""
    with desk.context() as context, caplog.at_level("INFO", "commands.tasks"):
        store = context.stores.store
        worker = Registry(store.database, WORKER)
        worker.enter(time.time(), time.monotonic())
        store.enqueue("scene", [1, 2], LIVE, 0.0)
        assert len(store.claim(worker.token, [LIVE], time.time())) == 2
        said = task(context)
    assert said == f"{counted}; 2 more are left to the background worker"
    assert " s; 2 more are left to the background worker" in caplog.text


def test_a_job_that_is_about_no_scene_is_not_taken_for_one_that_is_left(desk: Desk) -> None:
    tag = desk.rig.stash.library.add_tag("Nature")
    with desk.context() as context:
        context.stores.store.enqueue("tag", [tag.id], LIVE, 0.0)
    said = desk.sync()
    assert said == "Sync all scenes: 10 synced, 0 already in sync, 0 not in Plex, 0 failed"


def test_what_waited_beside_the_scenes_that_were_named_is_told_apart(desk: Desk) -> None:
    with desk.context() as context:
        context.stores.store.enqueue("scene", [1, 2, 3], LIVE, 0.0)
        said = tasks.sync_scenes(context, [3, 4], lambda _fraction: None)
    counted = "Sync of 2 scene(s): 4 synced, 0 already in sync, 0 not in Plex, 0 failed"
    assert said == f"{counted}; 2 of them waited in the queue or came meanwhile"


def test_clearing_takes_along_what_waits_in_files(desk: Desk) -> None:
    """Else it would be synced after all, once the worker takes it in."""
    with desk.context() as context:
        data_dir, store = str(desk.rig.data_dir), context.stores.store
        together = {"ids": ["7", "8"]}
        inbox.put(data_dir, saved(7, input=together, inputFields=["title"]), time.time())
        store.enqueue("scene", [1], LIVE, 0.0)
        said = tasks.clear_queue(context, lambda _fraction: None)
    assert said == "Clear queue: removed 1 live queued, 2 background queued"
    assert inbox.waiting(data_dir) == ()
    assert desk.rig.jobs_left() == 0


def test_clearing_takes_along_what_a_stopped_task_was_busy_with(desk: Desk) -> None:
    with desk.context() as context:
        store = context.stores.store
        worker = Registry(store.database, WORKER)
        worker.enter(time.time(), time.monotonic())
        store.enqueue("scene", [1, 2], LIVE, 0.0)
        assert store.claim(worker.token, [LIVE], time.time(), limit=1)
        store.enqueue("scene", range(3, 13), TASK, 0.0)
        assert len(store.claim("a-task-that-was-killed", [TASK], time.time(), limit=4)) == 4
        said = tasks.clear_queue(context, lambda _fraction: None)
        assert store.counts() == {(LIVE, "claimed"): 1}
    assert said == "Clear queue: removed 1 live queued, 10 task queued"
