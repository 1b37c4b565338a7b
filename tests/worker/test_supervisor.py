"""Who becomes the worker when somebody may be it already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from jobs import lock
from jobs.liveness import started_at
from jobs.lock import TAKE_S
from jobs.registry import BEAT_S, WORKER, Registry
from jobs.schema import LIVE
from simulators.faults import Call
from simulators.rig import Rig
from storage.database import Database
from tests.jobs.events import save
from worker.lease import UNSURE_S, Lease

NOW = 1_700_000_000.0


class Clock:
    """Waiting takes no time: it moves the clocks and lets `meanwhile` happen."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self.meanwhile: Callable[[], object] = lambda: None

    def wall(self) -> float:
        return NOW + self.passed_s

    def sleep(self, seconds: float) -> None:
        self.passed_s += seconds
        self.meanwhile()


@pytest.fixture
def holder(database: Database) -> Registry:
    """Another worker, which has entered."""
    registry = Registry(database, WORKER)
    assert registry.enter(NOW, 0.0)
    return registry


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[int]:
    """The lock, which another process has."""
    found = lock.claim(str(tmp_path), lock.FILE_NAME)
    assert found is not None
    os.utime(tmp_path / lock.FILE_NAME, (NOW, NOW))
    yield found
    with suppress(OSError):
        lock.release(found)


def try_to_take(database: Database, clock: Clock) -> tuple[bool, float]:
    """Whether we are the worker now, and the seconds it took."""
    lease = Lease(
        database.data_dir, clock=clock.wall, monotonic=lambda: clock.passed_s, sleep=clock.sleep
    )
    registry = Registry(database, WORKER)
    taken = lease.arrive(registry) and lease.enter(registry)
    lease.leave()
    return taken, clock.passed_s


def become(database: Database, **columns: object) -> None:
    """Change the holder's row."""
    with database.write() as connection:
        for name, value in columns.items():
            connection.execute(f"UPDATE processes SET {name} = ?", (value,))  # noqa: S608


def test_a_worker_that_is_told_to_end_while_it_reads_plexs_files_ends(
    make_rig: Callable[..., Rig],
) -> None:
    """It would read all pages first; what it had claimed is due for the next worker."""
    rig = make_rig(count=300)
    rig.plex.quirks.page_limit = 1
    rig.plex.faults.add(Call(lambda: stop_workers(rig)), "/library/sections/1/all", skip=1)
    rig.stash.update_scene({"id": 1, "title": "New"})
    rig.until(lambda: "the worker ends: it was told to" in rig.log_file(), "the worker's end")
    rig.until(lambda: not rig.worker_pids(), "the end of its process")

    assert rig.plex.requests.count("GET", "/library/sections/1/all") < 150
    assert rig.jobs_left() == 1
    with rig.store() as store:
        assert store.next_due_at([LIVE]) is not None


def stop_workers(rig: Rig) -> None:
    for pid in rig.worker_pids():
        os.kill(pid, signal.SIGTERM)


# Who becomes the worker


def test_without_another_worker_it_is_taken_at_once(database: Database, clock: Clock) -> None:
    assert try_to_take(database, clock) == (True, 0.0)


@pytest.mark.usefixtures("held", "holder")
def test_where_a_worker_is_and_nothing_waits_nobody_is_needed(
    database: Database, clock: Clock
) -> None:
    assert try_to_take(database, clock) == (False, 0.0)


@pytest.mark.usefixtures("held", "holder")
def test_a_worker_that_takes_the_event_in_keeps_its_place(
    database: Database, holder: Registry, clock: Clock
) -> None:
    path = Path(save(database.data_dir, 1, NOW - 60))
    clock.meanwhile = path.unlink
    taken, took_s = try_to_take(database, clock)
    assert not taken
    assert took_s < 1.0
    assert holder.is_entered()


@pytest.mark.usefixtures("held", "holder")
def test_a_worker_that_marks_its_progress_keeps_its_place(
    database: Database, holder: Registry, clock: Clock, tmp_path: Path
) -> None:
    save(tmp_path, 1, NOW - 60)
    clock.meanwhile = lambda: os.utime(tmp_path / lock.FILE_NAME, (clock.wall(), clock.wall()))
    taken, _ = try_to_take(database, clock)
    assert not taken
    assert holder.is_entered()


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("age_s", "within_s"),
    [(0.0, TAKE_S + 1), (10.0, TAKE_S - 9), (60.0, 3.0)],
    ids=["fresh", "young", "old"],
)
def test_a_worker_that_leaves_an_event_lying_is_replaced_whatever_the_lock_says(
    database: Database,
    holder: Registry,
    clock: Clock,
    tmp_path: Path,
    age_s: float,
    within_s: float,
) -> None:
    """A suspended one; its threads beat no more. Nothing is said of those that beat: who beats and
    takes nothing in is no better."""
    os.utime(tmp_path / lock.FILE_NAME, (NOW - 100, NOW - 100))
    save(tmp_path, 1, NOW - age_s)
    clock.meanwhile = lambda: holder.beat(NOW)
    taken, took_s = try_to_take(database, clock)
    assert taken
    assert age_s + took_s >= TAKE_S
    assert took_s <= within_s
    assert not holder.is_entered()


def test_a_worker_whose_process_is_gone_is_replaced_at_once(
    database: Database, holder: Registry, clock: Clock
) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    become(database, pid=child.pid)
    assert try_to_take(database, clock) == (True, 0.0)


@pytest.mark.usefixtures("holder")
@pytest.mark.parametrize(
    "columns",
    [
        {"place": "oldhost pid:[1]", "pid": 57, "token": "worker-57-abc@1"},
        {"token": f"worker-{os.getpid()}-abc"},
        {"token": "old", "place": "oldhost pid:[1]", "pid": 57, "beat": 9, "beat_at": NOW - 5},
    ],
    ids=["another container", "of 0.1.0", "the issue's"],
)
def test_after_a_containers_restart_the_first_event_gets_a_worker_within_seconds(
    database: Database, clock: Clock, tmp_path: Path, columns: dict[str, object]
) -> None:
    """Whoever is registered can't be judged, but nobody holds the lock or takes the event in."""
    become(database, **columns)
    save(tmp_path, 1, NOW)
    taken, took_s = try_to_take(database, clock)
    assert taken
    assert took_s <= UNSURE_S + 1


@pytest.mark.skipif(not started_at(1), reason="the system tells no start of a process")
def test_a_strangers_process_with_the_same_id_keeps_nobody_waiting(
    database: Database, holder: Registry, clock: Clock, tmp_path: Path
) -> None:
    become(database, token=f"worker-{os.getpid()}-abc@earlier")
    save(tmp_path, 1, NOW)
    assert try_to_take(database, clock) == (True, 0.0)


def test_a_worker_elsewhere_that_beats_is_left_to_it_where_nothing_waits(
    database: Database, holder: Registry, clock: Clock
) -> None:
    """On a share whose locks don't reach from one machine to another."""
    become(database, place="elsewhere")
    clock.meanwhile = lambda: clock.passed_s > BEAT_S and holder.beat(NOW)
    taken, _ = try_to_take(database, clock)
    assert not taken
    assert holder.is_entered()


def test_a_worker_elsewhere_that_takes_the_event_in_is_left_to_it(
    database: Database, holder: Registry, clock: Clock, tmp_path: Path
) -> None:
    become(database, place="elsewhere")
    clock.meanwhile = Path(save(tmp_path, 1, NOW)).unlink
    taken, _ = try_to_take(database, clock)
    assert not taken
    assert holder.is_entered()


@pytest.mark.skipif(not started_at(1), reason="the system tells no start of a process")
def test_a_worker_that_lives_for_certain_gets_the_time_of_one_with_a_lock(
    database: Database, holder: Registry, clock: Clock, tmp_path: Path
) -> None:
    """It took the place of one that was suspended, and that one has just let go of the lock."""
    save(tmp_path, 1, NOW)
    taken, took_s = try_to_take(database, clock)
    assert taken
    assert took_s >= TAKE_S


def test_whoever_is_overtaken_by_a_third_one_leaves_it_to_him(
    database: Database, holder: Registry, clock: Clock, tmp_path: Path
) -> None:
    save(tmp_path, 1, NOW - 60)
    third = Registry(database, WORKER)

    def overtake() -> None:
        third.enter(NOW, clock.passed_s, holder.token)

    clock.meanwhile = overtake
    become(database, place="elsewhere")
    lease = Lease(
        database.data_dir, clock=clock.wall, monotonic=lambda: clock.passed_s, sleep=clock.sleep
    )
    assert lease.arrive(Registry(database, WORKER))
    assert third.is_entered()
    lease.leave()


def test_a_lock_that_was_handed_on_is_ours(database: Database, clock: Clock, held: int) -> None:
    lease = Lease(database.data_dir, (lock.FILE_NAME, held), monotonic=lambda: clock.passed_s)
    assert lease.arrive(Registry(database, WORKER))
    lease.leave()
    found = lock.claim(database.data_dir, lock.FILE_NAME)
    assert found is not None
    lock.release(found)
