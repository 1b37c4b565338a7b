"""What the tests themselves rely on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from jobs.registry import WORKER, Registry
from jobs.schema import BACKGROUND
from jobs.store import open_job_database
from simulators.rig import Rig
from tests.jobs.events import save


def register_worker(rig: Rig, pid: int) -> None:
    with closing(open_job_database(str(rig.data_dir))) as database:
        Registry(database, WORKER).enter(time.time(), 0.0)
        with database.write() as connection:
            connection.execute("UPDATE processes SET pid = ?", (pid,))


def test_a_killed_worker_is_gone_also_where_there_is_no_proc(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    exists = Path.exists
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    with monkeypatch.context() as without_proc:
        without_proc.setattr(Path, "exists", lambda path: path != Path("/proc") and exists(path))
        register_worker(rig, os.getpid())
        assert rig.worker_pids() == [os.getpid()]
        register_worker(rig, ended.pid)
        assert rig.worker_pids() == []


def test_an_event_in_the_inbox_is_left_to_be_done(rig: Rig) -> None:
    assert rig.jobs_left() == 0
    save(rig.data_dir, 1)
    assert rig.jobs_left() == rig.jobs_left([BACKGROUND]) == 1
    with rig.store() as store:
        store.take_in(time.time())
    assert (rig.jobs_left(), rig.jobs_left([BACKGROUND])) == (1, 0)
