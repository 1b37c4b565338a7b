"""What a hook does with its event, and whether it has to start a worker."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jobs import inbox, place
from jobs.registry import WORKER, Registry
from jobs.schema import FILE_NAME, LIVE
from jobs.store import JobStore
from storage.database import Database
from storage.sqlite import StorageError, open_database
from tests.storage.files import locked, make_damaged

NOW = 1_700_000_000.0

MakeRegistry = Callable[[str], Registry]


def record(folder: Path, object_id: int = 1, now: float = NOW) -> bool:
    """Whether the hook must start a worker."""
    return inbox.record(str(folder), "scene", object_id, now).must_start


def live_ids(store: JobStore, now: float = NOW) -> list[int]:
    return [job.object_id for job in store.claim("me", [LIVE], now)]


def end_announcement(database: Database) -> None:
    with database.write() as connection:
        connection.execute("DELETE FROM processes WHERE token = ?", (inbox.STARTING,))


@pytest.fixture
def dead_pid() -> int:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    return process.pid


def test_an_event_becomes_a_live_job_that_is_due_at_once(tmp_path: Path, store: JobStore) -> None:
    record(tmp_path, 7)
    (job,) = store.claim("me", [LIVE], now=0.0)
    assert (job.kind, job.object_id, job.generation, job.created_at) == ("scene", 7, 1, NOW)


def test_the_first_event_makes_the_folder_and_private_files(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "plex_sync"
    assert record(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_an_event_outlives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = open_database

    def spy(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = real(*arguments, **options)  # type: ignore[arg-type]
        asked.append(connection.execute("PRAGMA synchronous").fetchone()[0])
        return connection

    monkeypatch.setattr(inbox, "open_database", spy)
    record(tmp_path)
    assert asked == [2]  # FULL


# Is a worker needed?


def test_of_fifty_events_one_starts_the_worker(tmp_path: Path) -> None:
    assert [record(tmp_path, number) for number in range(1, 51)].count(True) == 1


def test_a_live_worker_is_left_to_it(tmp_path: Path, make_registry: MakeRegistry) -> None:
    make_registry(WORKER).enter(NOW, 0.0)
    assert not record(tmp_path)


def test_a_task_is_no_worker(tmp_path: Path, make_registry: MakeRegistry) -> None:
    """It drains the queue, but it ends at once when its user presses stop."""
    make_registry("task").enter(NOW, 0.0)
    assert record(tmp_path)


def test_a_worker_that_never_came_is_started_again(tmp_path: Path) -> None:
    assert record(tmp_path)
    assert not record(tmp_path, now=NOW + inbox.START_GRACE_S - 0.1)
    assert record(tmp_path, now=NOW + inbox.START_GRACE_S)


def test_a_worker_that_died_while_starting_is_replaced_at_once(
    tmp_path: Path, dead_pid: int
) -> None:
    assert record(tmp_path)
    inbox.announce_pid(str(tmp_path), dead_pid)
    assert record(tmp_path, now=NOW + 0.1)


def test_a_worker_that_is_just_starting_is_waited_for(tmp_path: Path) -> None:
    assert record(tmp_path)
    inbox.announce_pid(str(tmp_path), os.getpid())
    assert not record(tmp_path, now=NOW + 0.1)


def test_a_worker_whose_process_is_gone_is_replaced_at_once(
    tmp_path: Path, make_registry: MakeRegistry, database: Database, dead_pid: int
) -> None:
    make_registry(WORKER).enter(NOW, 0.0)
    with database.write() as connection:
        connection.execute("UPDATE processes SET pid = ?", (dead_pid,))
    assert record(tmp_path)


def test_a_worker_of_another_container_is_believed_while_it_beats(
    tmp_path: Path, make_registry: MakeRegistry, database: Database, dead_pid: int
) -> None:
    make_registry(WORKER).enter(NOW, 0.0)
    with database.write() as connection:
        connection.execute("UPDATE processes SET pid = ?, place = 'elsewhere'", (dead_pid,))
    assert not record(tmp_path, now=NOW + place.BEAT_STALE_S - 1)
    assert record(tmp_path, now=NOW + place.BEAT_STALE_S)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0], ids=["forward", "back"])
def test_after_a_clock_jump_a_needless_worker_is_the_worst(
    tmp_path: Path, make_registry: MakeRegistry, jump_s: float
) -> None:
    """It looks closer and leaves again; the next beat makes hooks trust the live one again."""
    worker = make_registry(WORKER)
    worker.enter(NOW, 0.0)
    assert record(tmp_path, now=NOW + jump_s)
    assert worker.is_entered()
    assert worker.beat(NOW + jump_s)
    end_announcement(worker.database)
    assert not record(tmp_path, now=NOW + jump_s)


def test_a_worker_that_entered_ends_the_announcement(
    tmp_path: Path, make_registry: MakeRegistry
) -> None:
    assert record(tmp_path)
    worker = make_registry(WORKER)
    assert worker.enter(NOW, 0.0)
    worker.leave()
    assert record(tmp_path)


# When the database can't be used


def test_a_locked_database_leaves_the_event_in_a_file_that_is_taken_in_later(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "HOOK_BUSY_TIMEOUT_S", 0.01)
    with locked(tmp_path / FILE_NAME):
        assert record(tmp_path, 7)  # some worker has to find the file
    assert live_ids(store) == []
    assert store.take_spooled(NOW) == 1
    assert live_ids(store) == [7]


def test_of_fifty_events_that_go_to_files_one_starts_the_worker(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "HOOK_BUSY_TIMEOUT_S", 0.0)
    with locked(tmp_path / FILE_NAME):
        started = [record(tmp_path, number, NOW + number / 100) for number in range(1, 51)]
        assert started == [True] + [False] * 49
        # If that one can't take them in either, somebody has to try again.
        assert record(tmp_path, 51, NOW + 1 + inbox.START_GRACE_S)
    assert store.take_spooled(NOW) == 51


def test_that_events_go_to_files_is_told_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason: the worker's way to Stash's log is the same database."""
    monkeypatch.setattr(inbox, "HOOK_BUSY_TIMEOUT_S", 0.0)
    record(tmp_path)
    with locked(tmp_path / FILE_NAME):
        told = [
            inbox.record(str(tmp_path), "scene", number, NOW + after_s).lines
            for number, after_s in ((1, 0), (2, 1), (3, 2 + inbox.START_GRACE_S))
        ]
    ((letter, text),), nothing, again = told
    assert (letter, nothing, again) == ("w", [], [(letter, text)])
    assert text.startswith("a change waits in a file, since the queue cannot take it: cannot use ")
    assert "database is locked" in text


def test_a_newer_database_leaves_the_event_in_a_file(tmp_path: Path) -> None:
    """An update was rolled back: nothing is lost until it is installed again."""
    record(tmp_path, 1)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version=99")
    record(tmp_path, 7)
    assert len(list((tmp_path / "spool").iterdir())) == 1


def test_a_damaged_database_is_set_aside_and_the_event_stored_in_a_new_one(
    tmp_path: Path, open_another: Callable[[], Database]
) -> None:
    make_damaged(tmp_path / FILE_NAME)
    assert record(tmp_path, 7)
    assert len(list(tmp_path.glob("jobs.db.damaged-*"))) == 1
    assert live_ids(JobStore(open_another())) == [7]


def test_a_damaged_database_that_cannot_be_set_aside_leaves_the_event_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, _now: float) -> str | None:
        raise StorageError(f"{path} is damaged and cannot be renamed")

    monkeypatch.setattr(inbox, "set_aside", refuse)
    make_damaged(tmp_path / FILE_NAME)
    assert record(tmp_path, 7)
    assert len(list((tmp_path / "spool").iterdir())) == 1


def test_an_event_that_can_be_stored_nowhere_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "HOOK_BUSY_TIMEOUT_S", 0.01)
    (tmp_path / "spool").touch()
    record(tmp_path, 1)
    with locked(tmp_path / FILE_NAME), pytest.raises(StorageError):
        record(tmp_path, 7)


def test_a_pid_that_cannot_be_announced_is_no_error(tmp_path: Path) -> None:
    make_damaged(tmp_path / FILE_NAME)
    inbox.announce_pid(str(tmp_path), os.getpid())
    inbox.announce_pid(str(tmp_path / "missing"), os.getpid())


def test_the_announced_process_is_named_with_its_place(tmp_path: Path, database: Database) -> None:
    record(tmp_path)
    inbox.announce_pid(str(tmp_path), 4711)
    with database.read() as connection:
        row = connection.execute("SELECT pid, place FROM processes").fetchone()
    assert row == (4711, place.this_place())
