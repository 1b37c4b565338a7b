"""What a hook makes of an event: a job, nothing, or a complaint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entry import hook, spawn
from entry.event import Event
from entry.hook import BadEvent
from jobs import inbox
from jobs.schema import LIVE
from jobs.store import JobStore, open_job_database
from storage.sqlite import DATA_FOLDER, StorageError


class Starter:
    """Takes the place of `spawn.start_worker`. `trouble` is raised if it is set."""

    def __init__(self) -> None:
        self.started: list[tuple[bytes, str]] = []
        self.trouble: StorageError | None = None

    def __call__(self, document: bytes, data_dir: str) -> None:
        self.started.append((document, data_dir))
        if self.trouble:
            raise self.trouble


@pytest.fixture(autouse=True)
def starter(monkeypatch: pytest.MonkeyPatch) -> Starter:
    made = Starter()
    monkeypatch.setattr(spawn, "start_worker", made)
    return made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    with closing(open_job_database(str(tmp_path / DATA_FOLDER))) as database:
        yield JobStore(database)


def event(
    folder: Path | str = "/config",
    *,
    type: object = "Scene.Update.Post",
    object_id: object = 7,
    fields: list[str] | None = None,
) -> Event:
    return Event(b"the document", str(folder), type, object_id, fields)


def live_ids(store: JobStore) -> list[int]:
    return [job.object_id for job in store.claim("me", [LIVE], 0.0)]


def answer(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was printed, which must be one JSON object on one line."""
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1
    found: dict[str, str] = json.loads(out)
    return found


# Which object?


@pytest.mark.parametrize("type", ["Scene.Create.Post", "Scene.Update.Post", "Scene.Destroy.Post"])
@pytest.mark.parametrize("object_id", [7, "7"], ids=["number", "text"])
def test_scenes_are_named_by_number_or_text(type: str, object_id: object) -> None:
    assert hook.changed_object(event(type=type, object_id=object_id)) == ("scene", 7)


@pytest.mark.parametrize(
    "object_id",
    [None, 0, "0", -7, "-7", 7.5, "seven", "", " 7", "7 ", "٧", "²", "9" * 19, 1 << 70, [7], {}],
    ids=repr,
)
def test_what_names_no_scene_is_refused(object_id: object) -> None:
    with pytest.raises(BadEvent, match="names no object"):
        hook.changed_object(event(object_id=object_id))


def test_the_largest_id_that_the_store_can_hold_is_taken() -> None:
    assert hook.changed_object(event(object_id="9" * 18)) == ("scene", int("9" * 18))


@pytest.mark.parametrize(
    "type", ["Gallery.Update.Post", "Scenery.Update.Post", "", None, 7], ids=repr
)
def test_hooks_that_are_not_ours_are_refused_by_name(type: object) -> None:
    with pytest.raises(BadEvent, match=f"hook {type!r} is not one that PlexSync handles"):
        hook.changed_object(event(type=type))


# Does it matter?


@pytest.mark.parametrize(
    ("fields", "matters"),
    [
        (None, True),
        ([], True),
        (["id"], True),
        (["id", "title"], True),
        (["play_count"], False),
        (["id", "o_counter", "resume_time", "play_duration"], False),
        (["ids", "stash_ids", "urls", "gallery_ids"], False),
        (["id", "urls", "cover_image"], True),
        (["organized"], True),
        (["rating100"], True),
        (["movies"], True),
        (["a_field_that_a_later_stash_invents"], True),
        (["clientMutationId", "url"], False),
    ],
    ids=str,
)
def test_only_what_cannot_concern_plex_is_dropped(fields: list[str] | None, matters: bool) -> None:
    assert hook.is_interesting(event(fields=fields)) is matters


# What is done


def test_an_event_is_stored_and_a_worker_started(
    tmp_path: Path, store: JobStore, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.run(event(tmp_path)) == 0
    assert live_ids(store) == [7]
    assert starter.started == [(b"the document", str(tmp_path / DATA_FOLDER))]
    assert answer(capsys) == {"output": "ok"}


def test_the_next_events_start_no_other_worker(tmp_path: Path, starter: Starter) -> None:
    for object_id in range(1, 11):
        assert hook.run(event(tmp_path, object_id=object_id)) == 0
    assert len(starter.started) == 1


def test_an_event_that_does_not_matter_leaves_no_trace(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.run(event(tmp_path, fields=["play_count"])) == 0
    assert list(tmp_path.iterdir()) == []
    assert starter.started == []
    assert answer(capsys) == {"output": "ok"}


def test_an_event_that_names_nothing_is_an_error_in_stashs_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.run(event(tmp_path, object_id=None)) == 1
    assert answer(capsys)["error"].startswith("PlexSync: hook Scene.Update.Post names no object")
    assert list(tmp_path.iterdir()) == []


def test_an_event_that_cannot_be_stored_is_an_error_with_advice(
    tmp_path: Path, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / DATA_FOLDER).write_text("in the way")
    assert hook.run(event(tmp_path)) == 1
    assert "Make the folder of Stash's config file writable" in answer(capsys)["error"]
    assert starter.started == []


def test_a_worker_that_cannot_be_started_is_an_error_but_the_event_is_stored(
    tmp_path: Path, store: JobStore, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    starter.trouble = StorageError("cannot start the background worker")
    assert hook.run(event(tmp_path)) == 1
    assert "cannot start" in answer(capsys)["error"]
    assert live_ids(store) == [7]


def test_the_workers_log_lines_are_handed_over(
    tmp_path: Path, store: JobStore, capsys: pytest.CaptureFixture[str]
) -> None:
    store.add_log_lines([("i", "scene 1: wrote title"), ("w", "waiting")])
    assert hook.run(event(tmp_path)) == 0
    out, err = capsys.readouterr()
    assert err == "\x01i\x02scene 1: wrote title\n\x01w\x02waiting\n"
    assert json.loads(out) == {"output": "ok"}
    assert store.take_log_lines() == []


def test_an_event_in_a_file_is_as_good_as_stored(
    tmp_path: Path, store: JobStore, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise StorageError("locked")

    monkeypatch.setattr(inbox, "open_database", refuse)
    assert hook.run(event(tmp_path)) == 0
    assert len(starter.started) == 1
    store.take_spooled(0.0)
    assert live_ids(store) == [7]
