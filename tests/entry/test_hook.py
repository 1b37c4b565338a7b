"""What a hook makes of an event: a job, nothing, or a complaint."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from entry import hook, spawn
from entry.event import Event
from entry.hook import BadEvent
from jobs import inbox
from jobs.schema import BACKGROUND, LIVE, MOST_LIVE
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
    together: Sequence[str] = (),
    input_id: str = "",
    wait_s: object = None,
) -> Event:
    return Event(b"the document", str(folder), type, object_id, fields, together, input_id, wait_s)


def stored_ids(store: JobStore) -> list[int]:
    return [job.object_id for job in store.claim("me", [LIVE, BACKGROUND], 0.0)]


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
    ("type", "kind"),
    [
        ("Performer.Update.Post", "performer"),
        ("Studio.Destroy.Post", "studio"),
        ("Tag.Merge.Post", "tag"),
        ("Group.Update.Post", "group"),
    ],
)
def test_related_objects_are_named_by_their_kind(type: str, kind: str) -> None:
    assert hook.changed_object(event(type=type)) == (kind, 7)


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
    "type",
    ["Gallery.Update.Post", "Movie.Update.Post", "Scenery.Update.Post", "", None, 7],
    ids=repr,
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
    assert hook.is_interesting(event(fields=fields), "scene") is matters


@pytest.mark.parametrize(
    ("kind", "fields", "matters"),
    [
        ("performer", ["id", "weight", "height_cm", "alias_list", "urls", "stash_ids"], False),
        ("performer", ["ids", "favorite", "rating100", "custom_fields", "tag_ids"], False),
        ("performer", ["id", "name"], True),
        ("performer", ["id", "weight", "disambiguation"], True),
        ("performer", ["id", "image"], True),
        ("performer", None, True),
        ("studio", ["id", "aliases", "favorite", "tag_ids"], False),
        ("studio", ["id", "name"], True),
        ("studio", ["ids", "parent_id"], True),
        ("studio", ["id", "image"], True),
        ("studio", ["id", "details"], True),
        ("tag", ["id", "sort_name", "aliases", "favorite", "stash_ids"], False),
        ("tag", ["id", "parent_ids"], True),
        ("tag", ["ids", "child_ids"], True),
        ("tag", ["id", "name"], True),
        ("tag", ["id", "description", "image"], True),
        ("group", ["id", "duration", "date", "studio_id", "containing_groups"], False),
        ("group", ["id", "name"], True),
        ("group", ["id", "synopsis"], True),
        ("group", ["id", "front_image"], True),
        ("group", ["id", "a_field_that_a_later_stash_invents"], True),
        ("scene", ["id", "tag_ids"], True),
    ],
    ids=str,
)
def test_what_matters_depends_on_the_kind(
    kind: str, fields: list[str] | None, matters: bool
) -> None:
    assert hook.is_interesting(event(fields=fields), kind) is matters


def test_no_field_that_we_ask_stash_for_is_dropped() -> None:
    """By the names under which they are changed."""
    read = {
        "scene": "title code details director date rating100 organized cover_image studio_id"
        " performer_ids tag_ids groups movies group_ids movie_ids primary_file_id",
        "performer": "name disambiguation image",
        "studio": "name parent_id image details",
        "tag": "name description image parent_ids child_ids",
        "group": "name synopsis front_image",
    }
    assert set(read) == set(hook.UNINTERESTING) == set(hook.KINDS.values())
    for kind, names in read.items():
        assert hook.UNINTERESTING[kind].isdisjoint(names.split())


# How urgent is it, and when is it due?


MANY = [str(number) for number in range(1, MOST_LIVE + 2)]


@pytest.mark.parametrize(
    ("what", "is_live"),
    [
        (event(fields=["id", "title"]), True),
        (event(fields=["ids", "title"], together=MANY[:MOST_LIVE]), True),
        (event(fields=["ids", "title"], together=MANY), False),
        (event(fields=["id", "title"], together=MANY), False),
        (event(fields=None), False),
        (event(fields=["title", "performer_ids"], input_id="7"), False),
        (event(fields=None, input_id="7"), False),
        (event(type="Scene.Create.Post"), False),
        (event(type="Scene.Destroy.Post", input_id="7"), True),
        (event(type="Scene.Destroy.Post", together=MANY[:3]), True),
        (event(type="Scene.Destroy.Post", together=MANY), False),
        (event(type="Scene.Destroy.Post"), False),
        (event(type="Performer.Update.Post", fields=["id", "name"]), True),
        (event(type="Tag.Destroy.Post", together=MANY), False),
        (event(type="Tag.Merge.Post"), True),
    ],
    ids=[
        *("save", "bulk edit", "large bulk edit", "large parsing", "scan", "identification"),
        *("identification of the cover", "new scene", "deletion", "deletions"),
        *("many deletions", "clean", "rename", "many destroyed tags", "merge"),
    ],
)
def test_a_persons_edit_goes_before_the_work_of_jobs(what: Event, is_live: bool) -> None:
    assert hook.lane_of(what) == (LIVE if is_live else BACKGROUND)


@pytest.mark.parametrize(
    ("wait_s", "waits_s"),
    [
        ("30", 30),
        (5, 5),
        ("0", 0),
        ("999999", hook.LONGEST_WAIT_S),
        *((wrong, hook.NEW_SCENE_WAIT_S) for wrong in (None, "", "soon", "-3", "1.5", "9" * 30)),
    ],
    ids=repr,
)
def test_a_new_scene_waits_as_the_manifest_says(wait_s: object, waits_s: int) -> None:
    assert hook.due_at(event(type="Scene.Create.Post", wait_s=wait_s), 1000.0) == 1000.0 + waits_s


@pytest.mark.parametrize("odd", ["9" * 19, "9" * 5000, "0", "", "-1", "x", "²"])
def test_an_odd_id_among_those_edited_together_costs_no_other(odd: str) -> None:
    what = event(fields=["ids", "title"], together=["7", odd, "8", "8"])
    assert hook.edited_with(what, 7) == [8, 8]


def test_new_scenes_of_one_scan_come_due_together() -> None:
    times = {
        hook.due_at(event(type="Scene.Create.Post", wait_s="15"), 1000.0 + tenth / 10)
        for tenth in range(1, 101)
    }
    assert times == {1020.0, 1025.0}


@pytest.mark.parametrize("type", ["Scene.Update.Post", "Scene.Destroy.Post", "Tag.Merge.Post"])
def test_everything_else_is_due_at_once(type: str) -> None:
    assert hook.due_at(event(type=type, wait_s="30"), 1000.0) == 0.0


# What is done


def test_a_new_scene_is_stored_for_later_and_its_first_change_brings_it_on(
    tmp_path: Path, store: JobStore
) -> None:
    assert hook.run(event(tmp_path, type="Scene.Create.Post", wait_s="15")) == 0
    assert stored_ids(store) == []
    assert store.counts() == {(BACKGROUND, "queued"): 1}
    assert hook.run(event(tmp_path, fields=["title"])) == 0
    assert stored_ids(store) == [7]


def test_an_edit_of_what_waits_in_the_background_makes_it_live(
    tmp_path: Path, store: JobStore
) -> None:
    hook.run(event(tmp_path))
    assert store.counts() == {(BACKGROUND, "queued"): 1}
    hook.run(event(tmp_path, fields=["id", "title"]))
    assert store.counts() == {(LIVE, "queued"): 1}
    hook.run(event(tmp_path))
    assert store.counts() == {(LIVE, "queued"): 1}


def test_the_first_of_several_deletions_stores_them_all(tmp_path: Path, store: JobStore) -> None:
    hook.run(event(tmp_path, type="Tag.Destroy.Post", together=["7", "8", "9"]))
    assert [(job.kind, job.object_id) for job in store.claim("me", [LIVE], 0.0)] == [
        ("tag", 7),
        ("tag", 8),
        ("tag", 9),
    ]


def test_an_event_is_stored_and_a_worker_started(
    tmp_path: Path, store: JobStore, starter: Starter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hook.run(event(tmp_path)) == 0
    assert stored_ids(store) == [7]
    assert starter.started == [(b"the document", str(tmp_path / DATA_FOLDER))]
    assert answer(capsys) == {"output": "ok"}


def test_a_folder_relative_to_stashs_is_absolute_for_the_worker(
    tmp_path: Path, starter: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hook.run(event(".")) == 0
    assert starter.started == [(b"the document", str(tmp_path / DATA_FOLDER))]


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
    assert stored_ids(store) == [7]


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
    assert stored_ids(store) == [7]
