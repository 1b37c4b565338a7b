"""A worker that dies on its way to its rest, at rest, or on its way back."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable

import pytest

from jobs import inbox
from simulators.rig import Rig
from tests.crash.kit import Accidents, Saves, kill_worker, until_gone
from tests.harness.rest import document, rests, start_watcher, until_it_rests

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there"),
]

SCENES = 150


@pytest.fixture
def rig(make_unlucky_rig: Callable[..., Rig]) -> Rig:
    return make_unlucky_rig(count=SCENES, rest_after_s=0.2)


@pytest.mark.timeout(600)
def test_one_killed_at_every_point_from_its_waking_to_its_next_rest(
    rig: Rig, accidents: Accidents
) -> None:
    saves = Saves(rig)
    for point in range(1, SCENES // 2):
        saves.save(2 * point)
        until_it_rests(rig)
        accidents.arm("worker", point)
        saves.save(2 * point + 1)
        rig.until(
            lambda: not accidents.is_armed() or (not rig.jobs_left() and rests(rig)),
            "its rest, or its end",
        )
        if accidents.is_armed():
            break
    accidents.disarm()
    saves.save(1)
    saves.check_at_the_end()
    assert accidents.kills == point - 1 >= 20
    assert any("becoming another program" in each for each in accidents.deaths())


def test_one_killed_when_an_event_wakes_it(rig: Rig, accidents: Accidents) -> None:
    saves = Saves(rig)
    saves.save(1)
    until_it_rests(rig)
    accidents.arm("watch", 1)
    saves.save(2)
    # The hook may find it dead already, and start the next one itself.
    rig.until(lambda: not accidents.is_armed(), "its end")
    saves.save(3)
    saves.check_at_the_end()
    assert ["becoming another program" in each for each in accidents.deaths()] == [True]


def test_one_killed_at_any_point_of_its_end_while_an_event_comes(
    rig: Rig, accidents: Accidents
) -> None:
    saves = Saves(rig)
    for point in range(1, 10):
        saves.save(2 * point)
        pid = until_it_rests(rig)
        os.kill(pid, signal.SIGSTOP)
        accidents.arm("watch", point)
        saves.save_unseen(2 * point + 1)
        inbox.put(str(rig.data_dir), rig.hook_input(2 * point + 1), time.time())
        saves.acknowledged[2 * point + 1] = saves.saved[2 * point + 1]
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)
        rig.until(lambda: not accidents.is_armed() or not rig.jobs_left(), "its end")
        if accidents.is_armed():
            break
        until_gone(rig, [pid])
    accidents.disarm()
    saves.save(1)
    saves.check_at_the_end()
    assert accidents.kills == point - 1 >= 3


@pytest.mark.parametrize("point", [1, 2], ids=["before it asks", "before it rests again"])
def test_one_killed_while_it_asks_stash(rig: Rig, accidents: Accidents, point: int) -> None:
    saves = Saves(rig)
    saves.save(1)
    # By then nothing of Stash's takes log lines any more, which would wake the one below.
    until_it_rests(rig)
    kill_worker(rig)
    rig.until(lambda: not rig.worker_pids(), "its end")
    accidents.arm("ask", point)
    process = start_watcher(rig, document(rig), ask_m=0.0, environment=accidents.environment)
    rig.until(lambda: process.poll() is not None, "its end")
    assert process.returncode == -signal.SIGKILL
    saves.save(2)
    saves.check_at_the_end()
    assert accidents.kills == 1


def test_kills_at_any_time_of_its_rest_lose_nothing(rig: Rig) -> None:
    saves = Saves(rig)
    for number in range(1, 8):
        saves.save(number)
        pid = until_it_rests(rig)
        os.kill(pid, signal.SIGKILL)
        saves.save(number + 10)
    saves.check_at_the_end()
