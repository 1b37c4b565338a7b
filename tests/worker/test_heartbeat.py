"""Beating, clearing away the dead, and taking in what nobody else does."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from jobs import lock
from jobs.registry import LEASE_S, TASK_ROLE, WORKER, Registry
from jobs.schema import LIVE
from jobs.store import JobStore
from storage.database import Database
from storage.files import StorageError
from tests.jobs.events import save
from worker.heartbeat import Heartbeat
from worker.lease import Lease
from worker.watchdog import STANDSTILL_S

NOW = 1_700_000_000.0


class Clock:
    """The wall clock and the monotonic one."""

    def __init__(self) -> None:
        self.wall, self.mono = NOW, 5000.0

    def advance(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


class Member:
    """A process: its entry in the registry and its heartbeat."""

    def __init__(self, database: Database, clock: Clock, role: str) -> None:
        self.registry = Registry(database, role)
        self.store = JobStore(database)
        self.stop = threading.Event()
        assert self.registry.enter(clock.wall, clock.mono)
        self.lease = Lease(database.data_dir) if role == WORKER else None
        self.heartbeat = Heartbeat(
            self.registry,
            self.store,
            self.stop,
            self.lease,
            clock=lambda: clock.wall,
            monotonic=lambda: clock.mono,
        )

    def beat(self) -> None:
        self.heartbeat.beat()


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


def look_for(member: Member, clock: Clock, seconds: float, step_s: float = 5.0) -> None:
    for _ in range(int(seconds / step_s)):
        clock.advance(step_s)
        member.heartbeat.look()


def test_a_process_that_beats_and_gets_nowhere_gives_its_place_up(
    worker: Member, task: Member, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[bool] = []
    worker.store.enqueue("scene", [1], LIVE, NOW)
    assert worker.store.claim(worker.registry.token, [LIVE], NOW, 10)
    worker.heartbeat.watch(lambda: 7.0, lambda: ended.append(True))
    look_for(worker, clock, STANDSTILL_S)
    worker.beat()
    assert worker.registry.is_entered()
    look_for(worker, clock, 10.0)
    assert worker.heartbeat.stands_still
    assert worker.stop.is_set()
    assert ended == [True]
    assert not worker.registry.is_entered()
    assert task.store.claim(task.registry.token, [LIVE], clock.wall, 10)
    assert caplog.text.count("has not got on for") == 1


def test_a_process_that_gets_on_keeps_its_place_however_slowly(
    worker: Member, clock: Clock
) -> None:
    progress = [0.0]
    worker.heartbeat.watch(lambda: progress[0])
    for _ in range(5):
        look_for(worker, clock, STANDSTILL_S - 10.0)
        progress[0] += 1.0
    assert worker.registry.is_entered()


def test_a_machine_that_slept_is_no_standstill(worker: Member, clock: Clock) -> None:
    worker.heartbeat.watch(lambda: 7.0)
    look_for(worker, clock, 10 * STANDSTILL_S, step_s=2 * STANDSTILL_S)
    assert worker.registry.is_entered()


def test_an_event_that_waits_longer_than_a_look_is_taken_in(worker: Member, tmp_path: Path) -> None:
    """Whoever drains the queue is busy with a batch, say, or stands still."""
    save(tmp_path, 7, NOW)
    worker.heartbeat.look()
    assert worker.store.events_waiting() == 1
    worker.heartbeat.look()
    assert worker.store.events_waiting() == 0
    assert worker.store.count() == 1


def test_whoever_lost_its_entry_takes_nothing_in(worker: Member, tmp_path: Path) -> None:
    worker.registry.leave()
    save(tmp_path, 7, NOW)
    for _ in range(2):
        worker.heartbeat.look()
    assert worker.heartbeat.lost
    assert worker.stop.is_set()
    assert worker.store.events_waiting() == 1


def test_events_that_no_database_takes_are_waited_with(
    worker: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is shown that somebody does, so that nobody else takes the place."""

    def refuse(_now: float) -> int:
        raise StorageError("the database is locked")

    monkeypatch.setattr(worker.store, "take_in", refuse)
    assert worker.lease
    worker.lease.hold()
    os.utime(tmp_path / lock.FILE_NAME, (NOW, NOW))
    worker.heartbeat.look()
    assert lock.marked_at(str(tmp_path)) == NOW  # nothing is written while nothing waits
    save(tmp_path, 7, NOW)
    for _ in range(2):
        worker.heartbeat.look()
    assert lock.marked_at(str(tmp_path)) > NOW
    assert not worker.heartbeat.lost
    worker.lease.leave()


def test_the_thread_beats_until_it_is_ended(
    worker: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its clock stands still.
    monkeypatch.setattr("worker.heartbeat.BEAT_S", 0.0)
    monkeypatch.setattr("worker.heartbeat.LOOK_S", 0.001)
    beaten = threading.Event()
    real = worker.registry.beat

    def beat(now: float) -> bool:
        beaten.set()
        return real(now)

    monkeypatch.setattr(worker.registry, "beat", beat)
    worker.heartbeat.start()
    assert beaten.wait(60)
    worker.heartbeat.end()
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())
