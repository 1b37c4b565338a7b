"""Equal edits in one request, and giving way to what somebody edits meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from commands import undo_task
from errors import LeaseLost
from jobs.schema import BACKGROUND, LIVE, TASK, TASK_LANES
from pipeline.preempt import LOOK_PAUSE_S, Preemption
from simulators.faults import Call, Drop, Reply
from simulators.rig import Rig
from simulators.stash import Studio
from tests.harness.sync import Desk, picture, registered
from worker.context import Context

NO_PICTURES = "poster, background"


def one_studio(desk: Desk, name: str = "Star Film", **fields: Any) -> Studio:
    """All scenes are of one studio; nothing is counted yet."""
    studio = desk.rig.stash.library.add_studio(name, **fields)
    for scene in desk.rig.stash.library.scenes.values():
        scene.studio = studio
    return studio


def rename(desk: Desk, studio: Studio, name: str) -> None:
    desk.rig.stash.library.update(studio, name=name)


def edited_ids(desk: Desk) -> list[list[int]]:
    """The rating keys of each editing request."""
    edits = desk.plex.requests.matching("PUT", "/library/sections/")
    return [[int(key) for key in str(each.arg("id")).split(",")] for each in edits]


def test_a_renamed_studio_costs_a_request_per_batch(make_desk: Callable[..., Desk]) -> None:
    """500 scenes: a handful of edits; everything stays reversible item by item."""
    desk = make_desk(count=500)
    studio = one_studio(desk)
    desk.configure(skip_fields=NO_PICTURES, collections="studio")
    before = desk.snapshots()
    desk.sync()
    rename(desk, studio, "Star Film Co.")
    desk.sync()
    assert desk.plex.calls["edit"] == 5
    assert sorted(len(ids) for ids in edited_ids(desk)) == [100] * 5
    assert {item.fields["studio"] for item in desk.plex.library.items()} == {"Star Film Co."}
    assert {tuple(item.tag_names("collection")) for item in desk.plex.library.items()} == {
        ("Star Film Co.",)
    }
    desk.sync()
    assert desk.writes() == 0
    with desk.context({"confirm": True}) as context:
        undo_task.restore(context, lambda _fraction: None)
    assert desk.snapshots() == before


@pytest.mark.parametrize("tag_mode", ["additive", "replacing"])
def test_only_equal_edits_go_together(desk: Desk, tag_mode: str) -> None:
    desk.plex.quirks.tag_mode = tag_mode  # type: ignore[assignment]
    studio = one_studio(desk)
    desk.configure(skip_fields=NO_PICTURES, collections="studio")
    desk.sync()
    rename(desk, studio, "Star Film Co.")
    desk.edit(2, title="Edited")
    library = desk.plex.library
    foreign = library.make_tag(desk.item(3), "collection", "By hand")
    library.set_tags(desk.item(3), "collection", [*desk.item(3).tags["collection"], foreign])
    desk.sync()
    assert sorted(len(ids) for ids in edited_ids(desk)) == [1, 1, 8]
    assert [desk.item(n).title == "Edited" for n in (1, 2, 3)] == [False, True, False]
    held = [sorted(desk.item(n).tag_names("collection")) for n in range(1, 11)]
    assert held == [
        ["By hand", "Star Film Co."] if n == 3 else ["Star Film Co."] for n in range(1, 11)
    ]


def test_items_of_two_libraries_are_never_in_one_request(desk: Desk) -> None:
    library = desk.plex.library
    other = library.add_section("Copies", locations=["/data/films"])
    for film in desk.rig.films:
        library.add_item(other, f"/data/films/{film.file_name}", size=film.size)
    studio = one_studio(desk)
    desk.configure(skip_fields=NO_PICTURES)
    desk.sync()
    rename(desk, studio, "Star Film Co.")
    desk.sync()
    paths = {each.path for each in desk.plex.requests.matching("PUT")}
    assert len(paths) == desk.plex.calls["edit"] == 2
    assert {item.fields["studio"] for item in library.items()} == {"Star Film Co."}


def test_covers_that_stayed_do_not_keep_edits_apart(desk: Desk) -> None:
    """A bulk edit moves every scene's time, so that every cover is asked about."""
    for scene_id in range(1, 11):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
    desk.sync()
    studio = desk.rig.stash.library.add_studio("Star Film Co.")
    for scene_id in range(1, 10):
        desk.edit(scene_id, studio=studio)
    desk.edit(10, studio=studio, cover=picture("blue"))
    desk.sync()
    assert desk.cover_requests() == 10
    assert sorted(len(ids) for ids in edited_ids(desk)) == [1, 9]
    desk.sync()
    assert (desk.writes(), desk.cover_requests()) == (0, 0)


def test_a_refused_item_does_not_hold_up_those_that_went_with_it(desk: Desk) -> None:
    studio = one_studio(desk)
    desk.configure(skip_fields=NO_PICTURES)
    desk.sync()
    rename(desk, studio, "Star Film Co.")
    desk.plex.faults.add(Reply(400), r"PUT .*[?&]id=[^&]*%2C")
    desk.plex.faults.add(Reply(400), r"PUT .*[?&]id=3&")
    summary = desk.sync()
    assert "9 synced" in summary
    assert "1 failed (1 plex refused)" in summary
    studios = [desk.item(n).fields["studio"] for n in range(1, 11)]
    assert studios == ["Star Film Co." if n != 3 else "Star Film" for n in range(1, 11)]


@pytest.mark.parametrize("status", [400, 500])
def test_a_field_that_plex_does_not_take_does_not_keep_the_others_away(
    desk: Desk, status: int
) -> None:
    desk.sync()
    before = desk.item(3).fields["originallyAvailableAt"]
    desk.edit(3, title="Edited", details="Other words", date="1907-01-01")
    desk.plex.faults.add(Reply(status), "PUT .*originallyAvailableAt")
    with registered(desk) as context:
        enqueue(context, TASK, 3)
        worker = context.worker(TASK_LANES)
        worker.step()
        worker.close()
        store = context.stores.store
        told = [each.error or "" for each in store.failures()]
        told += [each.error or "" for each in store.retries()]
    fields = desk.item(3).fields
    assert (desk.item(3).title, fields["summary"]) == ("Edited", "Other words")
    assert fields["originallyAvailableAt"] == before
    assert ["all but date was written" in each for each in told] == [True]
    desk.plex.faults.clear()
    desk.reset()
    desk.event(3)
    assert fields["originallyAvailableAt"] == "1907-01-01"
    assert desk.plex.calls["edit"] == 1
    ((_, changes),) = desk.plex.library.edits
    assert set(changes) == {"originallyAvailableAt"}


def test_a_picture_whose_lock_plex_does_not_take_is_not_finished(desk: Desk) -> None:
    desk.sync()
    desk.edit(3, title="Edited", cover=picture("red"))
    desk.plex.quirks.upload_locks = False
    desk.plex.faults.add(Reply(500), "PUT .*thumb.locked")
    desk.reset()
    desk.event(3)
    assert desk.item(3).title == "Edited"
    desk.plex.faults.clear()
    desk.event(3)
    assert desk.item(3).locks >= {"thumb", "art"}
    assert desk.plex.calls["upload"] == 2  # each once


def test_a_field_that_plex_has_taken_although_it_failed_can_be_undone(desk: Desk) -> None:
    """What it then shows is ours, and not what was there before us."""
    desk.configure(skip_fields=f"{NO_PICTURES}, date", keep_plex_edits=True)
    before = desk.item(3).fields["originallyAvailableAt"] = "1900-01-01"
    desk.sync()
    desk.configure(skip_fields=NO_PICTURES)
    desk.edit(3, title="Edited", date="1907-01-01")
    desk.plex.faults.add(Reply(500), "PUT .*originallyAvailableAt")
    with registered(desk) as context:
        enqueue(context, TASK, 3)
        worker = context.worker(TASK_LANES)
        worker.step()
        worker.close()
    desk.item(3).fields["originallyAvailableAt"] = "1907-01-01"
    desk.plex.faults.clear()
    desk.edit(3, date="1908-02-02")
    desk.event(3)
    assert desk.item(3).fields["originallyAvailableAt"] == "1908-02-02"
    with desk.context({"scene_id": "3"}) as context:
        undo_task.restore(context, lambda _fraction: None)
    assert desk.item(3).fields["originallyAvailableAt"] == before


def test_a_field_that_was_tried_can_be_undone_although_it_is_skipped_since(desk: Desk) -> None:
    """A confirmed write of the other fields says nothing of what Plex holds of this one."""
    without_date = f"{NO_PICTURES}, date"
    desk.configure(skip_fields=without_date)
    before = desk.item(3).fields["originallyAvailableAt"] = "1900-01-01"
    desk.sync()
    desk.configure(skip_fields=NO_PICTURES)
    desk.edit(3, date="1907-01-01")
    with registered(desk) as context:
        enqueue(context, TASK, 3)
        worker = context.worker(TASK_LANES)
        desk.plex.faults.add(Drop(applied=True), "PUT ")
        desk.plex.faults.add(Reply(502), "GET /identity")
        worker.step()
        worker.close()
    desk.plex.faults.clear()
    assert desk.item(3).fields["originallyAvailableAt"] == "1907-01-01"
    desk.configure(skip_fields=without_date)
    desk.edit(3, title="Edited")
    desk.event(3)
    assert desk.item(3).title == "Edited"
    with desk.context({"scene_id": "3"}) as context:
        undo_task.restore(context, lambda _fraction: None)
    assert desk.item(3).fields["originallyAvailableAt"] == before


def test_a_plex_that_refuses_everything_is_asked_field_by_field_for_one_item_only(
    desk: Desk,
) -> None:
    desk.configure(concurrency=1, skip_fields=NO_PICTURES)
    desk.plex.faults.add(Reply(400), "PUT ")
    with registered(desk) as context:
        enqueue(context, TASK, *range(1, 11))
        worker = context.worker(TASK_LANES)
        worker.step()
        worker.close()
    keys = [ids for (ids,) in edited_ids(desk)]
    assert max(keys.count(key) for key in keys) > 2
    assert sorted(keys.count(key) for key in set(keys))[:9] == [1] * 9


def test_a_process_that_was_taken_for_dead_stores_nothing_over_its_successor(desk: Desk) -> None:
    desk.configure(concurrency=1, skip_fields=NO_PICTURES, keep_plex_edits=True)
    desk.sync()
    for scene_id in (1, 2, 3):
        desk.edit(scene_id, title=f"First of {scene_id}")
    with registered(desk) as suspended:

        def goes_on_elsewhere() -> None:
            suspended.stores.registry.leave()
            desk.edit(1, title="Second")
            desk.event(1)

        enqueue(suspended, TASK, 1, 2, 3)
        desk.plex.faults.add(Call(goes_on_elsewhere), "PUT ", skip=1, times=1)
        worker = suspended.worker(TASK_LANES)
        with pytest.raises(LeaseLost):
            worker.step()
        worker.close()
    assert desk.item(1).title == "Second"
    desk.edit(1, title="Third")
    desk.event(1)
    assert desk.item(1).title == "Third"


def test_an_outage_is_not_met_once_for_each_item(desk: Desk) -> None:
    studio = one_studio(desk)
    desk.configure(skip_fields=NO_PICTURES)
    desk.sync()
    rename(desk, studio, "Star Film Co.")
    with registered(desk) as context:
        desk.reset()
        enqueue(context, TASK, *range(1, 11))
        worker = context.worker(TASK_LANES)
        desk.plex.faults.add(Drop(applied=True), "PUT ")
        desk.plex.faults.add(Reply(502), "GET /identity")
        worker.step()
        assert worker.pause is not None
        assert desk.plex.requests.count("PUT") == 1
        desk.plex.faults.clear()
        worker.close()
    desk.sync()
    assert desk.writes() == 0  # it had been applied
    assert desk.item(5).fields["studio"] == "Star Film Co."


# Giving way


def enqueue(context: Context, lane: int, *scene_ids: int) -> None:
    context.stores.store.enqueue("scene", scene_ids, lane, time.time())


def drain(context: Context) -> int:
    """How many batches it took."""
    worker, steps = context.worker((LIVE, BACKGROUND)), 0
    while worker.step() == 0:
        steps += 1
    worker.close()
    return steps


def test_a_live_edit_overtakes_a_batch_that_is_being_written(
    make_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.preempt.LOOK_PAUSE_S", 0.0)
    desk = make_desk(count=60)
    desk.configure(concurrency=2)
    for scene_id in range(1, 61):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
    with registered(desk) as context:
        enqueue(context, BACKGROUND, *range(1, 51))

        def somebody_saves() -> None:
            enqueue(context, LIVE, 60)

        desk.plex.faults.add(Call(somebody_saves), "PUT .*sections", skip=4, times=1)
        drain(context)
        assert context.stores.store.counts() == {}
    order = list(dict.fromkeys(key for ids in edited_ids(desk) for key in ids))
    place = order.index(desk.item(60).rating_key)
    assert 5 <= place <= 5 + 2 * 2
    assert len(order) == 51
    # Nothing was torn or sent twice: each item had one edit and one upload per picture.
    assert desk.plex.calls["edit"] == 51
    assert desk.plex.calls["upload"] == 2 * 51


def test_what_was_put_back_has_spent_no_attempt(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Preemption, "is_needed", lambda _self: True)
    desk.configure(concurrency=1, skip_fields=NO_PICTURES)
    with registered(desk) as context:
        enqueue(context, BACKGROUND, *range(1, 11))
        worker = context.worker((LIVE, BACKGROUND))
        worker.step()
        assert context.stores.store.counts() == {(BACKGROUND, "queued"): 9}
        assert worker.tally.total == 1  # one goes in any case, or it would never get on
        assert drain(context) == 9
        worker.close()
    assert [desk.item(n).title for n in (1, 10)] == [desk.scene(n).title for n in (1, 10)]


def test_live_batches_and_those_who_do_not_serve_live_edits_go_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Preemption, "is_needed", lambda _self: True)
    desk.configure(concurrency=1, skip_fields=NO_PICTURES)
    with registered(desk) as context:
        for lanes, lane in ((LIVE, BACKGROUND), LIVE), ((BACKGROUND,), BACKGROUND):
            enqueue(context, lane, *range(1, 11))
            worker = context.worker(lanes)
            worker.step()
            worker.close()
            assert context.stores.store.counts() == {}


def test_the_queue_is_asked_now_and_then(rig: Rig) -> None:
    now_m = [100.0]
    with rig.store() as store:
        asked = Preemption(store, "mine", lambda: 1000.0, lambda: now_m[0])
        assert not asked.is_needed()
        store.enqueue("scene", [1], LIVE, 1000.0)
        assert not asked.is_needed()
        now_m[0] += 2 * LOOK_PAUSE_S
        assert asked.is_needed()
        assert not Preemption(store, "mine", lambda: -1.0, lambda: now_m[0]).is_needed()
        store.clear()
        now_m[0] += 2 * LOOK_PAUSE_S
        assert asked.is_needed()
