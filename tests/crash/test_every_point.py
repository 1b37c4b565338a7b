"""A process that dies between any two durable steps loses nothing and writes nothing twice."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable

import pytest

from simulators.rig import Rig
from tests.crash.kit import Accidents, Saves, check_at_rest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

# A scene of its own for each point, so that a later save can't cover up a loss.
SCENES = 150


def test_no_accident_happens_to_the_test_itself() -> None:
    loaded = sys.modules.get("sitecustomize")
    assert "inject" not in str(getattr(loaded, "__file__", ""))


@pytest.mark.timeout(600)
def test_a_worker_killed_at_every_point_of_its_life(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig(count=SCENES, idle_exit_s=0.2)
    saves = Saves(rig)

    def has_ended() -> bool:
        return not accidents.is_armed() or not (rig.worker_pids() or rig.jobs_left())

    for point in range(1, SCENES):
        rig.until(lambda: not rig.worker_pids(), "the end of the last worker")
        accidents.arm("worker", point)
        saves.save(point)
        rig.until(has_ended, "the end of the worker")
        if accidents.is_armed():
            break  # it reached its natural end
    accidents.disarm()
    saves.save(SCENES)
    saves.check_at_the_end()
    assert accidents.kills == point - 1 >= 30


@pytest.mark.timeout(600)
def test_a_task_killed_at_every_point(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig(count=SCENES)
    saves = Saves(rig)
    for point in range(1, SCENES):
        saves.save_unseen(point)
        accidents.arm("task", point)
        rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
        if accidents.is_armed():
            break
    accidents.disarm()
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    saves.acknowledged = dict(saves.saved)
    saves.check()
    # A look that is put off for seconds is a worker's.
    rig.until_drained()
    check_at_rest(rig)
    assert accidents.kills == point - 1 >= 30


@pytest.mark.parametrize("fresh", [True, False], ids=["first of all", "later"])
def test_a_hook_killed_at_every_point_loses_no_event_but_its_own(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents, fresh: bool
) -> None:
    rig = make_unlucky_rig(count=SCENES)
    saves = Saves(rig)
    for point in range(1, SCENES // 3):
        rig.kill_workers()
        if fresh and rig.data_dir.exists():
            shutil.rmtree(rig.data_dir)
        before, victim, after = 3 * point - 2, 3 * point - 1, 3 * point
        if not fresh:
            # Waits in the queue, claimed by nobody, while the hook dies.
            rig.plex.stop()
            saves.save(before)
            rig.kill_workers()
            rig.plex.start()
        accidents.arm("hook", point)
        saves.save(victim)
        is_alive = accidents.is_armed()
        accidents.disarm()
        saves.save(after)
        rig.until_drained()
        saves.check()
        if is_alive:
            break
    check_at_rest(rig)
    assert accidents.kills == point - 1 >= 4
    # Whoever died before the commit has told Stash so; whoever died after it was heard.
    assert all(each in saves.acknowledged for each in range(1, 3 * point + 1) if each % 3 == 0)


@pytest.mark.parametrize(
    ("request_line", "scenes"),
    [
        ("GET /library/sections", 1),
        ("GET /library/sections/1/all", 1),
        ("GET /library/metadata/", 1),
        ("PUT /library/sections/1/all", 1),
        ("PUT /library/sections/1/all", 12),
    ],
    ids=["sections", "listing", "items", "only edit", "one of many edits"],
)
def test_a_worker_killed_while_plex_carries_out_its_request(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents, request_line: str, scenes: int
) -> None:
    rig = make_unlucky_rig(count=20)
    saves = Saves(rig)
    for skip in range(scenes):
        accidents.kill_at_request(rig, request_line, skip=skip)
        rig.plex.stop()  # so that they are found as one batch
        saves.save(*range(1, scenes + 1))
        rig.kill_workers()
        (rig.data_dir / "plex-index.db").unlink(missing_ok=True)
        rig.plex.start()
        saves.save(scenes)
        rig.until(lambda: not rig.worker_pids(), "the kill")
        rig.kill_workers()
        saves.save(20)
        saves.check_at_the_end()
    assert accidents.kills == scenes
