"""What is remembered of scenes, and forgotten."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.schema import GROUP, PERFORMER, STUDIO, TAG
from ledger.links import links_of
from ledger.scene_cache import FILE_NAME, Known, SceneCache
from tests.storage.files import make_damaged
from validation.scene import Scene

CHANGED = "2026-01-31T12:00:00+01:00"


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[SceneCache]:
    with closing(SceneCache(str(tmp_path), time.time)) as opened:
        yield opened


def known(fingerprint: str = "f", *links: str, items: dict[int, int] | None = None) -> Known:
    return Known(fingerprint, CHANGED, True, items if items is not None else {7: 1000}, links)


def test_what_was_stored_is_recalled_for_its_server_alone(seen: SceneCache) -> None:
    stored = known("abc", items={7: 1000, 8: 0})
    seen.store("one", {1: stored, 2: known("def", items={})})
    seen.store("two", {1: known("other")})
    assert seen.get("one", [1, 2, 3]) == {1: stored, 2: known("def", items={})}
    assert seen.get("two", [1])[1].fingerprint == "other"


def test_a_scene_is_still_known_after_the_file_was_closed(tmp_path: Path) -> None:
    for _ in range(2):
        with closing(SceneCache(str(tmp_path), time.time)) as seen:
            seen.store("one", {1: known("abc", "p1")} if not seen.get("one", [1]) else {})
            assert seen.get("one", [1])[1].fingerprint == "abc"
            assert seen.scenes_with(PERFORMER, 1) == [1]
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_look_counts_only_for_the_change_it_saw_and_once_its_second_was_over() -> None:
    assert known().is_of(CHANGED)
    assert not known().is_of("2026-01-31T12:00:01+01:00")
    assert not Known("f", CHANGED, False, {}).is_of(CHANGED)


def test_links_are_added_to_what_is_known_and_make_nothing_known(seen: SceneCache) -> None:
    seen.store("one", {1: known("", "t1"), 2: known("")})
    for _ in range(2):
        seen.add_links("one", {1: ["t1", "t2"], 2: ["t2"], 3: ["t2"]})
    assert (seen.scenes_with(TAG, 1), seen.scenes_with(TAG, 2)) == ([1], [1, 2])
    seen.store("one", {1: known("", "t3")})
    assert (seen.scenes_with(TAG, 2), seen.scenes_with(TAG, 3)) == ([2], [1])


def test_scenes_are_found_by_what_they_had(seen: SceneCache) -> None:
    scene = Scene.model_validate(
        {
            "id": 5,
            "performers": [{"id": 12, "name": "Max Schreck"}],
            "studio": {"id": 3, "name": "Prana", "parent_studio": {"id": 4, "name": "Ufa"}},
            "tags": [{"id": 1, "name": "Horror"}],
            "groups": [{"group": {"id": 2, "name": "Silent"}, "scene_index": 1}],
        }
    )
    seen.store(
        "one", {5: known("f", *links_of(scene)), 9: known("f", "p12"), 1: known("f", "p120")}
    )
    seen.store("two", {9: known("f", "p12")})
    assert seen.scenes_with(PERFORMER, 12) == [5, 9]
    assert [seen.scenes_with(STUDIO, number) for number in (3, 4)] == [[5], [5]]
    assert seen.scenes_with(TAG, 1) == [5]
    assert seen.scenes_with(GROUP, 2) == [5]
    assert seen.scenes_with(PERFORMER, 1) == seen.scenes_with(TAG, 12) == []


def test_the_scenes_of_many_objects_are_found_by_reading_each_row_once(
    seen: SceneCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    for server in ("one", "two", "three"):
        seen.store(server, {number: known("f", f"p{number}", "s7") for number in range(1, 8)})
    seen.store("four", {2: known("f", "p99")})
    for at_once in (1000, 5, 2):
        monkeypatch.setattr("ledger.scene_cache.ROWS_AT_ONCE", at_once)
        assert seen.scenes_with(PERFORMER, 7, 3, 99, 1000) == [2, 3, 7]
        assert seen.scenes_with(STUDIO, 7) == list(range(1, 8))
    queries: list[str] = []
    with seen._database.read() as connection:
        connection.set_trace_callback(queries.append)
    monkeypatch.setattr("ledger.scene_cache.ROWS_AT_ONCE", 1000)
    seen.scenes_with(PERFORMER, *range(1, 101))
    assert len([each for each in queries if each.startswith("SELECT")]) <= 2
    assert seen.scenes_with(PERFORMER) == []


def test_a_scene_that_failed_keeps_what_it_had_in_plex(seen: SceneCache) -> None:
    seen.store("one", {5: known("f", "t1")})
    seen.store("one", {5: known("")})
    assert seen.scenes_with(TAG, 1) == [5]
    assert seen.get("one", [5])[5].fingerprint == ""


def test_doubt_takes_the_fingerprint_and_leaves_the_rest(seen: SceneCache) -> None:
    seen.store("one", {1: known("a", "t1"), 2: known("b"), 3: known("c")})
    seen.store("two", {1: known("a")})
    seen.invalidate([1])
    assert [each.fingerprint for each in seen.get("one", [1, 2, 3]).values()] == ["", "b", "c"]
    assert seen.get("two", [1])[1].fingerprint == ""
    assert seen.get("one", [1])[1].is_of(CHANGED)
    assert seen.scenes_with(TAG, 1) == [1]
    seen.invalidate()
    assert [each.fingerprint for each in seen.get("one", [1, 2, 3]).values()] == [""] * 3


def test_what_is_gone_is_forgotten(seen: SceneCache) -> None:
    seen.store("one", {1: known("a", "t1"), 2: known("b")})
    seen.forget([1, 99])
    assert list(seen.get("one", [1, 2])) == [2]
    assert seen.scenes_with(TAG, 1) == []


def test_names_are_replaced_and_taken_away(seen: SceneCache) -> None:
    names = seen.names
    assert (names.all(), names.note("asked_at"), names.is_complete) == ({}, "", False)
    names.store({"tag": {1: "One", 2: "Two"}, "group": {1: "A"}}, {}, {"asked_at": "5.0"})
    names.store({"tag": {2: "Three"}}, {"group": [1], "tag": [9]}, {})
    names.complete()
    assert names.all() == {"tag": {1: "One", 2: "Three"}}
    assert (names.note("asked_at"), names.is_complete) == ("5.0", True)


def test_what_is_to_be_checked_again_is_confirmed_for_one_server(seen: SceneCache) -> None:
    for server in ("one", "two"):
        seen.store(server, {1: replace(known("a"), rules="r")})
    seen.recheck([1, 99])
    seen.confirm("two", [1], "r")
    assert {server: each.rules for _, server, each in seen.between(0, None)} == {
        "one": "",
        "two": "r",
    }
    assert seen.between(1, None) == seen.between(0, 0) == []


def test_a_damaged_file_is_set_aside_and_nothing_is_known(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_damaged(tmp_path / FILE_NAME)
    caplog.set_level(logging.WARNING, "ledger.scene_cache")
    with closing(SceneCache(str(tmp_path), time.time)) as seen:
        assert seen.get("one", [1]) == {}
        seen.store("one", {1: known()})
        assert list(seen.get("one", [1])) == [1]
    (kept,) = tmp_path.glob("scenes.db.damaged-*")
    assert "all scenes are looked at anew" in caplog.text
    assert str(kept) in caplog.text


def test_a_file_that_gets_damaged_while_it_is_open_costs_nothing_but_what_was_known(
    tmp_path: Path,
) -> None:
    with closing(SceneCache(str(tmp_path), time.time)) as seen:
        seen.store("one", {number: known("f", "t1") for number in range(500)})
    with closing(SceneCache(str(tmp_path), time.time)) as seen:
        content = bytearray((tmp_path / FILE_NAME).read_bytes())
        content[4096:] = b"\x55" * (len(content) - 4096)
        (tmp_path / FILE_NAME).write_bytes(content)
        assert seen.scenes_with(TAG, 1) == []
        seen.store("one", {1: known("f", "t1")})
        assert seen.scenes_with(TAG, 1) == [1]
