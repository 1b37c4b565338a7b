"""Beating, clearing away the dead, and following the system's clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobs.job import Retry
from jobs.registry import LEASE_S, TASK_ROLE, WORKER, Registry
from jobs.schema import LIVE
from jobs.store import JobStore, open_job_database
from storage.database import Database
from worker.heartbeat import Heartbeat, steady_clock

NOW = 1_700_000_000.0


class Clock:
    """The wall clock, the monotonic one, and the one that counts the machine's sleep as well.

    `advance` moves all, `sleep` leaves out the second, `set_by` moves the first alone.
    """

    def __init__(self) -> None:
        self.wall, self.mono, self.steady = NOW, 5000.0, 9000.0

    def advance(self, seconds: float) -> None:
        self.sleep(seconds)
        self.mono += seconds

    def sleep(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds

    def set_by(self, seconds: float) -> None:
        self.wall += seconds


class Member:
    """A process: its entry in the registry and its heartbeat."""

    def __init__(self, database: Database, clock: Clock, role: str) -> None:
        self.registry = Registry(database, role)
        self.store = JobStore(database)
        self.stop = threading.Event()
        assert self.registry.enter(clock.wall, clock.mono)
        self.heartbeat = Heartbeat(
            self.registry,
            self.store,
            self.stop,
            clock=lambda: clock.wall,
            monotonic=lambda: clock.mono,
            steady=lambda: clock.steady,
        )

    def beat(self) -> None:
        self.heartbeat.beat()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_job_database(str(tmp_path))) as opened:
        yield opened


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(database: Database, clock: Clock) -> Member:
    return Member(database, clock, WORKER)


@pytest.fixture
def task(worker: Member, database: Database, clock: Clock) -> Member:
    """Beside the worker."""
    return Member(database, clock, TASK_ROLE)


def add_retry(store: JobStore, object_id: int, due_at: float) -> None:
    store.enqueue("scene", [object_id], LIVE, NOW)
    (job,) = store.claim("me", [LIVE], NOW)
    store.settle("me", {job: Retry(due_at, "plex error", "Plex failed")}, NOW)


def test_a_beat_shows_that_the_process_lives(worker: Member, task: Member, clock: Clock) -> None:
    clock.advance(2)
    worker.beat()
    (seen,) = task.registry.others()
    assert (seen.beat, seen.beat_at) == (1, NOW + 2)
    assert not worker.stop.is_set()


def test_a_process_whose_entry_was_taken_stops(worker: Member) -> None:
    worker.registry.leave()
    worker.beat()
    assert worker.stop.is_set()
    assert worker.heartbeat.lost


def test_a_process_whose_database_was_set_aside_stops(worker: Member, tmp_path: Path) -> None:
    """It would go on writing to a file that nobody reads."""
    path = Path(worker.store.database.path)
    path.rename(tmp_path / "jobs.db.damaged")
    worker.beat()
    assert worker.stop.is_set()
    assert worker.heartbeat.lost


def test_a_process_that_hangs_is_cleared_away_with_a_word(
    worker: Member, task: Member, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        worker.beat()
        clock.advance(LEASE_S / 2)
    with caplog.at_level(logging.WARNING, "worker.heartbeat"):
        worker.beat()
    assert not task.registry.is_entered()
    assert any("a PlexSync task (process" in message for message in caplog.messages)
    task.beat()
    assert task.heartbeat.lost


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0], ids=["forward", "back"])
def test_a_clock_that_is_set_kills_nobody_and_moves_the_retries_along_once(
    worker: Member, task: Member, clock: Clock, jump_s: float
) -> None:
    add_retry(worker.store, 1, NOW + 60)
    for member in (worker, task):
        member.beat()
    clock.advance(5)
    clock.set_by(jump_s)
    for _ in range(3):
        for member in (task, worker):
            member.beat()
        clock.advance(5)
    assert worker.store.next_due_at([LIVE]) == NOW + 60 + jump_s
    assert worker.registry.is_entered()
    assert task.registry.is_entered()


def test_without_a_worker_the_task_moves_the_retries(
    worker: Member, task: Member, clock: Clock
) -> None:
    add_retry(worker.store, 1, NOW + 60)
    worker.registry.leave()
    clock.set_by(3600)
    task.beat()
    assert task.store.next_due_at([LIVE]) == NOW + 3660


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0], ids=["forward", "back"])
def test_fresh_jobs_are_due_whatever_happens_to_the_clock(
    worker: Member, clock: Clock, jump_s: float
) -> None:
    worker.store.enqueue("scene", [1], LIVE, clock.wall)
    clock.set_by(jump_s)
    worker.store.enqueue("scene", [2], LIVE, clock.wall)
    worker.beat()
    assert len(worker.store.claim("me", [LIVE], clock.wall)) == 2


def test_a_night_asleep_leaves_the_retries_alone(worker: Member, clock: Clock) -> None:
    add_retry(worker.store, 1, NOW + 60)
    clock.sleep(28_800)
    worker.beat()
    assert worker.store.next_due_at([LIVE]) == NOW + 60


@pytest.mark.parametrize(
    ("known", "taken"),
    [
        ({"CLOCK_BOOTTIME": 7, "CLOCK_MONOTONIC": 1}, 7.5),
        ({"CLOCK_MONOTONIC": 6}, 6.5),
        ({"CLOCK_BOOTTIME": 99, "CLOCK_MONOTONIC": 1}, 1.5),
        ({}, 0.5),
    ],
    ids=["Linux", "macOS", "a sandbox that refuses it", "Windows"],
)
def test_the_steady_clock_is_the_one_that_counts_sleep(
    monkeypatch: pytest.MonkeyPatch, known: dict[str, int], taken: float
) -> None:
    def clock_gettime(number: int) -> float:
        if number == 99:
            raise OSError
        return number + 0.5

    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        monkeypatch.delattr(time, name, raising=False)
    for name, number in known.items():
        monkeypatch.setattr(time, name, number, raising=False)
    monkeypatch.setattr(time, "clock_gettime", clock_gettime, raising=False)
    monkeypatch.setattr(time, "monotonic", lambda: 0.5)
    clock = steady_clock()
    monkeypatch.undo()
    assert clock() == taken


def test_small_corrections_of_the_clock_leave_the_retries_alone(
    worker: Member, clock: Clock
) -> None:
    add_retry(worker.store, 1, NOW + 60)
    for _ in range(10):
        clock.set_by(20)
        worker.beat()
    assert worker.store.next_due_at([LIVE]) == NOW + 60


def restart(member: Member, database: Database, clock: Clock) -> Member:
    """The process ends and another one starts, in a machine that may have been off meanwhile."""
    member.registry.leave()
    clock.mono = clock.steady = 0.0
    return Member(database, clock, member.registry.role)


@pytest.mark.parametrize(
    ("jump_s", "expected"),
    [(-7200.0, NOW + 60 - 7200), (-20.0, NOW + 60), (7200.0, NOW + 60)],
    ids=["back", "a-little", "off-for-hours"],
)
def test_a_clock_that_was_set_back_while_nobody_ran_delays_no_retry(
    worker: Member, database: Database, clock: Clock, jump_s: float, expected: float
) -> None:
    add_retry(worker.store, 1, NOW + 60)
    worker.beat()
    clock.set_by(jump_s)
    for _ in range(2):
        worker = restart(worker, database, clock)
        worker.heartbeat.start()
        worker.heartbeat.end()

    assert worker.store.next_due_at([LIVE]) == expected


def test_the_thread_beats_until_it_is_ended(
    worker: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.heartbeat.BEAT_S", 0.001)
    beaten = threading.Event()
    real = worker.registry.beat

    def beat(now: float) -> bool:
        beaten.set()
        return real(now)

    monkeypatch.setattr(worker.registry, "beat", beat)
    worker.heartbeat.start()
    assert beaten.wait(5)
    worker.heartbeat.end()
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
