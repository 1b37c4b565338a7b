"""Scenes that go, come back under another id, or are merged: nothing of Plex is lost by it."""

from __future__ import annotations

import pytest

from commands import undo_task
from ledger.ledger import Ledger
from ledger.rows import Intent
from plex.items import PlexFile, PlexItem
from simulators.faults import Drop, Reply
from simulators.plex import Item, Tag
from simulators.stash import Scene
from sync.plan import Plan
from sync.values import ItemState, Memory
from tests.harness.sync import Desk
from tests.harness.worker import Shift
from worker.retry import REFUSED_S


def entries(desk: Desk, scene_id: int) -> list[int]:
    """The rating keys of the items that the ledger has for a scene."""
    with desk.ledger() as ledger:
        return [entry.rating_key for _, entry in ledger.of_scenes([scene_id])]


def destroy(on_shift: Shift, *scene_ids: int) -> None:
    on_shift.go_on(10)
    for scene_id in scene_ids:
        del on_shift.rig.stash.library.scenes[scene_id]
    on_shift.event(*scene_ids)


def merge(on_shift: Shift, kept: int, source: int) -> Scene:
    """Without any hook, as in Stash; a reconcile, say, brings the scene up."""
    query = "mutation($input: SceneMergeInput!) { sceneMerge(input: $input) { id } }"
    on_shift.rig.stash.graphql(query, {"input": {"source": [source], "destination": kept}})
    return on_shift.desk.scene(kept)


def restore(desk: Desk, **args: object) -> str:
    with desk.context(args) as context:
        return undo_task.restore(context, lambda _fraction: None)


def names(item: Item, kind: str) -> set[str]:
    return {tag.name for tag in item.tags.get(kind, ())}


# Gone


def test_what_is_gone_from_both_is_forgotten(on_shift: Shift) -> None:
    on_shift.event(1, 2)
    on_shift.rig.plex.library.remove(on_shift.desk.item(1))
    destroy(on_shift, 1)
    assert entries(on_shift.desk, 1) == []
    assert len(entries(on_shift.desk, 2)) == 1
    assert on_shift.store.counts() == {}


def test_what_plex_keeps_stays_known_if_a_missing_neighbour_makes_plex_say_404(
    on_shift: Shift,
) -> None:
    on_shift.event(1, 2)
    on_shift.rig.plex.library.remove(on_shift.desk.item(1))
    on_shift.rig.plex.quirks.multi_get_strict = True
    destroy(on_shift, 1, 2)
    assert entries(on_shift.desk, 1) == []
    assert len(entries(on_shift.desk, 2)) == 1


def test_a_proxy_that_says_404_while_plex_restarts_makes_nothing_be_forgotten(
    on_shift: Shift,
) -> None:
    on_shift.event(1)
    on_shift.rig.plex.faults.add(Reply(404, b"404 page not found", "text/plain"))
    destroy(on_shift, 1)
    assert len(entries(on_shift.desk, 1)) == 1
    assert on_shift.worker.pause is not None


def test_what_plex_keeps_stays_as_it_is_and_can_be_restored(on_shift: Shift) -> None:
    item = on_shift.desk.item(1)
    before = on_shift.rig.plex.library.snapshot(item)
    on_shift.event(1)
    synced = on_shift.rig.plex.library.snapshot(item)
    on_shift.desk.reset()
    destroy(on_shift, 1)
    assert on_shift.desk.writes() == 0
    assert on_shift.rig.plex.library.snapshot(item) == synced
    assert "1 restored" in restore(on_shift.desk, confirm="true")
    assert on_shift.rig.plex.library.snapshot(item) == before


def test_a_file_that_comes_back_as_another_scene_goes_on_from_there(on_shift: Shift) -> None:
    item = on_shift.desk.item(1)
    item.tags["genre"] = [Tag("Typed in Plex")]
    before = on_shift.rig.plex.library.snapshot(item)
    files = on_shift.desk.scene(1).files
    on_shift.event(1)
    destroy(on_shift, 1)
    back = on_shift.rig.stash.library.add_scene("Back again", files=files)
    on_shift.event(back.id)
    assert item.fields["title"] == "Back again"
    # What the former scene had brought is known as ours, and goes with it.
    assert names(item, "genre") == {"Typed in Plex"}
    assert entries(on_shift.desk, back.id) == [item.rating_key]
    assert entries(on_shift.desk, 1) == []
    assert "1 restored" in restore(on_shift.desk, scene_id=back.id)
    assert on_shift.rig.plex.library.snapshot(item) == before


def test_a_file_that_comes_back_as_it_was_belongs_to_the_new_scene(on_shift: Shift) -> None:
    """Though there is nothing to write."""
    scene, item = on_shift.desk.scene(1), on_shift.desk.item(1)
    on_shift.event(1)
    destroy(on_shift, 1)
    on_shift.desk.reset()
    names = ("details", "date", "rating100", "director", "studio", "performers", "tags", "files")
    values = {name: getattr(scene, name) for name in names}
    back = on_shift.rig.stash.library.add_scene(scene.title, **values)
    on_shift.event(back.id)
    assert on_shift.desk.writes() == 0
    assert entries(on_shift.desk, back.id) == [item.rating_key]


def test_the_failure_of_a_scene_that_is_gone_is_forgotten(on_shift: Shift) -> None:
    on_shift.rig.plex.faults.add(Reply(400), "PUT /library/sections/1/all")
    on_shift.event(1)
    for delay_s in REFUSED_S:
        on_shift.go_on(2 * delay_s)
    assert len(on_shift.store.failures()) == 1
    destroy(on_shift, 1)
    assert on_shift.store.failures() == []


def test_many_at_once_cost_one_question(on_shift: Shift) -> None:
    on_shift.event(*range(1, 11))
    on_shift.desk.reset()
    destroy(on_shift, *range(1, 11))
    assert dict(on_shift.rig.plex.calls) == {"metadata": 1}
    assert on_shift.store.counts() == {}


def test_an_outage_keeps_the_job(on_shift: Shift) -> None:
    on_shift.event(1)
    on_shift.rig.plex.library.remove(on_shift.desk.item(1))
    on_shift.rig.plex.faults.add(Drop())
    destroy(on_shift, 1)
    assert on_shift.worker.pause is not None
    assert on_shift.store.count() == 1
    on_shift.rig.plex.faults.clear()
    for _ in range(3):
        on_shift.go_on(60)
    assert entries(on_shift.desk, 1) == []
    assert on_shift.store.counts() == {}


def test_what_was_written_to_another_server_is_left(on_shift: Shift) -> None:
    """It can't be asked."""
    with on_shift.desk.ledger() as ledger:
        _remember(ledger, "another server", 1)
        destroy(on_shift, 1)
        assert len(ledger.of_scenes([1])) == 1


def _remember(ledger: Ledger, server: str, scene_id: int) -> None:
    state = ItemState({"title": "before"})
    item = PlexItem(7, "1", "movie", state, (PlexFile("/a.mp4"),))
    ledger.intend(server, [Intent(item, scene_id, Memory(), Plan((), (), {}, state))])


# Merged


def test_the_kept_scene_takes_the_item_of_the_merged_one_over(on_shift: Shift) -> None:
    own, taken = on_shift.desk.item(1), on_shift.desk.item(2)
    taken.tags["genre"] = [Tag("Typed in Plex")]
    before = [on_shift.rig.plex.library.snapshot(each) for each in (own, taken)]
    on_shift.event(1, 2)
    on_shift.go_on(10)
    kept = merge(on_shift, 1, 2)
    on_shift.event(1, 2)
    for item in (own, taken):
        assert item.fields["title"] == kept.title
        assert item.fields["summary"] == kept.details
    assert names(taken, "genre") == {"Typed in Plex", *(tag.name for tag in kept.tags)}
    assert entries(on_shift.desk, 1) == [own.rating_key, taken.rating_key]
    assert entries(on_shift.desk, 2) == []
    assert "2 restored" in restore(on_shift.desk, scene_id=1)
    assert [on_shift.rig.plex.library.snapshot(each) for each in (own, taken)] == before


@pytest.mark.parametrize("first", [1, 2], ids=["kept-first", "gone-first"])
def test_the_order_in_which_a_merge_shows_does_not_matter(on_shift: Shift, first: int) -> None:
    on_shift.event(1, 2)
    on_shift.go_on(10)
    merge(on_shift, 1, 2)
    on_shift.event(first)
    on_shift.event(3 - first)
    assert entries(on_shift.desk, 2) == []
    assert len(entries(on_shift.desk, 1)) == 2


def test_a_field_that_only_the_merged_scene_had_is_handed_back(on_shift: Shift) -> None:
    """As ours, and not as somebody's."""
    taken = on_shift.desk.item(2)
    taken.fields["studio"] = "From Plex's agent"
    on_shift.event(1, 2)
    on_shift.go_on(10)
    merge(on_shift, 1, 2)
    on_shift.rig.stash.library.update(on_shift.desk.scene(1), studio=None)
    on_shift.event(1)
    assert "studio" not in taken.locks
    assert "1 with fields left" not in restore(on_shift.desk, scene_id=1)
    assert taken.fields["studio"] == "From Plex's agent"


# Moved and renamed


def plex_moves(on_shift: Shift, item: Item, path: str) -> None:
    """Plex has scanned, and recognised the file."""
    item.media[0].parts[0].file = path
    on_shift.rig.plex.library.register_media(item, item.media)
    on_shift.rig.plex.library.touch(item)


def stash_moves(on_shift: Shift, scene: Scene, path: str) -> None:
    """A scan: a hook, though the scene's timestamp stays."""
    scene.files[0].path = path
    on_shift.go_on(10)
    on_shift.event(scene.id)


def test_a_moved_file_is_still_found_and_can_be_restored(on_shift: Shift) -> None:
    item, scene = on_shift.desk.item(1), on_shift.desk.scene(1)
    before = on_shift.rig.plex.library.snapshot(item)
    on_shift.event(1)
    there = f"/data/films/moved/{scene.files[0].basename}"
    on_shift.rig.stash.library.update(scene, title="Moved")
    stash_moves(on_shift, scene, there)
    assert item.fields["title"] == "Moved"  # by name and size, before Plex has scanned
    plex_moves(on_shift, item, there)
    on_shift.go_on(10)
    on_shift.event(1)
    assert on_shift.store.counts() == {}
    assert "1 restored" in restore(on_shift.desk, scene_id=1)
    assert on_shift.rig.plex.library.snapshot(item) == before


def test_a_renamed_file_waits_for_plex_and_nothing_is_wiped(on_shift: Shift) -> None:
    item, scene = on_shift.desk.item(1), on_shift.desk.scene(1)
    before = on_shift.rig.plex.library.snapshot(item)
    on_shift.event(1)
    synced = on_shift.rig.plex.library.snapshot(item)
    on_shift.desk.reset()
    stash_moves(on_shift, scene, "/data/films/Renamed.mp4")
    assert on_shift.desk.writes() == 0
    assert on_shift.rig.plex.library.snapshot(item) == synced
    (retry,) = on_shift.store.retries()
    assert retry.reason == "not in Plex"
    plex_moves(on_shift, item, "/data/films/Renamed.mp4")
    on_shift.go_on(20)
    assert on_shift.store.counts() == {}
    assert on_shift.rig.plex.library.snapshot(item) == synced
    assert "1 restored" in restore(on_shift.desk, scene_id=1)
    assert on_shift.rig.plex.library.snapshot(item) == before


def test_a_renamed_file_may_be_a_new_item(on_shift: Shift) -> None:
    old, scene = on_shift.desk.item(1), on_shift.desk.scene(1)
    on_shift.event(1)
    stash_moves(on_shift, scene, "/data/films/Renamed.mp4")
    on_shift.rig.plex.library.remove(old)
    on_shift.scan_plex(scene)
    on_shift.go_on(20)
    assert on_shift.plex_title(scene) == scene.title
    assert on_shift.store.counts() == {}


def test_a_file_added_to_a_scene_brings_its_item_along(on_shift: Shift) -> None:
    on_shift.event(1)
    added, item = on_shift.desk.scene(2).files, on_shift.desk.item(2)
    scene = on_shift.desk.scene(1)
    del on_shift.rig.stash.library.scenes[2]
    on_shift.rig.stash.library.update(scene, files=[*scene.files, *added], touch=False)
    on_shift.go_on(10)
    on_shift.event(1)
    assert item.fields["title"] == scene.title


def test_another_primary_file_changes_nothing(on_shift: Shift) -> None:
    first, second = on_shift.desk.scene(1), on_shift.desk.scene(2)
    del on_shift.rig.stash.library.scenes[2]
    on_shift.rig.stash.library.update(first, files=[*first.files, *second.files])
    on_shift.event(1)
    on_shift.desk.reset()
    on_shift.rig.stash.library.update(first, files=first.files[::-1])
    on_shift.go_on(10)
    on_shift.event(1)
    assert on_shift.desk.writes() == 0
