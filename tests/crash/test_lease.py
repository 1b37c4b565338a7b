"""One worker at a time, whatever happens to it and to the clock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from jobs.registry import LEASE_S
from simulators.faults import Call
from simulators.rig import TREE, Rig
from tests.crash.kit import Accidents, Saves, check_at_rest, until_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
]

STARTED = "the worker has started"
HOUR_S = 3600.0


@pytest.fixture
def start_worker() -> Iterator[Callable[[Rig], subprocess.Popen[bytes]]]:
    """Starts a worker as our child: its end can be waited for. It is handed no lock."""
    started: list[subprocess.Popen[bytes]] = []

    def start(rig: Rig) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(TREE / "plex_sync.py"), "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=rig.data_dir,
            env={**os.environ, **rig.stash.config.environment},
        )
        started.append(process)
        assert process.stdin is not None
        process.stdin.write(rig.hook_input(1))
        process.stdin.close()
        process.stdin = None
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_of_many_workers_started_at_once_one_works(
    make_unlucky_rig: Callable[..., Rig], start_worker: Callable[[Rig], subprocess.Popen[bytes]]
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    rig.plex.stop()
    saves.save(1, 2, 3)
    rig.kill_workers()
    rig.plex.start()
    workers = [start_worker(rig) for _ in range(8)]
    rig.until_drained()
    rig.until(lambda: sum(each.poll() is None for each in workers) == 1, "the others' end")
    assert {each.poll() for each in workers} == {None, 0}
    assert rig.log_file().count(STARTED) == 2
    saves.check()
    check_at_rest(rig)


def test_a_worker_that_was_suspended_writes_nothing_after_it_was_replaced(
    make_unlucky_rig: Callable[..., Rig], start_worker: Callable[[Rig], subprocess.Popen[bytes]]
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(2)
    rig.until_drained()
    rig.kill_workers()
    sleeper = start_worker(rig)
    rig.until(lambda: sleeper.pid in [each.pid for each in rig.workers()], "its entry")
    suspended = threading.Event()

    def suspend() -> None:
        # It has read Stash and waits for Plex's answer; what it knows is about to be old.
        sleeper.send_signal(signal.SIGSTOP)
        # Until its last thread stands still: one that goes on would have the answer.
        os.waitpid(sleeper.pid, os.WUNTRACED)
        suspended.set()

    rig.plex.faults.add(Call(suspend), "GET /library/metadata/", times=1)
    saves.save(1)
    rig.until(suspended.is_set, "the suspension")
    saves.save(1)  # its hook starts a successor too
    start_worker(rig)
    rig.until(lambda: rig.title(1) == "Save 3", "the successor's write", timeout_s=2 * LEASE_S)
    sleeper.send_signal(signal.SIGCONT)
    until_gone(rig, [sleeper.pid])
    saves.check_at_the_end()
    assert "has taken over" in rig.log_file()
    (left,) = rig.workers()
    assert left.pid != sleeper.pid


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S], ids=["forward", "back"])
def test_the_clock_is_set_while_a_worker_runs(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents, jump_s: float
) -> None:
    rig = make_unlucky_rig(absent=1)
    saves = Saves(rig)
    saves.save(10)
    rig.until(lambda: "is not in Plex" in rig.log_file(), "the first try")
    rig.add_to_plex(rig.films[9:])
    accidents.set_clock(jump_s)
    saves.save(1)
    rig.until(lambda: rig.title(1) == "Save 2", "an edit after the jump")
    # The first retry was due after 15 to 19 seconds: it may be early, but not late by an hour.
    rig.until(lambda: rig.title(10) == "Save 1", "the retry", timeout_s=45.0)
    saves.check_at_the_end()
    assert rig.log_file().count(STARTED) == 1
    # A hook that took the worker for dead may have started another one, which then leaves.
    rig.until(lambda: len(rig.worker_pids()) == 1, "one worker only")


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S], ids=["forward", "back"])
def test_the_clock_is_set_while_no_worker_runs(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents, jump_s: float
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    rig.plex.stop()
    saves.save(1, 2)
    rig.kill_workers()
    rig.plex.start()
    accidents.set_clock(jump_s)
    saves.save(3)
    saves.check_at_the_end()
    assert len(rig.worker_pids()) == 1
