"""Who lives, who is dead, and that no job falls between a worker's exit and a hook."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox
from jobs.inbox import UPSERT_JOB
from jobs.job import Retry
from jobs.registry import LEASE_S, TASK_ROLE, WORKER, Registry
from jobs.schema import BACKGROUND, LIVE, TASK
from jobs.store import JobStore
from storage.database import Database

NOW = 1_700_000_000.0
LANES = (LIVE, BACKGROUND)

MakeRegistry = Callable[[str], Registry]


@pytest.fixture
def worker(make_registry: MakeRegistry) -> Registry:
    """A worker that has entered."""
    registry = make_registry(WORKER)
    assert registry.enter(NOW, 0.0)
    return registry


@pytest.fixture
def observer(make_registry: MakeRegistry) -> Registry:
    """A task that has entered and watches the others."""
    registry = make_registry(TASK_ROLE)
    assert registry.enter(NOW, 0.0)
    return registry


def give_pid(registry: Registry, pid: int) -> None:
    with registry.database.write() as connection:
        connection.execute("UPDATE processes SET pid = ? WHERE token = ?", (pid, registry.token))


def claimable(store: JobStore) -> list[int]:
    return [job.object_id for job in store.claim("somebody", [LIVE, BACKGROUND, TASK], NOW + 1e6)]


# Entering and leaving


def test_there_is_one_worker(worker: Registry, make_registry: MakeRegistry) -> None:
    second = make_registry(WORKER)
    assert not second.enter(NOW, 0.0)
    worker.leave()
    assert second.enter(NOW, 0.0)


def test_of_two_workers_that_enter_at_once_one_gets_in(make_registry: MakeRegistry) -> None:
    rivals = [make_registry(WORKER) for _ in range(2)]
    barrier = threading.Barrier(2)
    entered: list[bool] = []

    def enter(registry: Registry) -> None:
        barrier.wait()
        entered.append(registry.enter(NOW, 0.0))

    threads = [threading.Thread(target=enter, args=(each,)) for each in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entered) == [False, True]


def test_any_number_of_tasks_may_run_beside_the_worker(
    worker: Registry, make_registry: MakeRegistry
) -> None:
    assert all(make_registry(TASK_ROLE).enter(NOW, 0.0) for _ in range(3))
    assert worker.is_entered()
    assert [each.role for each in worker.others()] == [TASK_ROLE] * 3


def test_leaving_frees_the_claims(worker: Registry, store: JobStore) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim(worker.token, LANES, NOW)
    worker.leave()
    assert not worker.is_entered()
    assert claimable(store) == [1]


def test_an_announced_worker_is_nobody_yet(tmp_path: Path, make_registry: MakeRegistry) -> None:
    assert inbox.record(str(tmp_path), "scene", 1, NOW).must_start
    assert make_registry(WORKER).others() == []


# Beating


def test_beats_are_seen_by_others(worker: Registry, observer: Registry) -> None:
    assert worker.beat(NOW + 2)
    (seen,) = observer.others()
    assert (seen.beat, seen.beat_at, seen.role) == (1, NOW + 2, WORKER)


def test_whoever_was_removed_is_told_by_the_next_beat(
    worker: Registry, make_registry: MakeRegistry
) -> None:
    rival = make_registry(WORKER)
    assert not rival.enter(NOW, 0.0)
    assert not rival.enter(NOW, LEASE_S / 2)
    assert rival.enter(NOW, LEASE_S)
    assert not worker.beat(NOW)
    assert not worker.is_entered()
    assert rival.is_entered()


def test_a_beat_that_moves_keeps_its_process_alive(worker: Registry, observer: Registry) -> None:
    for seconds in range(0, 100, 10):
        assert observer.remove_dead(float(seconds)) == []
        assert worker.beat(NOW)
    assert worker.is_entered()


def test_a_beat_that_stands_still_for_a_lease_ends_its_process(
    worker: Registry, observer: Registry, store: JobStore
) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim(worker.token, LANES, NOW)
    for seconds in (0.0, 10.0, 20.0, LEASE_S - 0.1):
        assert observer.remove_dead(seconds) == []
    assert [each.token for each in observer.remove_dead(LEASE_S)] == [worker.token]
    assert claimable(store) == [1]


def test_an_observer_that_slept_looks_again_before_it_judges(
    worker: Registry, observer: Registry
) -> None:
    """Both stood still, in a paused container say, and this one is the first to wake up."""
    observer.remove_dead(0.0)
    assert observer.remove_dead(10 * LEASE_S) == []
    assert observer.remove_dead(10.5 * LEASE_S) == []
    assert [each.token for each in observer.remove_dead(11 * LEASE_S)] == [worker.token]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0], ids=["forward", "back"])
def test_setting_the_wall_clock_kills_nobody(
    worker: Registry, observer: Registry, jump_s: float
) -> None:
    observer.remove_dead(0.0)
    worker.beat(NOW + jump_s)
    assert observer.beat(NOW + jump_s)
    assert observer.remove_dead(2.0) == []
    assert worker.remove_dead(2.0) == []


# Processes that are gone


def test_a_process_that_is_gone_is_removed_at_once_and_its_claims_freed(
    worker: Registry, observer: Registry, store: JobStore
) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim(worker.token, LANES, NOW)
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as child:
        give_pid(worker, child.pid)
        assert observer.remove_dead(0.0) == []
        child.kill()
        child.wait()
        assert [each.pid for each in observer.remove_dead(0.1)] == [child.pid]
    assert claimable(store) == [1]


def test_a_new_worker_replaces_one_that_is_gone(
    worker: Registry, make_registry: MakeRegistry
) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    give_pid(worker, child.pid)
    assert make_registry(WORKER).enter(NOW, 0.0)


def test_claims_of_nobody_are_freed(observer: Registry, store: JobStore) -> None:
    """Left by a version or a crash that removed the process and not its claims."""
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim("never-registered", LANES, NOW)
    assert observer.remove_dead(0.0) == []
    assert claimable(store) == [1]


def test_claims_of_the_living_stay(worker: Registry, observer: Registry, store: JobStore) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim(worker.token, LANES, NOW)
    observer.remove_dead(0.0)
    assert claimable(store) == []


# Whose task the clock is


def test_one_process_moves_the_retries_when_the_clock_was_set(
    worker: Registry, observer: Registry
) -> None:
    assert worker.keeps_time()
    assert not observer.keeps_time()
    worker.leave()
    assert observer.keeps_time()


# Leaving when idle


def test_an_idle_worker_leaves(worker: Registry) -> None:
    assert worker.leave_if_idle(LANES)
    assert not worker.is_entered()


@pytest.mark.parametrize("lane", LANES)
def test_a_waiting_job_keeps_the_worker(worker: Registry, store: JobStore, lane: int) -> None:
    store.enqueue("scene", [1], lane, NOW)
    assert not worker.leave_if_idle(LANES)
    assert worker.is_entered()


def test_a_retry_that_is_not_due_yet_keeps_the_worker(worker: Registry, store: JobStore) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    (job,) = store.claim(worker.token, LANES, NOW)
    store.settle(worker.token, {job: Retry(NOW + 86400, "not in Plex", "not there")}, NOW)
    assert not worker.leave_if_idle(LANES)


def test_jobs_of_lanes_that_it_does_not_serve_do_not_keep_it(
    worker: Registry, store: JobStore
) -> None:
    store.enqueue("scene", [1], TASK, NOW)
    assert worker.leave_if_idle(LANES)


def test_a_hooks_transaction_that_was_first_keeps_the_worker(
    worker: Registry, open_another: Callable[[], Database]
) -> None:
    answers: list[bool] = []
    leaving = threading.Thread(target=lambda: answers.append(worker.leave_if_idle(LANES)))
    with open_another().write() as connection:
        connection.execute(UPSERT_JOB, ("scene", 1, LIVE, 0.0, NOW))
        leaving.start()  # waits for the lock
    leaving.join()
    assert answers == [False]


def test_a_job_never_falls_between_an_idle_exit_and_a_hook(
    tmp_path: Path, make_registry: MakeRegistry, store: JobStore
) -> None:
    """Either the worker sees the job and stays, or the hook sees it gone and starts another."""
    for turn in range(20):
        worker = make_registry(WORKER)
        assert worker.enter(NOW, 0.0)
        barrier = threading.Barrier(2)
        must_start: list[bool] = []

        def hook(barrier: threading.Barrier, answers: list[bool], object_id: int) -> None:
            barrier.wait()
            answers.append(inbox.record(str(tmp_path), "scene", object_id, NOW).must_start)

        thread = threading.Thread(target=hook, args=(barrier, must_start, turn + 1))
        thread.start()
        barrier.wait()
        left = worker.leave_if_idle(LANES)
        thread.join()
        assert must_start == [left]
        assert claimable(store) == [turn + 1]
        worker.leave()
        with store.database.write() as connection:
            connection.execute("DELETE FROM jobs")
            connection.execute("DELETE FROM processes")
