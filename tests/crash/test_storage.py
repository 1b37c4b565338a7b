"""Full disks, read-only folders and damaged databases: nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.schema import FILE_NAME, MIGRATIONS
from simulators.rig import Rig
from tests.crash.kit import Accidents, Saves, check_at_rest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="staged with POSIX means"),
]


def damage(path: Path) -> None:
    """Overwrite the database and its log in place, as a failing disk does."""
    for suffix in ("", "-wal"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            with file.open("r+b") as content:
                content.write(b"\xde\xad\xbe\xef" * (file.stat().st_size // 4))


def test_a_disk_that_was_full_for_a_while(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    rig.plex.stop()
    saves.save(1, 2, 3)
    rig.until(lambda: "waiting: Plex does not answer" in rig.log_file(), "the pause")
    accidents.put("full")
    rig.plex.requests.clear()
    rig.plex.start()
    rig.until(lambda: rig.plex.requests.count("GET", "/identity") > 0, "work on a full disk")
    hook = rig.start_hook(4)
    out, _ = hook.communicate(timeout=30)
    assert hook.returncode == 1
    assert b"disk" in out
    accidents.clear("full")
    saves.save(5)
    saves.check_at_the_end()
    assert rig.log_file().count("the worker has started") == 1


def test_databases_that_could_not_be_written_for_a_while(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    accidents.put("readonly")
    saves.save(1, 2, 3)
    rig.until(lambda: "readonly" in rig.log_file(), "the worker's complaint")
    accidents.clear("readonly")
    saves.save(4)
    saves.check_at_the_end()


def test_a_worker_that_could_not_start(
    make_unlucky_rig: Callable[..., Rig], accidents: Accidents
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    accidents.put("readonly")
    saves.save(1, 2)
    rig.until(lambda: "the worker cannot work" in rig.log_file(), "the worker's complaint")
    accidents.clear("readonly")
    saves.save(3)
    saves.check_at_the_end()


@pytest.fixture
def mount_read_only() -> Iterator[Callable[[Path], None]]:
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip("mounting is not permitted here")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_folder_gets_a_clear_error(
    rig: Rig, mount_read_only: Callable[[Path], None]
) -> None:
    rig.data_dir.mkdir(exist_ok=True)
    mount_read_only(rig.data_dir)
    hook = rig.start_hook(1)
    out, err = hook.communicate(timeout=30)
    assert (hook.returncode, err) == (1, b"")
    assert b"Read-only file system" in out


def test_a_job_store_damaged_under_a_running_worker(
    make_unlucky_rig: Callable[..., Rig],
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    (former,) = rig.worker_pids()
    damage(rig.data_dir / FILE_NAME)
    saves.save(2)
    rig.until(lambda: rig.title(2) == "Save 2", "the edit after the damage")
    rig.until(lambda: former not in rig.worker_pids(), "the end of who used the damaged file")
    assert [each.name for each in rig.data_dir.glob("jobs.db.damaged-*") if "-wal" not in each.name]
    saves.save(3)
    saves.check_at_the_end()
    assert len(rig.worker_pids()) == 1


def test_a_job_store_deleted_under_a_running_worker(
    make_unlucky_rig: Callable[..., Rig],
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    (former,) = rig.worker_pids()
    for file in rig.data_dir.glob("jobs.db*"):
        file.unlink()
    saves.save(2)
    rig.until(lambda: rig.title(2) == "Save 2", "the edit after the deletion")
    rig.until(lambda: former not in rig.worker_pids(), "the end of who used the deleted file")
    saves.save(3)
    saves.check_at_the_end()
    assert len(rig.worker_pids()) == 1


@pytest.mark.parametrize("name", ["jobs.db", "ledger.db", "plex-index.db", "scenes.db"])
@pytest.mark.parametrize("running", [True, False], ids=["under a worker", "at the start"])
def test_a_damaged_database_stops_nothing_for_good(
    make_unlucky_rig: Callable[..., Rig], name: str, running: bool
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save(1)
    rig.until_drained()
    if not running:
        rig.kill_workers()
    damage(rig.data_dir / name)
    saves.save(2)
    rig.until(lambda: "damaged" in rig.log_file() or rig.title(2) == "Save 2", "an effect")
    if name == "jobs.db":
        rig.until(lambda: bool(list(rig.data_dir.glob(f"{name}.damaged-*"))), "its removal")
    rig.until(lambda: not rig.worker_pids() or not rig.jobs_left(), "an end")
    saves.save(3)
    rig.until_drained()
    # A worker may go on for long with what it holds in memory; the next one must find it out.
    rig.kill_workers()
    saves.save(4)
    rig.until_drained()
    assert list(rig.data_dir.glob(f"{name}.damaged-*"))
    saves.check()
    check_at_rest(rig)


def test_a_job_store_of_the_first_schema_keeps_its_jobs(
    make_unlucky_rig: Callable[..., Rig],
) -> None:
    rig = make_unlucky_rig()
    saves = Saves(rig)
    saves.save_unseen(1, 2)
    rig.data_dir.mkdir(exist_ok=True)
    with contextlib.closing(sqlite3.connect(rig.data_dir / FILE_NAME)) as connection:
        connection.executescript(f"{MIGRATIONS[0]}; PRAGMA user_version=1;")
        connection.executemany(
            "INSERT INTO jobs (kind, object_id, lane, created_at) VALUES ('scene', ?, 0, 0)",
            [(1,), (2,)],
        )
        connection.commit()
    saves.save(3)
    rig.until_drained()
    saves.acknowledged = dict(saves.saved)
    saves.check()
    check_at_rest(rig)
