"""From the inbox into the queue: whatever a file turns out to be, it stops nobody else's."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs import inbox
from jobs.schema import BACKGROUND, LIVE
from jobs.store import JobStore
from storage.files import StorageError
from tests.jobs.events import CONNECTION, document, save, saved
from tests.storage.files import locked

NOW = 1_700_000_000.0


def live_ids(store: JobStore) -> list[int]:
    return [job.object_id for job in store.claim("me", [LIVE, BACKGROUND], NOW + 10)]


def left(folder: Path) -> list[str]:
    return [each.name for each in (folder / inbox.FOLDER).iterdir() if each.name != inbox.ASIDE]


def test_an_event_becomes_a_job_and_its_file_goes(tmp_path: Path, store: JobStore) -> None:
    save(tmp_path, 7, NOW)
    assert store.take_in(NOW) == 1
    assert live_ids(store) == [7]
    assert left(tmp_path) == []
    assert store.take_in(NOW) == 0


def test_events_become_jobs_in_their_order_by_a_handful_of_commits(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    real = store.database.write

    def write() -> object:
        commits.append(1)
        return real()

    monkeypatch.setattr(store.database, "write", write)
    for number in range(250):
        save(tmp_path, 250 - number, NOW + number)
    assert store.take_in(NOW) == 250
    assert len(commits) == 3
    monkeypatch.undo()
    assert live_ids(store) == list(range(250, 150, -1))


def test_an_event_of_nothing_that_concerns_plex_is_dropped(tmp_path: Path, store: JobStore) -> None:
    inbox.put(str(tmp_path), saved(7, inputFields=["id", "play_count"]), NOW)
    assert store.take_in(NOW) == 1
    assert store.count() == 0
    assert left(tmp_path) == []


def test_a_bulk_edit_is_stored_whole_by_its_first_event(tmp_path: Path, store: JobStore) -> None:
    given = {"ids": ["7", "8", "9"], "title": "together"}
    inbox.put(str(tmp_path), saved(7, input=given, inputFields=["ids", "title"]), NOW)
    store.take_in(NOW)
    assert live_ids(store) == [7, 8, 9]


def test_a_new_scene_waits_from_its_event_on(tmp_path: Path, store: JobStore) -> None:
    inbox.put(str(tmp_path), document({"id": 7, "type": "Scene.Create.Post"}, wait_s="15"), NOW)
    store.take_in(NOW + 60)
    assert store.next_due_at([BACKGROUND]) == NOW + 15


def test_the_newest_connection_is_known_and_stays(tmp_path: Path, store: JobStore) -> None:
    assert store.intake.connection is None
    for number, port in enumerate((1, 2)):
        inbox.put(str(tmp_path), document(None, {**CONNECTION, "Port": port}), NOW + number)
    # One that asks for nothing: a task has left it.
    told = {"server_connection": {**CONNECTION, "Port": 3}, "args": {}}
    inbox.put(str(tmp_path), json.dumps(told).encode(), NOW + 5)
    store.take_in(NOW)
    assert (store.intake.connection or CONNECTION)["Port"] == 3
    save(tmp_path, 1, NOW)
    store.take_in(NOW)
    assert dict(store.intake.connection or {}) == CONNECTION


def test_a_database_that_takes_nothing_leaves_the_events_where_they_are(
    tmp_path: Path, store: JobStore
) -> None:
    save(tmp_path, 7, NOW)
    with store.database.read() as connection:
        connection.execute("PRAGMA busy_timeout=10")
    with locked(tmp_path / "jobs.db"), pytest.raises(StorageError, match="locked"):
        store.take_in(NOW)
    assert store.events_waiting() == 1
    assert store.take_in(NOW) == 1
    assert live_ids(store) == [7]


def test_a_database_that_was_deleted_under_us_gets_no_event(
    tmp_path: Path, store: JobStore
) -> None:
    """It would be gone with what nobody else sees."""
    save(tmp_path, 7, NOW)
    (tmp_path / "jobs.db").unlink()
    with pytest.raises(StorageError, match="deleted or replaced"):
        store.take_in(NOW)
    assert store.events_waiting() == 1


# What is no event


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def a_link_to_an_event(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(saved(99))
    path.symlink_to(other)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def holding(content: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(content)

    return put


BAD = {
    "empty": holding(b""),
    "torn": holding(saved(9)[:-5]),
    "no JSON": holding(b"\xff\x00"),
    "deep": holding(b"[" * 100_000),
    "a list": holding(b"[]"),
    "no connection": holding(b'{"args": {}}'),
    "no args": holding(b'{"server_connection": {}}'),
    "another hook": holding(document({"id": 9, "type": "Gallery.Update.Post"})),
    "no id": holding(saved(9, id=None)),
    "id of 30 digits": holding(saved(9, id=int("9" * 30))),
    "id of 5000 digits": holding(saved(9).replace(b'"id": 9', b'"id": ' + b"9" * 5000)),
    "id ²": holding(saved(9, id="²")),
    "id nan": holding(saved(9).replace(b'"id": 9', b'"id": NaN')),
    "hook null": holding(document(None)),
}
if sys.platform != "win32":
    BAD |= {
        each.__name__: each
        for each in (a_folder, a_link_to_itself, a_link_to_nothing, a_link_to_an_event, a_pipe)
    }


@pytest.mark.timeout(30)
@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_file_is_moved_aside_with_one_line_and_stops_no_other(
    tmp_path: Path, store: JobStore, make: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path, 1, NOW)
    make(tmp_path / inbox.FOLDER / f"{NOW + 1:.6f} 5{inbox.SUFFIX}")
    save(tmp_path, 2, NOW + 2)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            store.take_in(NOW + 3)
    assert live_ids(store) == [1, 2]
    assert store.events_waiting() == 0
    assert store.intake.set_aside() == 1
    (line,) = caplog.messages
    assert "cannot be read" in line
    assert "run the task that syncs all scenes" in line


def test_what_cannot_be_moved_either_is_told_once_and_passed_over(
    tmp_path: Path,
    store: JobStore,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / inbox.FOLDER).mkdir()
    (tmp_path / inbox.FOLDER / f"{NOW:.6f} 5{inbox.SUFFIX}").touch()

    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "rename", refuse)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            store.take_in(NOW)
    assert len(caplog.messages) == 1
    assert store.events_waiting() == 0


def test_a_file_of_another_program_is_left_alone(tmp_path: Path, store: JobStore) -> None:
    save(tmp_path, 1, NOW)
    (tmp_path / inbox.FOLDER / ".DS_Store").touch()
    store.take_in(NOW)
    assert left(tmp_path) == [".DS_Store"]


# What a killed hook has left


def unfinished(folder: Path, content: bytes, written_at: float) -> Path:
    path = folder / inbox.FOLDER / f"{written_at:.6f} 5{inbox.SUFFIX}{inbox.UNFINISHED}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("age_s", [inbox.WRITTEN_WITHIN_S + 1, -3600.0], ids=["old", "ahead"])
def test_a_whole_event_that_its_hook_could_not_name_is_taken(
    tmp_path: Path, store: JobStore, age_s: float
) -> None:
    unfinished(tmp_path, saved(7), NOW - age_s)
    store.take_in(NOW)
    assert live_ids(store) == [7]
    assert left(tmp_path) == []


def test_a_torn_one_is_removed_without_a_word(
    tmp_path: Path, store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Its hook never said ok."""
    unfinished(tmp_path, saved(7)[:-1], NOW - 100)
    store.take_in(NOW)
    assert (live_ids(store), left(tmp_path), store.intake.set_aside()) == ([], [], 0)
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_an_event_that_is_being_written_is_left_to_its_hook(
    tmp_path: Path, store: JobStore
) -> None:
    path = unfinished(tmp_path, b"{", NOW - 1)
    store.take_in(NOW)
    assert path.exists()


# What version 0.1.0 has left


@pytest.mark.parametrize(
    ("name", "content", "jobs"),
    [
        ("scene 7", b"0 0.0\n", [("scene", 7)]),
        ("tag 7", b"1 0.0\n8\n9\n", [("tag", 7), ("tag", 8), ("tag", 9)]),
        ("scene 7", b"", [("scene", 7)]),
        ("scene 7", b"0 nan\n", [("scene", 7)]),
        ("scene 7", b"0 inf\n", [("scene", 7)]),
        ("scene 7", b"77 0\n" + "²\n".encode() + b"9" * 30 + b"\n8", [("scene", 7), ("scene", 8)]),
        ("scene ²", b"0 0.0\n", []),
        ("scene " + "9" * 30, b"0 0.0\n", []),
        ("scenery 7", b"0 0.0\n", []),
        ("scene", b"0 0.0\n", []),
    ],
)
def test_files_of_version_0_1_are_taken_in_too(
    tmp_path: Path, store: JobStore, name: str, content: bytes, jobs: list[tuple[str, int]]
) -> None:
    folder = tmp_path / inbox.FORMER_FOLDER
    folder.mkdir()
    (folder / f"{NOW:.6f} 99 {name}.event").write_bytes(content)
    store.take_in(NOW)
    found = store.claim("me", [LIVE, BACKGROUND], NOW)
    assert [(job.kind, job.object_id) for job in found] == jobs
    assert list(folder.iterdir()) == []
    assert store.intake.set_aside() == (not jobs)


def test_unfinished_files_of_version_0_1_name_their_object(tmp_path: Path, store: JobStore) -> None:
    folder = tmp_path / inbox.FORMER_FOLDER
    folder.mkdir()
    (folder / f"{NOW - 100:.6f} 99 scene 7.event.new").touch()
    store.take_in(NOW)
    assert live_ids(store) == [7]
