"""When the worker looks by itself for what Stash told nobody, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from check.own import QUIET_S
from check.schedule import BUSY_S, EVERY_S, SELDOM_S
from jobs import looked
from jobs.registry import TASK_ROLE, Registry
from jobs.schema import CHECK, SCENE, TASK
from rest.idle import REST_AFTER_S
from simulators.faults import Reply
from tests.check.untold import KINDS, assign_a_file, move_a_file, rename_a_group
from tests.check.watch import on_watch
from tests.harness.sync import Desk, settled


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    return settled(desk)


def test_nobody_checks_before_everything_was_synced_once(desk: Desk) -> None:
    with on_watch(desk) as watch:
        assert watch.after(2 * EVERY_S) == 0
        assert not watch.checks.orders(watch.worker.settings.config)
    assert desk.writes() == 0


def test_a_worker_that_begins_checks_once_it_is_quiet_and_then_at_intervals(in_step: Desk) -> None:
    with on_watch(in_step) as watch:
        assert watch.is_pending()
        assert watch.after(QUIET_S - 1) == 0
        assert watch.after(1) == 1
        assert not watch.is_pending()
        assert watch.after(EVERY_S - 1) == 0
        assert watch.after(1) == 1


def test_after_hours_without_an_event_it_checks_seldom(in_step: Desk) -> None:
    with on_watch(in_step) as watch:
        watch.after(QUIET_S)
        watch.now += BUSY_S
        assert watch.after(1) == 1
        assert watch.after(SELDOM_S - 1) == 0
        assert watch.after(1) == 1


def test_a_worker_that_gets_up_at_its_time_takes_nobody_for_busy(in_step: Desk) -> None:
    """It gets up every half hour to look at Plex: Stash's disks may go on sleeping."""
    with on_watch(in_step) as watch:
        watch.checks.was_quiet(BUSY_S)
        assert watch.after(1) == 1
        assert watch.checks.quiet_s == BUSY_S + 1
        assert watch.after(SELDOM_S - 1) == 0
        in_step.edit(3, title="Told of nobody")
        assert watch.after(1) >= 1
        assert watch.checks.quiet_s < EVERY_S


def test_an_edit_is_followed_by_a_check_before_the_rest(in_step: Desk) -> None:
    """So that a resting worker knows what Stash was like."""
    with on_watch(in_step) as watch:
        watch.after(QUIET_S + REST_AFTER_S)
        in_step.edit(3, title="Told of")
        watch.context.stores.store.enqueue(SCENE, [3], 0, watch.now)
        assert watch.after(1) == 0
        assert watch.is_pending()
        assert watch.after(QUIET_S) == 1
        assert not watch.is_pending()


def test_a_look_at_the_page_is_followed_by_one(in_step: Desk) -> None:
    with on_watch(in_step) as watch:
        watch.after(QUIET_S)
        watch.now += BUSY_S
        watch.after(1)
        watch.now += REST_AFTER_S
        looked.mark(str(in_step.rig.data_dir), watch.now)
        assert watch.after(QUIET_S + 1) == 1
        assert watch.after(EVERY_S) == 1


def test_a_task_at_work_is_not_disturbed(in_step: Desk) -> None:
    with on_watch(in_step) as watch:
        database = watch.context.stores.store.database
        task = Registry(database, TASK_ROLE)
        task.enter(watch.now, watch.now)
        assert watch.after(EVERY_S) == 0
        task.leave()
        assert watch.after(QUIET_S) == 1


def test_a_stash_that_is_away_is_asked_again_at_the_next_time(in_step: Desk) -> None:
    with on_watch(in_step) as watch:
        in_step.rig.stash.faults.add(Reply(503), "POST /graphql")
        watch.after(QUIET_S)
        assert watch.worker.pause is None
        assert watch.checks.orders(watch.worker.settings.config)["digest"] == ""
        in_step.rig.stash.faults.clear()
        assert watch.after(EVERY_S) == 1
        assert watch.checks.orders(watch.worker.settings.config)["digest"]


def test_a_scene_that_stash_cannot_answer_keeps_nobody_awake(in_step: Desk) -> None:
    in_step.edit(3, title="Told of nobody")
    scene = in_step.rig.stash.library.scenes[3]
    scene.tags, tags = None, scene.tags  # type: ignore[assignment] # as a damaged row
    with on_watch(in_step) as watch:
        database = watch.context.stores.store.database

        def attempts() -> int:
            with database.read() as connection:
                return int(connection.execute("SELECT attempts FROM jobs").fetchone()[0])

        watch.after(QUIET_S + 2 * REST_AFTER_S)
        assert not watch.is_pending()
        before = attempts()
        assert watch.after(EVERY_S - 1) <= 1
        assert attempts() > before
        scene.tags = tags
        in_step.edit(3, title="Answered again")
        watch.after(2 * EVERY_S)
    assert in_step.item(3).title == "Answered again"


def test_what_was_put_off_stays_put_off_and_what_a_task_has_left_stays_its_own(
    in_step: Desk,
) -> None:
    in_step.rig.stash.library.add_scene("New, and not identified yet")
    in_step.edit(3, title="Left by a task")
    with on_watch(in_step) as watch:
        store = watch.context.stores.store
        store.enqueue(SCENE, [3], TASK, watch.now)
        with store.database.write() as connection:
            connection.execute(
                "INSERT INTO jobs (kind, object_id, lane, due_at, set_at, created_at)"
                " VALUES ('scene', 11, 1, ?, ?, ?)",
                (watch.now + 20, watch.now, watch.now),
            )
        assert watch.after(QUIET_S) == 1
        assert store.count((CHECK,)) == 0
        assert store.count((TASK,)) == 1
        assert store.next_due_at((1,)) == pytest.approx(watch.now + 20 - QUIET_S)


# Those that a scene of these shows.
SHOWN = [each for each in KINDS if each not in (assign_a_file, move_a_file, rename_a_group)]


@pytest.mark.parametrize("kind", SHOWN, ids=lambda each: each.__name__)
def test_what_no_hook_tells_is_in_plex_within_minutes(
    in_step: Desk, kind: Callable[[Desk], set[int]]
) -> None:
    with on_watch(in_step) as watch:
        watch.after(QUIET_S + REST_AFTER_S)
        kind(in_step)
        in_step.rig.stash.library.clock = lambda: in_step._clock
        assert watch.after(EVERY_S) >= 1
    for scene in in_step.rig.stash.library.scenes.values():
        item = in_step.item(scene.id)
        assert item.title == (scene.title or item.title)
        assert sorted(item.tag_names("genre")) == sorted(tag.name for tag in scene.tags)
        cast = {performer.name for performer in scene.performers}
        assert set(item.tag_names("actor")) == cast
