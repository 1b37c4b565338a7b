"""What a hook does while a user waits for it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from typing import Any

import pytest

from entry import hook
from entry.event import read_event
from jobs.registry import WORKER, Registry
from jobs.store import open_job_database
from simulators.rig import TREE, Rig

OWN = {
    "entry", "entry.event", "entry.hook", "entry.main",
    "jobs", "jobs.inbox", "jobs.place", "jobs.schema", "jobs.spool",
    "stash", "stash.log_lines",
    "storage", "storage.sqlite",
}  # fmt: skip
# SQLite's module brings datetime along; the other ones come with importlib or SQLite in some
# versions of Python.
STANDARD = {
    "__future__", "_datetime", "_sqlite3", "datetime", "sqlite3", "sqlite3.dbapi2",
    "_collections", "_functools", "_operator", "collections", "collections.abc", "functools",
    "importlib", "itertools", "keyword", "math", "operator", "reprlib", "types", "warnings",
}  # fmt: skip


@pytest.fixture
def living_worker(rig: Rig) -> Rig:
    """A rig with a worker in its registry, so that a hook has no other to start."""
    rig.data_dir.mkdir(parents=True)
    database = open_job_database(str(rig.data_dir))
    Registry(database, WORKER).enter(time.time(), time.monotonic())
    database.close()
    return rig


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL that databases on disk get from this process from now on, first words only."""
    told: list[str] = []
    connect = sqlite3.connect

    def traced(path: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(path, **options)
        if path != ":memory:":  # a hook reads its JSON with that one
            connection.set_trace_callback(lambda sql: told.append(" ".join(sql.split()[:3])))
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    return told


def imported(command: list[str], document: bytes = b"") -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        input=document,
        capture_output=True,
        check=True,
        timeout=60,
    )
    lines = done.stderr.decode().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


def test_a_hook_imports_exactly_what_it_needs(living_worker: Rig) -> None:
    bare = imported(["-c", "pass"])
    ours = imported([str(TREE / "plex_sync.py")], living_worker.hook_input(1)) - bare
    assert {name for name in ours if (TREE / name.partition(".")[0]).is_dir()} == OWN
    assert ours - OWN <= STANDARD


def test_a_hook_is_one_short_transaction(living_worker: Rig, statements: list[str]) -> None:
    event = read_event(living_worker.hook_input(1))
    assert event is not None
    assert hook.run(event) == 0
    assert statements == [
        "PRAGMA synchronous=FULL",
        "PRAGMA user_version",
        "BEGIN IMMEDIATE",
        "INSERT INTO jobs",
        "SELECT role, place,",
        "SELECT id, letter,",
        "COMMIT",
    ]


def test_a_bulk_edit_of_fifty_is_one_transaction_as_well(
    living_worker: Rig, statements: list[str]
) -> None:
    ids = [str(number) for number in range(1, 51)]
    event = read_event(
        living_worker.hook_input(1, input={"ids": ids}, inputFields=["ids", "title"])
    )
    assert event is not None
    assert hook.run(event) == 0
    assert statements.count("INSERT INTO jobs") == 50
    assert len(statements) == 50 + 6
