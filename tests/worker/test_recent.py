"""What changed in Stash without anybody telling us."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from commands import tasks
from errors import SyncError
from ledger.scene_cache import SceneCache
from simulators.faults import Reply
from tests.harness.sync import SCENES_BEGAN, Desk


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    desk.sync()
    desk.sync_recent()
    return desk


def asked(desk: Desk) -> list[int]:
    """The ids of the scenes that Stash was asked about since `reset`."""
    sent = [json.loads(each.body) for each in desk.rig.stash.requests.matching("POST", "/graphql")]
    found = [each["variables"] for each in sent if "query PlexSyncScenes" in each["query"]]
    return sorted(int(scene_id) for each in found for scene_id in each.values())


def test_exactly_the_changed_scenes_are_looked_at(in_step: Desk) -> None:
    for scene_id in (2, 7):
        in_step.edit(scene_id, title=f"Changed {scene_id}")
    assert "2 synced, 0 already in sync" in in_step.sync_recent()
    assert asked(in_step) == [2, 7]
    assert in_step.looks() == [in_step.item(2).rating_key, in_step.item(7).rating_key]
    assert "0 synced, 0 already in sync" in in_step.sync_recent()
    assert asked(in_step) == []


def test_the_first_run_looks_at_what_is_not_known_to_be_in_step(desk: Desk) -> None:
    with desk.context() as context:
        context.stores.store.enqueue("scene", [1, 2, 3], 2, time.time())
        tasks.process_queue(context, lambda _fraction: None)
    assert "7 synced, 0 already in sync" in desk.sync_recent()
    assert asked(desk) == list(range(4, 11))


def test_what_stash_tagged_by_itself_is_found(in_step: Desk) -> None:
    library = in_step.rig.stash.library
    tag = library.add_tag("Silent film")
    library.clock = lambda: SCENES_BEGAN + 5000
    in_step.rig.stash.auto_tag([2, 9], tags=[tag])
    in_step.sync_recent()
    assert asked(in_step) == [2, 9]
    for scene_id in (2, 9):
        assert "Silent film" in [each.name for each in in_step.item(scene_id).tags["genre"]]


def test_what_was_synced_by_its_hook_is_not_synced_again(in_step: Desk) -> None:
    in_step.edit(3, title="By its hook")
    in_step.event(3)
    in_step.edit(4, title="Without")
    in_step.sync_recent()
    assert asked(in_step) == [4]


def test_scenes_that_share_the_second_of_the_mark_are_found(in_step: Desk) -> None:
    now = SCENES_BEGAN + 5000
    in_step.rig.stash.library.clock = lambda: now
    in_step.rig.stash.library.update(in_step.scene(9), title="First")
    in_step.sync_recent()
    in_step.rig.stash.library.update(in_step.scene(2), title="In the same second")
    in_step.sync_recent()
    assert asked(in_step) == [2]
    assert in_step.item(2).title == "In the same second"


@pytest.mark.parametrize(
    ("before_h", "after_h"),
    [(2, 1), (1, 2), (14, -12), (0, 0), (5.5, 0)],
    ids=["winter time", "summer time", "across the world", "UTC", "half an hour"],
)
def test_a_clock_that_is_set_back_hides_nothing(
    desk: Desk, before_h: float, after_h: float
) -> None:
    library = desk.rig.stash.library
    library.utc_offset_s = int(before_h * 3600)
    desk.edit(1, title="Before")
    desk.sync()
    desk.sync_recent()
    library.utc_offset_s = int(after_h * 3600)
    desk.edit(5, title="After")
    desk.sync_recent()
    assert asked(desk) == [5]
    assert desk.item(5).title == "After"


@pytest.mark.parametrize("ahead_s", [-90e6, 30e6], ids=["three years behind", "a year ahead"])
def test_a_stash_that_lives_at_another_time_is_no_problem(desk: Desk, ahead_s: float) -> None:
    clock = [time.time() + ahead_s]
    library = desk.rig.stash.library
    library.clock = lambda: clock[0]
    for scene in library.scenes.values():
        library.update(scene)
    clock[0] += 10
    desk.sync()
    desk.sync_recent()
    library.update(desk.scene(5), title="Changed")
    desk.sync_recent()
    assert desk.item(5).title == "Changed"


def test_the_mark_stays_where_it_was_when_the_run_is_cut_short(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_step.edit(2, title="Changed")
    monkeypatch.setattr(tasks, "GIVE_UP_S", -1.0)
    in_step.plex.faults.add(Reply(503), "GET /library/metadata/.*")
    in_step.plex.faults.add(Reply(503), "PUT .*")
    with pytest.raises(SyncError):
        in_step.sync_recent()
    in_step.plex.faults.clear()
    with in_step.context() as context:
        context.stores.store.clear()
    in_step.sync_recent()
    assert in_step.item(2).title == "Changed"


def test_a_failure_is_left_to_the_list_of_failures(in_step: Desk) -> None:
    in_step.edit(2, title="Refused")
    in_step.plex.faults.add(Reply(400), "PUT .*/all")
    assert "1 failed" in in_step.sync_recent()
    assert "0 failed" in in_step.sync_recent()
    assert asked(in_step) == []


def test_scenes_that_change_meanwhile_are_neither_skipped_nor_asked_for_twice(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.client.OBJECTS_PER_PAGE", 2)
    for scene_id in range(1, 11):
        in_step.edit(scene_id, title=f"Changed {scene_id}")
    between = SceneCache.between
    edited: list[int] = []

    def edit_between(self: Any, after: int, up_to: int | None) -> Any:
        if not edited:
            edited.append(1)
            in_step.edit(1, title="Changed again")
        return between(self, after, up_to)

    with monkeypatch.context() as patch:
        patch.setattr(SceneCache, "between", edit_between)
        in_step.sync_recent()
    assert sorted(set(asked(in_step))) == list(range(1, 11))
    in_step.sync_recent()
    assert [in_step.item(number).title for number in (1, 10)] == ["Changed again", "Changed 10"]


def test_a_scene_that_changes_twice_within_a_second_is_looked_at_twice(in_step: Desk) -> None:
    now = time.time()
    in_step.rig.stash.library.clock = lambda: now + 2
    for title in ("First", "Second"):
        in_step.rig.stash.library.update(in_step.scene(3), title=title)
        in_step.sync_recent()
        assert in_step.item(3).title == title


def test_nothing_changed_costs_a_few_words_about_each_scene(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.client.OBJECTS_PER_PAGE", 4)
    in_step.sync_recent()
    sent = in_step.rig.stash.requests.matching("POST", "/graphql")
    assert sum(b"query PlexSyncTimes" in each.body for each in sent) == 3
    assert not sum(b"query PlexSyncScenes" in each.body for each in sent)


def test_a_scene_changed_under_a_wrong_clock_hides_no_other(desk: Desk) -> None:
    library, now = desk.rig.stash.library, time.time()
    library.clock = lambda: now + 10 * 365 * 86_400
    library.update(desk.scene(3), title="From the future")
    desk.sync_recent()
    library.clock = lambda: now
    library.update(desk.scene(5), title="Changed today")
    desk.sync_recent()
    assert 5 in asked(desk)
    assert desk.item(5).title == "Changed today"
