"""Who becomes the worker when somebody may be it already."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobs.registry import LEASE_S, WORKER, Registry
from jobs.schema import LIVE
from jobs.store import open_job_database
from simulators.faults import Call
from simulators.rig import Rig
from storage.database import Database
from worker.lease import take_lease

NOW = 1_700_000_000.0


class FakeStop(threading.Event):
    """Waiting takes no time: it moves the clock and lets `meanwhile` happen."""

    def __init__(self) -> None:
        super().__init__()
        self.now_m = 5000.0
        self.meanwhile: Callable[[], object] = lambda: None

    def wait(self, timeout: float | None = None) -> bool:
        self.now_m += timeout or 0.0
        self.meanwhile()
        return self.is_set()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_job_database(str(tmp_path))) as opened:
        yield opened


@pytest.fixture
def holder(database: Database) -> Registry:
    """Another worker, which has entered."""
    registry = Registry(database, WORKER)
    assert registry.enter(NOW, 0.0)
    return registry


@pytest.fixture
def stop() -> FakeStop:
    return FakeStop()


def try_to_take(database: Database, stop: FakeStop) -> tuple[bool, float]:
    """Whether we are the worker now, and the seconds it took."""
    began_m = stop.now_m
    taken = take_lease(
        Registry(database, WORKER), stop, clock=lambda: NOW, monotonic=lambda: stop.now_m
    )
    return taken, stop.now_m - began_m


def test_a_worker_that_is_told_to_end_while_it_reads_plexs_files_ends(
    make_rig: Callable[..., Rig],
) -> None:
    """It would read all pages first; what it had claimed is due for the next worker."""
    rig = make_rig(count=300)
    rig.plex.page_limit = 1
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


def test_without_another_worker_it_is_taken_at_once(database: Database, stop: FakeStop) -> None:
    assert try_to_take(database, stop) == (True, 0.0)


def test_a_worker_that_beats_keeps_it(database: Database, holder: Registry, stop: FakeStop) -> None:
    stop.meanwhile = lambda: holder.beat(NOW)
    taken, took_s = try_to_take(database, stop)
    assert not taken
    assert took_s < 1.0
    assert holder.is_entered()


def test_a_worker_that_leaves_meanwhile_is_followed(
    database: Database, holder: Registry, stop: FakeStop
) -> None:
    """It has seen no job of the hook that started us."""
    stop.meanwhile = holder.leave
    taken, took_s = try_to_take(database, stop)
    assert taken
    assert took_s < 1.0


def test_a_worker_that_stands_still_is_replaced_after_its_lease(
    database: Database, holder: Registry, stop: FakeStop
) -> None:
    taken, took_s = try_to_take(database, stop)
    assert taken
    assert LEASE_S <= took_s <= LEASE_S + 1.0
    assert not holder.is_entered()


def test_a_worker_whose_process_is_gone_is_replaced_at_once(
    database: Database, holder: Registry, stop: FakeStop
) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        child.wait()
    with database.write() as connection:
        connection.execute("UPDATE processes SET pid = ?", (child.pid,))
    assert try_to_take(database, stop) == (True, 0.0)


def test_whoever_is_overtaken_by_a_third_one_leaves_it_to_him(
    database: Database, holder: Registry, stop: FakeStop
) -> None:
    third = Registry(database, WORKER)

    def overtake() -> None:
        holder.leave()
        third.enter(NOW, stop.now_m)

    stop.meanwhile = overtake
    taken, _ = try_to_take(database, stop)
    assert not taken
    assert third.is_entered()


@pytest.mark.usefixtures("holder")
def test_waiting_ends_when_we_are_told_to_stop(database: Database, stop: FakeStop) -> None:
    stop.meanwhile = stop.set
    taken, took_s = try_to_take(database, stop)
    assert not taken
    assert took_s < 1.0
