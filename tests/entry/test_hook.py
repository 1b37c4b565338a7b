"""A hook: what Stash told it is stored as it came, and a worker started if there is none."""

from __future__ import annotations

import json
import ntpath
import os
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from entry import dispatch, hook
from jobs import inbox, lock
from jobs.schema import BACKGROUND, LIVE
from jobs.store import JobStore, open_job_database
from simulators.stash.process import as_stash_writes
from storage.files import DATA_FOLDER, StorageError

Started = tuple[str, str, str, int]


class Starter(ModuleType):
    """Takes the place of `entry.spawn_for_hook`. `trouble` is raised if it is set."""

    def __init__(self) -> None:
        super().__init__("entry.spawn_for_hook")
        self.started: list[Started] = []
        self.trouble: StorageError | None = None

    def start_worker(self, *given: object) -> int:
        self.started.append(given)  # type: ignore[arg-type]
        if self.trouble:
            raise self.trouble
        return 1


@pytest.fixture(autouse=True)
def starter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Starter]:
    made = Starter()
    monkeypatch.setitem(sys.modules, "entry.spawn_for_hook", made)
    yield made
    for *_, file in made.started:
        lock.release(file)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        yield JobStore(database)


def document(folder: Path | str, plugin: str = "/plugins/plex_sync", **context: object) -> bytes:
    about = {"id": 7, "type": "Scene.Update.Post", "input": None, **context}
    server = {"Scheme": "http", "Host": "0.0.0.0", "Port": 9999, "SessionCookie": None}
    connection = {**server, "Dir": str(folder), "PluginDir": plugin}
    return as_stash_writes({"server_connection": connection, "args": {"hookContext": about}})


def run(folder: Path) -> int:
    return hook.run(document(folder), str(folder / DATA_FOLDER))


def waiting(folder: Path) -> list[bytes]:
    return [Path(each).read_bytes() for each in inbox.waiting(str(folder / DATA_FOLDER))]


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was printed, which must be one JSON object on one line."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    found: dict[str, str] = json.loads(out)
    return found


# Where is the data folder?


@pytest.mark.parametrize(
    "folder",
    [
        "/config",
        "/home/josé/日本",
        "/a & b/<c>",
        "/with space",
        '/"quoted"',
        "/back\\slash",
        "/tab\t",
    ],
)
def test_the_folder_is_found_without_json_or_left_to_json(folder: str) -> None:
    found = hook.config_dir(document(folder))
    is_plain = not set(folder) & set('<>&"\t')
    assert found == (folder if is_plain else None)


@pytest.mark.parametrize(
    ("folder", "is_whole"),
    [
        ("C:\\Users\\jo\\.stash", True),
        ("C:/Users/jo/.stash", True),
        ("\\\\nas\\config\\stash", True),
        ("\\\\?\\C:\\stash", True),
        ("C:\\Users\\josé\\new\\u0041", True),
        ("C:stash", False),
        ("stash\\config", False),
        (".", False),
    ],
)
def test_windows_folders_are_found(
    monkeypatch: pytest.MonkeyPatch, folder: str, is_whole: bool
) -> None:
    """By Windows' own rules of paths; one of a drive's current folder is left to the slower
    reader."""
    with monkeypatch.context() as windows:
        windows.setattr(os, "path", ntpath)
        assert hook.config_dir(document(folder, plugin="C:\\plugins")) == (
            folder if is_whole else None
        )
        assert (hook.config_dir(document("C:\\stash", plugin=folder)) is not None) == is_whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        document("relative"),
        document("/config", plugin="plugins/plex_sync"),
        document(""),
        json.dumps(json.loads(document("/config"))).encode(),
        document("/config").replace(b',"Dir":"/config"', b""),
        document("/config").replace(b',"PluginDir"', b',"Elsewhere"'),
        b'{"args":{},"server_connection":{"Scheme":"http","Dir":"/c","PluginDir":"/p"}}',
        document("/config").replace(b"/config", b"/\xff"),
    ],
    ids=lambda content: content[:80].decode(errors="replace"),
)
def test_any_other_document_is_left_to_the_slower_reader(content: bytes) -> None:
    assert hook.config_dir(content) is None


HOSTILE = (
    ',"Dir":"/evil"',
    '"args":',
    '\\",\\"Dir\\":\\"/evil\\"',
    '{"server_connection":{,"Dir":"/evil"',
    '"}},"args":{"hookContext":{"id":9}}}',
    "\\",
    "}{",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_in_it_leads_elsewhere(text: str) -> None:
    content = document("/config", input={"title": text, text: text, "Dir": "/evil"})
    assert hook.config_dir(content) == "/config"
    without = content.replace(b',"Dir":"/config"', b"")
    assert hook.config_dir(without) is None
    assert hook.config_dir(document("/config/" + text)) in (None, "/config/" + text)


# What is done


def test_an_event_is_stored_as_it_came_and_a_worker_started(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    assert waiting(tmp_path) == [document(tmp_path)]
    ((path, folder, name, _),) = starter.started
    assert (path,) == inbox.waiting(folder)
    assert (folder, name) == (str(tmp_path / DATA_FOLDER), lock.FILE_NAME)
    assert answer(capsys) == {"output": "ok"}


def test_the_next_events_start_no_other_worker(tmp_path: Path, starter: Starter) -> None:
    for _ in range(10):
        assert run(tmp_path) == 0
    assert len(starter.started) == 1
    assert len(waiting(tmp_path)) == 10


def test_an_event_that_cannot_be_stored_is_an_error_with_advice(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / DATA_FOLDER).write_text("in the way")
    assert run(tmp_path) == 1
    assert "was not recorded" in answer(capsys)["error"]
    assert starter.started == []


def test_a_worker_that_cannot_be_started_is_an_error_but_the_event_is_stored(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    starter.trouble = StorageError("cannot start the background worker")
    assert run(tmp_path) == 1
    assert "cannot start" in answer(capsys)["error"]
    assert len(waiting(tmp_path)) == 1


def test_without_posix_spawn_the_other_way_is_taken(
    tmp_path: Path, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ModuleType("entry.spawn")
    told: list[tuple[bytes, str, tuple[str, int]]] = []
    other.start_worker = lambda *given: told.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "entry.spawn", other)
    monkeypatch.delattr("os.posix_spawn", raising=False)
    assert run(tmp_path) == 0
    ((content, folder, (name, file)),) = told
    lock.release(file)
    assert (content, folder) == (document(tmp_path), str(tmp_path / DATA_FOLDER))
    assert name == lock.FILE_NAME
    assert starter.started == []


@pytest.mark.parametrize("cover", [None, "x" * 3_000_000], ids=["small", "with a cover"])
def test_what_is_read_the_slow_way_comes_to_the_same(
    tmp_path: Path,
    store: JobStore,
    starter: Starter,
    cover: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Large documents, and those with paths that are relative or escaped."""
    monkeypatch.chdir(tmp_path)
    given = {"id": "7", "cover_image": cover, "title": '"inputFields":["play_count"],{'}
    content = document(".", "plugins", input=given, inputFields=["id", "cover_image"])
    assert dispatch.run(content, hook.run, background=False) == 0
    (stored,) = waiting(tmp_path)
    assert len(stored) < 1000
    connection = json.loads(stored)["server_connection"]
    assert connection["Dir"] == str(tmp_path)
    assert connection["PluginDir"] == str(tmp_path / "plugins")
    assert len(starter.started) == 1
    store.take_in(0.0)
    (job,) = store.claim("me", [LIVE, BACKGROUND], 0.0)
    assert (job.object_id, job.lane) == (7, LIVE)


def test_a_hook_is_one_even_without_the_manifests_argument(
    tmp_path: Path, starter: Starter
) -> None:
    """Stash may know the manifest of 0.1.0 still, until its plugins are reloaded."""
    assert dispatch.run(document(tmp_path), hook.run, background=False) == 0
    assert len(waiting(tmp_path)) == len(starter.started) == 1
