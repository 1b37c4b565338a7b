"""An event that is stored is worked on as soon as that is possible, without another event."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox
from jobs.registry import WORKER, Registry
from jobs.store import open_job_database
from simulators.faults import Drop
from simulators.rig import Rig

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def sync_one(rig: Rig) -> int:
    """The worker's process id."""
    rig.stash.update_scene({"id": 1, "title": "First"})
    rig.until(lambda: rig.title(1) == "First", "the first edit")
    rig.until_drained()
    (pid,) = rig.worker_pids()
    return pid


def register(rig: Rig, token: str, place: str, pid: int) -> None:
    """What another worker has left in the registry just now."""
    with contextlib.closing(open_job_database(str(rig.data_dir))) as database:
        Registry(database, WORKER).remove_dead(0.0)
        with database.write() as connection:
            connection.execute("DELETE FROM processes")
            connection.execute(
                "INSERT INTO processes VALUES (?, 'worker', ?, ?, 9, ?)",
                (token, place, pid, time.time() - 5),
            )


@pytest.mark.parametrize(
    ("token", "place", "pid"),
    [("old", "oldhost pid:[1]", 57), ("worker-1-abc", "", os.getpid())],
    ids=["another host", "a stranger's process"],
)
def test_the_first_save_after_a_containers_restart_is_enough(
    rig: Rig, token: str, place: str, pid: int
) -> None:
    sync_one(rig)
    rig.kill_workers()
    register(rig, token, place or os.uname().nodename, pid)
    rig.stash.update_scene({"id": 2, "title": "After the restart"})
    rig.until(lambda: rig.title(2) == "After the restart", "the edit", timeout_s=30)


@posix
def test_a_suspended_worker_gets_a_successor_and_writes_no_more(rig: Rig) -> None:
    former = sync_one(rig)
    os.kill(former, signal.SIGSTOP)
    try:
        rig.stash.update_scene({"id": 2, "title": "Saved once"})
        # Once: where the system tells that a process is suspended. Else the next hook would.
        if not Path("/proc/self/stat").exists():
            time.sleep(6)
            rig.stash.update_scene({"id": 3, "title": "Saved later"})
        rig.until(lambda: rig.title(2) == "Saved once", "the edit", timeout_s=45)
    finally:
        os.kill(former, signal.SIGCONT)
    rig.until(lambda: former not in rig.worker_pids(), "the former one's end")
    rig.stash.update_scene({"id": 4, "title": "By the successor"})
    rig.until(lambda: rig.title(4) == "By the successor", "the next edit")
    # The former one's lock is free for a moment: whoever gets it meanwhile finds a worker alive.
    rig.until(lambda: len(rig.worker_pids()) == 1, "the end of whoever isn't needed")


def test_a_worker_whose_session_has_expired_takes_the_next_hooks(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(username="ada", password="secret-word")
    pid = sync_one(rig)
    rig.stash.config.max_session_age_s = 0  # nothing that was given out is good any more
    rig.stash.update_scene({"id": 2, "title": "Nobody is let in"})
    rig.until(lambda: "waiting: Stash refuses our session" in rig.log_file(), "a word of it")
    rig.stash.config.max_session_age_s = 3600
    rig.stash.update_scene({"id": 3, "title": "With a good session"})
    rig.until(lambda: rig.title(3) == "With a good session", "the edit")
    rig.until(lambda: rig.title(2) == "Nobody is let in", "the one before")
    assert rig.worker_pids() == [pid]


def test_a_login_that_is_switched_on_keeps_nothing_waiting(rig: Rig) -> None:
    pid = sync_one(rig)
    rig.stash.config.username, rig.stash.config.password = "ada", "secret-word"
    rig.stash.update_scene({"id": 2, "title": "With the first session"})
    rig.until(lambda: rig.title(2) == "With the first session", "the edit")
    assert rig.worker_pids() == [pid]


def test_when_stash_is_back_elsewhere_the_first_thing_that_it_starts_brings_all_on(
    rig: Rig,
) -> None:
    pid = sync_one(rig)
    rig.stash.faults.add(Drop())
    title = "Before the restart"
    rig.stash.library.update(rig.stash.library.scene(2), title=title)
    inbox.put(str(rig.data_dir), rig.hook_input(2), time.time())
    rig.until(lambda: "waiting: Stash at" in rig.log_file(), "a word of it")
    rig.stash.faults.clear()
    rig.stash.stop()
    former = rig.stash.port
    rig.stash._port = 0  # any other that is free
    with socket.create_server(("127.0.0.1", former)):
        rig.stash.start()
    assert rig.stash.port != former
    rig.stash.run_operation({"mode": "query", "what": "status"})
    rig.until(lambda: rig.title(2) == title, "the edit")
    assert rig.worker_pids() == [pid]


def test_after_a_restart_in_which_the_worker_died_a_task_brings_all_on(rig: Rig) -> None:
    sync_one(rig)
    rig.kill_workers()
    title = "Before the restart"
    rig.stash.library.update(rig.stash.library.scene(2), title=title)
    inbox.put(str(rig.data_dir), rig.hook_input(2), time.time())
    rig.stash.wait_for_job(rig.stash.run_task("Status"), 120)
    rig.until(lambda: rig.title(2) == title, "the edit")


def test_a_copy_of_the_job_store_that_is_put_back_is_worked_on(rig: Rig) -> None:
    sync_one(rig)
    title = "In the copy"
    rig.stash.library.update(rig.stash.library.scene(2), title=title)
    copy = rig.config_dir / "copy.db"
    with (
        contextlib.closing(sqlite3.connect(rig.data_dir / "jobs.db")) as original,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        original.backup(target)
        target.execute(
            "INSERT INTO jobs (kind, object_id, lane, created_at) VALUES ('scene', 2, 0, 0)"
        )
        target.commit()
    for suffix in ("-wal", "-shm"):
        (rig.data_dir / f"jobs.db{suffix}").unlink(missing_ok=True)
    shutil.move(copy, rig.data_dir / "jobs.db")
    rig.until(lambda: rig.title(2) == title, "the edit, without an event")
    rig.until(lambda: len(rig.worker_pids()) == 1, "one worker")


@posix
@pytest.mark.parametrize("running", [True, False], ids=["under a worker", "at the start"])
def test_what_is_no_event_in_the_inbox_stops_nobody(rig: Rig, running: bool) -> None:
    sync_one(rig)
    if not running:
        rig.kill_workers()
    folder = rig.data_dir / inbox.FOLDER
    (folder / "1.0 1.event").mkdir()
    (folder / "2.0 1.event").symlink_to(folder / "2.0 1.event")
    os.mkfifo(folder / "3.0 1.event")
    (folder / "4.0 1.event").write_bytes(rig.hook_input(2)[:-9])
    former = rig.data_dir / inbox.FORMER_FOLDER
    former.mkdir()
    (former / "5.0 1 scene ².event").write_bytes(b"0 nan\n")
    rig.stash.update_scene({"id": 2, "title": "Beside all that"})
    rig.until(lambda: rig.title(2) == "Beside all that", "the edit")
    rig.until(lambda: rig.log_file().count("cannot be read") == 5, "a line for each")
    rig.until_drained()
    rig.stash.wait_for_job(rig.stash.run_task("Status"), 120)
    assert "Set aside: 5 event(s)" in rig.stash.log_text()
