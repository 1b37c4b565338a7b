"""The check of all scenes at an interval, by a worker that has nothing else to do."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from check.comparison import COMPARE_ALL_EVERY_S
from commands import tasks
from commands.undo_task import restore
from jobs.notes import RECONCILE_NOTE
from jobs.schema import CHECK, LIVE, SCENE, TASK
from jobs.schema import WORKER_LANES as LANES
from simulators.faults import Reply
from tests.harness.clock import Clock
from tests.harness.sync import Desk
from worker.context import Context
from worker.processor import LONGEST_WAIT_S, SyncWorker

HOUR_S = 3600.0
DAY = 24.0


@pytest.fixture
def clock() -> Clock:
    return Clock(time.time())


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    """Ten films in step, checked once a day; in Plex nothing has happened for hours."""
    desk.date_plex(time.time() - 50_000)
    desk.configure(reconcile_hours=DAY)
    desk.sync()
    desk.sync()
    return desk


@contextmanager
def working(desk: Desk, clock: Clock) -> Iterator[tuple[SyncWorker, Context]]:
    """The background worker, registered, that knows the settings and steps when told to."""
    with desk.context() as context:
        context.stores.registry.enter(clock(), time.monotonic())
        context.settings.refresh()
        worker = SyncWorker(
            context.stores,
            context.stash,
            settings=context.settings,
            lanes=LANES,
            clock=clock,
        )
        try:
            yield worker, context
        finally:
            worker.close()


def work(worker: SyncWorker) -> int:
    """Step until there is nothing to do; how many steps had."""
    steps = 0
    while worker.step() == 0.0:
        steps += 1
    return steps


def check(desk: Desk, clock: Clock) -> None:
    """What a worker does that is alive when the next check is due."""
    clock.now += DAY * HOUR_S
    desk.reset()
    with working(desk, clock) as (worker, _):
        work(worker)


def noted(context: Context) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context.stores.store.note(RECONCILE_NOTE) or "{}")
    return found


def test_without_an_interval_nothing_is_checked(in_step: Desk, clock: Clock) -> None:
    in_step.configure(reconcile_hours=0)
    in_step.reset()
    with working(in_step, clock) as (worker, context):
        assert work(worker) == 0
        assert noted(context) == {}
    assert in_step.plex.requests.count() == 0


def test_all_scenes_are_checked_at_the_interval_and_not_before(in_step: Desk, clock: Clock) -> None:
    with working(in_step, clock) as (worker, context):
        assert work(worker) > 0
        assert noted(context)["finished"] == clock.now
        clock.now += DAY * HOUR_S - 1
        assert work(worker) == 0
        clock.now += 1
        assert work(worker) > 0


def test_the_worker_wakes_for_the_next_check(in_step: Desk, clock: Clock) -> None:
    in_step.configure(reconcile_hours=2 / HOUR_S)
    with working(in_step, clock) as (worker, _):
        work(worker)
        assert 0 < worker.step() <= 2
        clock.now += 1.5
        assert 0 < worker.step() <= 0.5
        clock.now += 0.5
        assert worker.step() == 0


def test_the_interval_counts_across_workers(in_step: Desk, clock: Clock) -> None:
    with working(in_step, clock) as (worker, _):
        work(worker)
    clock.now += DAY * HOUR_S / 2
    with working(in_step, clock) as (worker, _):
        assert work(worker) == 0
    clock.now += DAY * HOUR_S / 2
    with working(in_step, clock) as (worker, _):
        assert work(worker) > 0


def test_merged_performers_which_no_hook_tells_are_found(
    in_step: Desk, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    check(in_step, clock)
    gone, kept = in_step.scene(1).performers[0], in_step.scene(2).performers[0]
    holders = [
        scene.id for scene in in_step.rig.stash.library.scenes.values() if gone in scene.performers
    ]
    in_step.rig.stash.config.version = "v0.31.0"
    in_step.rig.stash.graphql(
        "mutation($input: PerformerMergeInput!) { performerMerge(input: $input) { id } }",
        {"input": {"source": [str(gone.id)], "destination": str(kept.id)}},
    )
    with caplog.at_level(logging.INFO, "check.reconcile"):
        check(in_step, clock)
    for scene_id in holders:
        cast = [tag.name for tag in in_step.item(scene_id).tags["actor"]]
        assert kept.name in cast
        assert gone.name not in cast
    assert in_step.looks() == [in_step.item(scene_id).rating_key for scene_id in holders]
    number = len(holders)
    assert caplog.messages[-1] == (
        f"Reconcile: {number} synced, {10 - number} already in sync, 0 not in Plex, 0 failed"
    )


def test_merged_scenes_which_no_hook_tells_are_found(in_step: Desk, clock: Clock) -> None:
    check(in_step, clock)
    former = in_step.item(2)
    in_step.rig.stash.graphql(
        "mutation($input: SceneMergeInput!) { sceneMerge(input: $input) { id } }",
        {"input": {"source": ["2"], "destination": "1"}},
    )
    check(in_step, clock)
    assert former.title == in_step.item(1).title == in_step.scene(1).title


def test_without_a_change_a_check_asks_next_to_nothing(in_step: Desk, clock: Clock) -> None:
    check(in_step, clock)
    check(in_step, clock)
    assert in_step.looks() == []
    assert in_step.writes() == 0


def test_an_edit_in_plex_between_two_checks_of_one_worker_is_found(
    in_step: Desk, clock: Clock
) -> None:
    with working(in_step, clock) as (worker, _):
        for _ in range(2):
            work(worker)
            clock.now += DAY * HOUR_S
        in_step.item(4).fields["title"] = "Edited in Plex"
        in_step.plex.library.touch(in_step.item(4))
        work(worker)
    assert in_step.item(4).title == in_step.scene(4).title


def test_once_a_week_everything_is_compared(in_step: Desk, clock: Clock) -> None:
    check(in_step, clock)
    # An edit that Plex gives no time.
    in_step.item(4).fields["title"] = "Edited in Plex"
    for _ in range(5):
        check(in_step, clock)
        assert in_step.item(4).title == "Edited in Plex"
    check(in_step, clock)
    assert in_step.item(4).title == in_step.scene(4).title
    assert COMPARE_ALL_EVERY_S == 7 * DAY * HOUR_S


def test_scenes_come_a_page_at_a_time(
    in_step: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.client.IDS_PER_PAGE", 3)
    queued = []
    with working(in_step, clock) as (worker, context):
        while worker.step() == 0.0:
            queued.append(context.stores.store.count((CHECK,)))
    assert max(queued) == 3
    assert queued.count(3) == 3


def test_a_check_that_was_killed_goes_on_after_its_last_page(
    in_step: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("stash.client.IDS_PER_PAGE", 4)
    with working(in_step, clock) as (worker, context):
        worker.step()
        worker.step()
        worker.step()
        assert noted(context)["after"] == 8
        context.stores.scene_cache.invalidate()
    clock.now += 2 * HOUR_S
    in_step.reset()
    with (
        caplog.at_level(logging.INFO, "check.reconcile"),
        working(in_step, clock) as (worker, context),
    ):
        work(worker)
        assert noted(context)["finished"] == clock.now
    assert "Reconcile, after scene 8: 0 synced, 6 already in sync" in caplog.text
    assert in_step.looks() == [in_step.item(scene_id).rating_key for scene_id in range(5, 11)]


def test_a_check_that_was_left_days_ago_is_begun_anew(
    in_step: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The setting was turned off on the way, and on again: what it has checked counts no more."""
    monkeypatch.setattr("stash.client.IDS_PER_PAGE", 4)
    with working(in_step, clock) as (worker, context):
        work(worker)
        clock.now += DAY * HOUR_S
        worker.step()
        assert noted(context)["after"] == 4
    clock.now += 2 * DAY * HOUR_S
    in_step.edit(1, title="Changed meanwhile")
    with working(in_step, clock) as (worker, context):
        work(worker)
        assert noted(context)["finished"] == clock.now
    assert in_step.item(1).title == "Changed meanwhile"


def test_what_has_a_job_keeps_it_as_it_is(
    in_step: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.retry.REFUSED_S", ())
    in_step.plex.library.remove(in_step.item(1))
    in_step.edit(2, title="Refused")
    in_step.edit(3, title="Left by a task")
    refused = in_step.plex.faults.add(Reply(400), "PUT .*/all")
    with working(in_step, clock) as (worker, context):
        store = context.stores.store
        store.enqueue(SCENE, [1, 2], LIVE, clock())
        worker.step()
        del refused
        in_step.plex.faults.clear()
        store.enqueue(SCENE, [3], TASK, clock())
        before = (store.retries(), store.failures(), store.counts())
        assert before[0]
        assert before[1]
        work(worker)
        assert (store.retries(), store.failures(), store.counts()) == before
    assert in_step.item(3).title != "Left by a task"


def test_a_live_edit_goes_first(
    in_step: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.client.IDS_PER_PAGE", 5)
    with working(in_step, clock) as (worker, context):
        worker.step()
        assert context.stores.store.count((CHECK,)) == 5
        in_step.edit(9, title="Live")
        context.stores.store.enqueue(SCENE, [9], LIVE, clock())
        worker.step()
        assert in_step.item(9).title == "Live"
        assert context.stores.store.count((CHECK,)) == 5


def test_tasks_leave_checks_to_the_worker(in_step: Desk, clock: Clock) -> None:
    with working(in_step, clock) as (worker, context):
        worker.step()
        assert context.stores.store.count((CHECK,)) == 10
    with in_step.context() as context:
        tasks.process_queue(context, lambda _fraction: None)
        assert context.stores.store.count((CHECK,)) == 10


def test_what_was_restored_stays_restored(in_step: Desk, clock: Clock) -> None:
    with in_step.context({"scene_id": "2"}) as context:
        restore(context, lambda _fraction: None)
    check(in_step, clock)
    assert in_step.item(2).title != in_step.scene(2).title


@pytest.mark.parametrize("server", ["stash", "plex"])
def test_a_check_pauses_while_a_server_is_down(in_step: Desk, clock: Clock, server: str) -> None:
    down = {"stash": in_step.rig.stash, "plex": in_step.plex}[server]
    with working(in_step, clock) as (worker, context):
        down.faults.add(Reply(503))
        while (wait_s := worker.step()) == 0.0:
            pass
        pause = worker.pause
        assert pause
        assert wait_s < LONGEST_WAIT_S / 2  # it rests until it asks the server again, no longer
        assert noted(context).get("finished", 0.0) == 0.0
        down.faults.clear()
        pause.next_probe_m = 0.0
        work(worker)
        assert noted(context)["finished"] == clock.now


def test_a_clock_that_was_set_back_is_no_reason_to_wait(in_step: Desk, clock: Clock) -> None:
    check(in_step, clock)
    clock.now -= 30 * DAY * HOUR_S
    with working(in_step, clock) as (worker, _):
        assert work(worker) > 0


@pytest.mark.parametrize(("hours", "stays"), [(DAY, True), (0, False)])
def test_the_worker_stays_only_if_there_is_something_to_check(
    in_step: Desk, hours: float, stays: bool
) -> None:
    in_step.configure(reconcile_hours=hours)
    with in_step.context() as context:
        registry = context.stores.registry
        registry.enter(time.time(), time.monotonic())
        context.settings.refresh()
        worker = context.worker(LANES, idle_exit_s=0.0)
        thread = threading.Thread(target=worker.run)
        thread.start()
        if stays:
            in_step.rig.until(lambda: bool(noted(context).get("finished")), "the check")
            assert thread.is_alive()
            assert registry.is_entered()
        else:
            in_step.rig.until(lambda: not registry.is_entered(), "the worker's end")
        context.stop.set()
        thread.join()
        assert worker.failure is None
