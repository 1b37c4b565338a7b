"""Reading a hook's document: the quick way by SQLite and the slow one must agree."""

from __future__ import annotations

import json
from typing import Any

import pytest

from entry import start
from entry.event import Event, read_event
from stash.protocol import read_invocation

CONTEXT = {"id": 7, "type": "Scene.Update.Post", "input": {"id": "7"}, "inputFields": ["title"]}


def document(context: object = CONTEXT, **connection: Any) -> bytes:
    server = {"Scheme": "http", "Host": "0.0.0.0", "Port": 9999, "Dir": "/config", **connection}
    return json.dumps({"server_connection": server, "args": {"hookContext": context}}).encode()


def shown(event: Event | None) -> tuple[object, ...] | None:
    if event is None:
        return None
    return tuple(getattr(event, name) for name in sorted(Event.__slots__))


def by_the_slow_way(content: bytes) -> tuple[object, ...] | None:
    return shown(start._event(content, read_invocation(content)))


@pytest.mark.parametrize(
    "context",
    [
        CONTEXT,
        {**CONTEXT, "id": "7"},
        {**CONTEXT, "id": None},
        {**CONTEXT, "id": True},
        {**CONTEXT, "input": None},
        {**CONTEXT, "input": [{"id": "7"}, {"id": "8"}]},
        {**CONTEXT, "input": {"ids": ["7", "8"], "tag_ids": {"mode": "ADD", "ids": ["1"]}}},
        {**CONTEXT, "inputFields": ["title", "id", "cover_image"]},
        {"id": 7, "type": "Scene.Create.Post", "input": None},
        {"id": 7, "type": "Scene.Destroy.Post", "input": {"id": "7", "path": "/é/日本.mp4"}},
        {"id": 7, "type": "Scene.Destroy.Post", "input": {"id": "", "path": "/removed.mp4"}},
        {"id": 7, "type": "Tag.Destroy.Post", "input": ["7", "8"]},
        {"id": 7, "type": "Tag.Merge.Post", "input": {"source": ["8"], "destination": "7"}},
        {"id": 7},
        {"type": "Scene.Update.Post"},
    ],
    ids=str,
)
def test_both_ways_read_the_same(context: dict[str, Any]) -> None:
    content = document(context)
    assert shown(read_event(content)) == by_the_slow_way(content)


def test_an_event_is_what_the_hook_says() -> None:
    event = read_event(document())
    assert event
    assert (event.document, event.config_dir) == (document(), "/config")
    assert (event.type, event.object_id, event.fields) == ("Scene.Update.Post", 7, ["title"])
    assert (event.input_id, event.together, event.wait_s) == ("7", [], None)


@pytest.mark.parametrize(
    "given",
    [
        {"ids": ["7", "8"], "name": "together"},
        [{"id": "7", "name": "a"}, {"id": "8", "name": "b"}],
        ["7", "8"],
    ],
    ids=["bulk edit", "several inputs", "several deletions"],
)
def test_what_was_changed_together_is_read_from_every_shape_of_input(given: object) -> None:
    event = read_event(document({**CONTEXT, "input": given}))
    assert event
    assert (event.together, event.input_id) == (["7", "8"], "")


def test_the_manifests_argument_is_read_both_ways() -> None:
    content = json.loads(document())
    content["args"]["wait_s"] = "30"
    both = json.dumps(content).encode()
    event = read_event(both)
    assert event
    assert event.wait_s == "30"
    assert shown(event) == by_the_slow_way(both)


@pytest.mark.parametrize("fields", [[], None], ids=repr)
def test_no_names_of_fields_is_not_to_know(fields: object) -> None:
    event = read_event(document({**CONTEXT, "inputFields": fields}))
    assert event
    assert event.fields in (None, ["None"])


@pytest.mark.parametrize("object_id", [7.5, True, [7], {"id": 7}, None, 1e30], ids=repr)
def test_an_id_that_is_no_number_or_text_is_none(object_id: object) -> None:
    event = read_event(document({**CONTEXT, "id": object_id}))
    assert event
    assert event.object_id is None


def test_paths_of_any_letters_are_read() -> None:
    event = read_event(document(Dir="/home/josé/日本/C:\\x \"quoted\" 'too'"))
    assert event
    assert event.config_dir == "/home/josé/日本/C:\\x \"quoted\" 'too'"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b"null",
        document(None),
        document("Scene"),
        document([CONTEXT]),
        document(Dir=None),
        document(Dir=7),
        document(Dir=""),
        json.dumps({"server_connection": {"Dir": "/c"}, "args": {"mode": "status"}}).encode(),
        json.dumps({"args": {"hookContext": CONTEXT}}).encode(),
        document()[:-1],
    ],
    ids=lambda content: content[:60].decode(errors="replace"),
)
def test_whatever_is_no_wellformed_hook_is_left_to_the_slower_reader(content: bytes) -> None:
    assert read_event(content) is None
