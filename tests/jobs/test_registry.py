"""Who lives, who is dead, and that no job falls between a worker's exit and a hook."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox, liveness, lock
from jobs.job import Retry
from jobs.registry import LEASE_S, TASK_ROLE, WORKER, Registry
from jobs.runs import DONE, SYNC_ALL, Runs
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
    """Have this process be the one that entered."""
    former, registry.token = registry.token, f"worker-{pid}-abc@{liveness.started_at(pid)}"
    with registry.database.write() as connection:
        connection.execute(
            "UPDATE processes SET pid = ?, token = ? WHERE token = ?", (pid, registry.token, former)
        )
        connection.execute("UPDATE jobs SET claimed_by = ?", (registry.token,))


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


def test_what_0_1_0_announced_is_nobody_and_ends_with_a_worker(
    observer: Registry, make_registry: MakeRegistry
) -> None:
    with observer.database.write() as connection:
        connection.execute("INSERT INTO processes VALUES ('starting', 'starting', 'x', 1, 0, 0)")
    worker = make_registry(WORKER)
    assert worker.others() == [next(iter(worker.others()))]
    assert worker.enter(NOW, 0.0)
    with observer.database.read() as connection:
        found = connection.execute("SELECT count(*) FROM processes WHERE token = 'starting'")
        assert found.fetchone() == (0,)


def test_a_worker_takes_the_place_of_the_one_that_it_was_told_of(
    worker: Registry, make_registry: MakeRegistry, store: JobStore
) -> None:
    store.enqueue("scene", [1], LIVE, NOW)
    store.claim(worker.token, LANES, NOW)
    rival, third = make_registry(WORKER), make_registry(WORKER)
    assert rival.enter(NOW, 0.0, worker.token)
    assert not worker.is_entered()
    assert claimable(store) == [1]
    # It had looked at the same one, and comes too late.
    assert not third.enter(NOW, 0.0, worker.token)
    assert rival.is_entered()


@pytest.mark.skipif(not liveness.started_at(1), reason="the system tells no start of a process")
def test_a_process_is_known_by_its_start_as_well(
    worker: Registry, observer: Registry, make_registry: MakeRegistry
) -> None:
    """In a container that was started again its pid is a stranger's."""
    (found,) = observer.others()
    assert (found.is_alive, found.is_dead) == (True, False)
    with worker.database.write() as connection:
        connection.execute(
            "UPDATE processes SET token = 'worker-1-abc@earlier' WHERE token = ?", (worker.token,)
        )
    (found,) = observer.others()
    assert (found.is_alive, found.is_dead) == (False, True)
    assert make_registry(WORKER).enter(NOW, 0.0)


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


def test_what_was_asked_for_as_a_whole_keeps_the_worker(worker: Registry, store: JobStore) -> None:
    # During a pause nobody else would begin it at the end of that.
    runs = Runs(store.database)
    run_id = runs.ask(SYNC_ALL, "Sync all scenes", NOW)
    assert not worker.leave_if_idle(LANES)
    runs.end(run_id, DONE, "", NOW)
    runs.begin_task("Sync all scenes", "a-task", NOW)
    assert worker.leave_if_idle(LANES)


def test_a_transaction_that_was_first_keeps_the_worker(
    worker: Registry, open_another: Callable[[], Database]
) -> None:
    answers: list[bool] = []
    leaving = threading.Thread(target=lambda: answers.append(worker.leave_if_idle(LANES)))
    with open_another().write() as connection:
        connection.execute(
            "INSERT INTO jobs (kind, object_id, lane, created_at) VALUES ('scene', 1, 0, 0)"
        )
        leaving.start()  # waits for the lock
    leaving.join()
    assert answers == [False]


def test_an_event_never_falls_between_an_idle_exit_and_a_hook(
    tmp_path: Path, make_registry: MakeRegistry
) -> None:
    """Either whoever leaves sees the event, or the hook finds the place free."""
    data_dir = str(tmp_path)
    for turn in range(50):
        worker = make_registry(WORKER)
        assert worker.enter(NOW, 0.0)
        held = lock.claim(data_dir, lock.FILE_NAME)
        assert held is not None
        barrier = threading.Barrier(2)
        started: list[object] = []

        def hook(barrier: threading.Barrier, answers: list[object], turn: int) -> None:
            barrier.wait()
            inbox.put(data_dir, b"{}", NOW + turn)
            answers.append(lock.to_start(data_dir, NOW + turn))

        thread = threading.Thread(target=hook, args=(barrier, started, turn))
        thread.start()
        barrier.wait()
        worker.leave()
        lock.release(held)
        seen = inbox.waiting(data_dir)
        thread.join()
        assert seen or started != [None]
        for each in inbox.waiting(data_dir):
            Path(each).unlink()
        for found in filter(None, started):
            lock.release(found[1])  # type: ignore[index]
