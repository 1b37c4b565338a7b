"""How the background worker is started, with a stand-in for the process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from entry import spawn
from jobs import lock
from storage.sqlite import StorageError


class Started:
    """Takes the place of `subprocess.Popen`."""

    pid = 4711

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.stdin = self
        self.told = b""
        self.returncode: int | None = None

    def __call__(self, _command: list[str], **options: Any) -> Started:
        self.options = options
        return self

    def write(self, document: bytes) -> None:
        self.told = document

    def close(self) -> None:
        """The end of the document."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    made = Started()
    monkeypatch.setattr(subprocess, "Popen", made)
    return made


@pytest.fixture
def claimed(tmp_path: Path) -> tuple[str, int]:
    """The lock, handed on; whoever starts a worker closes it."""
    file = lock.claim(str(tmp_path), lock.FILE_NAME)
    assert file is not None
    return lock.FILE_NAME, file


def document(**connection: object) -> bytes:
    return json.dumps({"server_connection": {"Dir": "/config", **connection}}).encode()


def test_the_worker_runs_elsewhere_and_so_gets_absolute_folders(
    started: Started,
    tmp_path: Path,
    claimed: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    told = document(Dir=".", PluginDir="plugins/a", SessionCookie={"Value": "v"})
    spawn.start_worker(told, str(tmp_path / "plex_sync"), claimed)
    assert started.options["cwd"] == str(tmp_path / "plex_sync")
    assert json.loads(started.told)["server_connection"] == {
        "Dir": str(tmp_path),
        "PluginDir": str(tmp_path / "plugins" / "a"),
        "SessionCookie": {"Value": "v"},
    }


@pytest.mark.parametrize(
    ("windows", "session", "flags"), [(True, False, 0x08000200), (False, True, 0)]
)
def test_nothing_ties_the_worker_to_its_starter_and_no_window_opens(
    started: Started,
    tmp_path: Path,
    claimed: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
    windows: bool,
    session: bool,
    flags: int,
) -> None:
    monkeypatch.setattr(spawn, "_WINDOWS", windows)
    spawn.start_worker(document(), str(tmp_path), claimed)
    assert started.options["start_new_session"] is session
    # CREATE_NO_WINDOW would be ignored beside DETACHED_PROCESS (8).
    assert started.options["creationflags"] == flags


def test_a_document_that_no_worker_could_read_starts_none(
    started: Started, tmp_path: Path, claimed: tuple[str, int]
) -> None:
    with pytest.raises(StorageError, match="cannot start the background worker: "):
        spawn.start_worker(b"{'server_connection': {}}", str(tmp_path), claimed)
    assert started.options == {}
    assert spawn.start_another(document(), str(tmp_path)), "the lock is free again"


def test_no_other_worker_is_started_where_there_is_one(
    started: Started, tmp_path: Path, claimed: tuple[str, int]
) -> None:
    assert not spawn.start_another(document(), str(tmp_path))
    assert started.options == {}
    lock.release(claimed[1])
