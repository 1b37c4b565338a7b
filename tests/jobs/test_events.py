"""What the worker makes of an event: a job, nothing, or a complaint."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from jobs import events
from jobs.events import BadEvent, Hook, read_event, shortened
from jobs.schema import BACKGROUND, LIVE, MOST_LIVE
from tests.jobs.events import CONNECTION, document

NOW = 1_700_000_000.0
CONTEXT = {"id": 7, "type": "Scene.Update.Post", "input": {"id": "7"}, "inputFields": ["title"]}


def hook(
    *,
    type: object = "Scene.Update.Post",
    object_id: object = 7,
    fields: list[str] | None = None,
    together: Sequence[str] = (),
    input_id: str = "",
    wait_s: object = None,
) -> Hook:
    return Hook(type, object_id, fields, together, input_id, wait_s)


# Which object?


@pytest.mark.parametrize("type", ["Scene.Create.Post", "Scene.Update.Post", "Scene.Destroy.Post"])
@pytest.mark.parametrize("object_id", [7, "7"], ids=["number", "text"])
def test_scenes_are_named_by_number_or_text(type: str, object_id: object) -> None:
    assert events.changed_object(hook(type=type, object_id=object_id)) == ("scene", 7)


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
    assert events.changed_object(hook(type=type)) == (kind, 7)


@pytest.mark.parametrize(
    "object_id",
    [None, 0, "0", -7, "-7", 7.5, "seven", "", " 7", "7 ", "٧", "²", "9" * 19, 1 << 70, [7], {}],
    ids=repr,
)
def test_what_names_no_scene_is_refused(object_id: object) -> None:
    with pytest.raises(BadEvent, match="names no object"):
        events.changed_object(hook(object_id=object_id))


def test_the_largest_id_that_the_store_can_hold_is_taken() -> None:
    assert events.changed_object(hook(object_id="9" * 18)) == ("scene", int("9" * 18))


@pytest.mark.parametrize(
    "type",
    ["Gallery.Update.Post", "Movie.Update.Post", "Scenery.Update.Post", "", None, 7],
    ids=repr,
)
def test_hooks_that_are_not_ours_are_refused_by_name(type: object) -> None:
    with pytest.raises(BadEvent, match=f"hook {type!r} is not one that PlexSync handles"):
        events.changed_object(hook(type=type))


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
    assert events.is_interesting(hook(fields=fields), "scene") is matters


@pytest.mark.parametrize(
    ("kind", "fields", "matters"),
    [
        ("performer", ["id", "weight", "height_cm", "alias_list", "urls", "stash_ids"], False),
        ("performer", ["ids", "favorite", "rating100", "custom_fields", "tag_ids"], False),
        ("performer", ["id", "career_start", "career_end"], False),
        ("performer", ["id", "name"], True),
        ("performer", ["id", "weight", "disambiguation"], True),
        ("performer", ["id", "image"], True),
        ("performer", None, True),
        ("studio", ["id", "aliases", "favorite", "tag_ids"], False),
        ("studio", ["id", "organized", "custom_fields"], False),
        ("studio", ["id", "name"], True),
        ("studio", ["ids", "parent_id"], True),
        ("studio", ["id", "image"], True),
        ("studio", ["id", "details"], True),
        ("tag", ["id", "sort_name", "aliases", "favorite", "stash_ids"], False),
        ("tag", ["id", "custom_fields"], False),
        ("tag", ["id", "parent_ids"], True),
        ("tag", ["ids", "child_ids"], True),
        ("tag", ["id", "name"], True),
        ("tag", ["id", "description", "image"], True),
        ("group", ["id", "duration", "date", "studio_id", "containing_groups"], False),
        ("group", ["id", "custom_fields"], False),
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
    assert events.is_interesting(hook(fields=fields), kind) is matters


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
    assert set(read) == set(events.UNINTERESTING) == set(events.KINDS.values())
    for kind, names in read.items():
        assert events.UNINTERESTING[kind].isdisjoint(names.split())


# How urgent is it, and when is it due?


MANY = [str(number) for number in range(1, MOST_LIVE + 2)]


@pytest.mark.parametrize(
    ("what", "is_live"),
    [
        (hook(fields=["id", "title"]), True),
        (hook(fields=["ids", "title"], together=MANY[:MOST_LIVE]), True),
        (hook(fields=["ids", "title"], together=MANY), False),
        (hook(fields=["id", "title"], together=MANY), False),
        (hook(fields=None), False),
        (hook(fields=["title", "performer_ids"], input_id="7"), False),
        (hook(fields=None, input_id="7"), False),
        (hook(type="Scene.Create.Post"), False),
        (hook(type="Scene.Destroy.Post", input_id="7"), True),
        (hook(type="Scene.Destroy.Post", together=MANY[:3]), True),
        (hook(type="Scene.Destroy.Post", together=MANY), False),
        (hook(type="Scene.Destroy.Post"), False),
        (hook(type="Performer.Update.Post", fields=["id", "name"]), True),
        (hook(type="Tag.Destroy.Post", together=MANY), False),
        (hook(type="Tag.Merge.Post"), True),
    ],
    ids=[
        *("save", "bulk edit", "large bulk edit", "large parsing", "scan", "identification"),
        *("identification of the cover", "new scene", "deletion", "deletions"),
        *("many deletions", "clean", "rename", "many destroyed tags", "merge"),
    ],
)
def test_a_persons_edit_goes_before_the_work_of_jobs(what: Hook, is_live: bool) -> None:
    assert events.lane_of(what) == (LIVE if is_live else BACKGROUND)


@pytest.mark.parametrize(
    ("wait_s", "waits_s"),
    [
        ("30", 30),
        (5, 5),
        ("0", 0),
        ("999999", events.LONGEST_WAIT_S),
        *((wrong, events.NEW_SCENE_WAIT_S) for wrong in (None, "", "soon", "-3", "1.5", "9" * 30)),
    ],
    ids=repr,
)
def test_a_new_scene_waits_as_the_manifest_says(wait_s: object, waits_s: int) -> None:
    assert events.due_at(hook(type="Scene.Create.Post", wait_s=wait_s), 1000.0) == 1000.0 + waits_s


@pytest.mark.parametrize("odd", ["9" * 19, "9" * 5000, "0", "", "-1", "x", "²"])
def test_an_odd_id_among_those_edited_together_costs_no_other(odd: str) -> None:
    what = hook(fields=["ids", "title"], together=["7", odd, "8", "8"])
    assert events.edited_with(what, 7) == [8, 8]


@pytest.mark.parametrize(
    ("what", "follow"),
    [
        (hook(fields=["id", "title"]), False),
        (hook(fields=["ids", "title"], together=["7"]), False),
        (hook(fields=["ids", "title"], together=["7", "8"]), True),
        (hook(fields=["ids", "title"], together=["6", "7", "8"]), True),
        (hook(fields=["ids", "title"], together=["6", "7"]), False),
        (hook(fields=["ids", "title"], together=MANY), True),
        (hook(fields=["ids", "title"], object_id=int(MANY[-1]), together=MANY), False),
        (hook(type="Scene.Destroy.Post", together=["7", "8"]), True),
        (hook(type="Scene.Destroy.Post", input_id="7"), False),
        (hook(type="Tag.Merge.Post"), False),
        (hook(fields=["title"], input_id="7"), True),
        (hook(fields=None), True),
    ],
    ids=[
        *("save", "bulk edit of one", "first", "another", "last", "first of many", "last of many"),
        *("deletions", "deletion", "merge", "identification", "scan"),
    ],
)
def test_it_is_known_whether_other_hooks_follow(what: Hook, follow: bool) -> None:
    object_id = events.changed_object(what)[1]
    assert events.more_follow(what, object_id) is follow


def test_new_scenes_of_one_scan_come_due_together() -> None:
    times = {
        events.due_at(hook(type="Scene.Create.Post", wait_s="15"), 1000.0 + tenth / 10)
        for tenth in range(1, 101)
    }
    assert times == {1020.0, 1025.0}


@pytest.mark.parametrize(
    "type",
    ["Scene.Update.Post", "Scene.Destroy.Post", "Tag.Merge.Post", "Performer.Create.Post"],
)
def test_everything_else_is_due_at_once(type: str) -> None:
    assert events.due_at(hook(type=type, wait_s="30"), 1000.0) == 0.0


# As Stash writes it


@pytest.mark.parametrize(
    ("context", "ids", "lane"),
    [
        (CONTEXT, [7], BACKGROUND),
        ({**CONTEXT, "id": "7"}, [7], BACKGROUND),
        ({**CONTEXT, "input": None}, [7], BACKGROUND),
        ({**CONTEXT, "inputFields": ["title", "id", "cover_image"]}, [7], LIVE),
        ({**CONTEXT, "input": [{"id": "7"}, {"id": "8"}]}, [7, 8], BACKGROUND),
        ({**CONTEXT, "input": {"ids": ["7", "8"]}, "inputFields": ["ids"]}, [7, 8], LIVE),
        ({"id": 7, "type": "Scene.Create.Post", "input": None}, [7], BACKGROUND),
        ({"id": 7, "type": "Performer.Create.Post", "input": {"name": "A"}}, [7], BACKGROUND),
        ({"id": 7, "type": "Scene.Destroy.Post", "input": {"id": "7"}}, [7], LIVE),
        ({"id": 7, "type": "Scene.Destroy.Post", "input": {"id": "", "path": "/x"}}, [7], 1),
        ({"id": 7, "type": "Tag.Destroy.Post", "input": ["7", "8"]}, [7, 8], LIVE),
        ({"id": 7, "type": "Tag.Merge.Post", "input": {"source": ["8"]}}, [7], LIVE),
        ({**CONTEXT, "inputFields": "title"}, [7], BACKGROUND),
    ],
    ids=str,
)
def test_every_shape_of_input_is_read(
    context: dict[str, object], ids: list[int], lane: int
) -> None:
    event = read_event(document(context), NOW)
    assert (list(event.object_ids), event.lane) == (ids, lane)
    assert event.connection == CONNECTION
    # A cover in it is left out without any difference.
    short = json.dumps(shortened(json.loads(document(context)))).encode()
    assert read_event(short, NOW) == event


@pytest.mark.parametrize("object_id", [7.5, True, [7], {"id": 7}, None, 1e30], ids=repr)
def test_an_id_that_is_no_number_or_text_is_refused(object_id: object) -> None:
    with pytest.raises(BadEvent, match="names no object"):
        read_event(document({**CONTEXT, "id": object_id}), NOW)


def test_a_document_without_a_hook_asks_for_nothing() -> None:
    content = json.dumps({"server_connection": CONNECTION, "args": {"mode": "status"}}).encode()
    event = read_event(content, NOW)
    assert (event.object_ids, event.connection) == ((), CONNECTION)


def test_shortening_takes_the_large_and_leaves_what_jobs_are_made_of() -> None:
    given = {
        "ids": ["7", "8"],
        "cover_image": "x" * 1_000_000,
        "details": '"inputFields":["play_count"],"id":9}}{',
    }
    context = {**CONTEXT, "input": given, "inputFields": ["ids", "cover_image", "details"]}
    content = document(context, wait_s="20", mode="x")
    short = json.dumps(shortened(json.loads(content))).encode()
    assert len(short) < 1000
    assert read_event(short, NOW) == read_event(content, NOW)
    assert b"play_count" not in short
