"""Scenes that come, move and go: through Stash's hooks, the worker, and Plex's own scans."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ledger.ledger import Ledger
from simulators.films import Film, films
from simulators.plex import Item
from simulators.rig import FOLDER, Rig
from simulators.stash import Scene
from sync.pictures import sha1_of
from tests.harness.sync import picture

RED = picture("red")
KNOWN = 10


def new_films(count: int) -> list[Film]:
    """Films that neither server has."""
    return films(KNOWN + count)[KNOWN:]


def put_on_disk(rig: Rig, found: list[Film], folder: str) -> None:
    """Where Plex finds them as soon as it scans. Its agent has a word on each, some time later."""
    for film in found:
        rig.plex.library.disk.put(
            f"{folder}/{film.file_name}",
            size=film.size,
            duration_ms=film.duration_s * 1000,
            agent={"summary": f"What Plex's agent says of {film.title}", "studio": "The agent's"},
        )


def scan_stash(rig: Rig, found: list[Film], folder: str) -> list[Scene]:
    return rig.stash.scan(
        [(f"{folder}/{each.file_name}", each.size, float(each.duration_s)) for each in found],
        parallel=2,
        cover=RED,
        timeout_s=240,
    )


def identify(rig: Rig, scenes: list[Scene], found: list[Film]) -> None:
    for scene, film in zip(scenes, found, strict=True):
        rig.stash.identify(scene.id, {"title": film.title, "details": film.summary})


def item_of(rig: Rig, scene: Scene) -> Item:
    item = rig.plex.library.find(scene.files[0].path)
    assert item is not None
    return item


def has_our_poster(item: Item) -> bool:
    """It comes after the text."""
    poster = item.selected("thumb")
    return poster is not None and poster.rating_key == f"upload://posters/{sha1_of(RED)}"


def is_right(rig: Rig, scene: Scene) -> bool:
    item = rig.plex.library.find(scene.files[0].path)
    if item is None:
        return False
    shown = (item.fields.get("title"), item.fields.get("summary", ""))
    return shown == (scene.title, scene.details) and has_our_poster(item)


def wiped(rig: Rig) -> list[tuple[int, str]]:
    """The values that a client has taken away: (rating key, field)."""
    return [
        (rating_key, field)
        for rating_key, fields in rig.plex.library.edits
        for field, (old, new) in fields.items()
        if old and not new
    ]


def hasten(rig: Rig, seconds: float) -> None:
    """Have what waits be due so much sooner."""
    rig.until_taken_in()
    with rig.store() as store, store.database.write() as connection:
        connection.execute("UPDATE jobs SET due_at = due_at - ? WHERE due_at > 0", (seconds,))


def in_ledger(rig: Rig, scene_id: int) -> int:
    ledger = Ledger(str(rig.data_dir))
    try:
        return len(ledger.of_scenes([scene_id]))
    finally:
        ledger.close()


@pytest.mark.parametrize("count", [24, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.timeout(400)
def test_a_fresh_scan_with_identification_after_it(
    make_rig: Callable[..., Rig], count: int
) -> None:
    """Half of the files Plex knows already, the others it finds when it is asked to scan; they
    are looked for again some seconds after that."""
    rig = make_rig(count=KNOWN)
    rig.configure(scan_plex=True)
    found, folder = new_films(count), f"{FOLDER}/new"
    half = count // 2
    rig.plex_folder = folder
    rig.add_to_plex(found[:half])
    put_on_disk(rig, found[half:], folder)
    scenes = scan_stash(rig, found, folder)
    identify(rig, scenes, found)

    def all_right() -> bool:
        return all(is_right(rig, scene) for scene in scenes)

    rig.until(all_right, "every scene in Plex", timeout_s=60 + count / 4)
    assert wiped(rig) == []
    assert {path for _, path in rig.plex.library.scans} == {folder}
    assert {each.exit_code for each in rig.stash.plugin_runs if each.kind == "hook"} == {0}


def test_a_cover_that_is_made_after_the_sync_arrives_by_itself(rig: Rig) -> None:
    (film,) = new_films(1)
    rig.add_to_plex([film])
    (scene,) = rig.stash.scan([(f"{FOLDER}/{film.file_name}", film.size, float(film.duration_s))])
    hasten(rig, 60)

    def waits() -> bool:
        with rig.store() as store:
            return {each.reason for each in store.put_off()} == {"waiting for the cover"}

    rig.until(waits, "the scene to wait for its cover")
    job = rig.stash.run_task("Status")
    rig.stash.wait_for_job(job)
    assert "1 scene(s), waiting for the cover; the next at" in rig.stash.log_text()
    rig.until(lambda: rig.stash.library.timestamp() != scene.updated_at, "another second")
    rig.stash.library.update(scene, cover=RED)
    hasten(rig, 200)
    rig.until(lambda: has_our_poster(item_of(rig, scene)), "the poster")
    assert rig.worker_pids() != []


DESTROY = "mutation($v: SceneDestroyInput!) { sceneDestroy(input: $v) }"
DESTROY_MANY = "mutation($v: ScenesDestroyInput!) { scenesDestroy(input: $v) }"
DELETE = {"delete_file": True, "delete_generated": True}


def one_by_hand(rig: Rig) -> None:
    rig.stash.graphql(DESTROY, {"v": {"id": "1", **DELETE}})


def several_by_hand(rig: Rig) -> None:
    rig.stash.graphql(DESTROY_MANY, {"v": {"ids": ["1", "2"], **DELETE}})


def by_cleaning(rig: Rig) -> None:
    rig.stash.clean([1, 2])


@pytest.mark.parametrize(
    ("destroy", "gone"),
    [(one_by_hand, [1]), (several_by_hand, [1, 2]), (by_cleaning, [1, 2])],
    ids=["one", "several", "clean"],
)
def test_deleted_scenes_leave_plex_by_its_own_scan(
    rig: Rig, destroy: Callable[[Rig], None], gone: list[int]
) -> None:
    rig.configure(scan_plex=True)
    for scene_id in (1, 2, 3):
        rig.stash.update_scene({"id": scene_id, "title": f"Before {scene_id}"})
    rig.until_drained()
    items = [rig.item(scene_id) for scene_id in gone]
    for item in items:
        rig.plex.library.disk.remove(item.files[0])
    rig.plex.quirks.scan_s = None
    destroy(rig)

    def waits_for_plex() -> bool:
        with rig.store() as store:
            return {each.reason: each.jobs for each in store.put_off()} == {
                "waiting for Plex to notice that the file is gone": len(gone)
            }

    rig.until(waits_for_plex, "the order to scan")
    assert rig.plex.library.scans == [("1", FOLDER)]
    rig.plex.library.disk.run_all()
    assert [rig.plex.library.get(each.rating_key) for each in items] == [None] * len(items)
    hasten(rig, 200)
    rig.until(lambda: not any(in_ledger(rig, each) for each in gone), "an empty ledger")
    assert in_ledger(rig, 3) == 1
    assert rig.plex.library.deleted_by_client == []
    assert rig.title(3) == "Before 3"


def test_without_the_setting_plex_is_not_asked_to_scan(rig: Rig) -> None:
    rig.stash.update_scene({"id": 1, "title": "Before"})
    rig.until_drained()
    rig.plex.requests.clear()
    one_by_hand(rig)
    rig.until_drained()
    assert rig.title(1) == "Before"
    assert rig.plex.library.scans == []
    assert {each.method for each in rig.plex.requests.matching("")} <= {"GET"}


def test_a_file_that_moves_keeps_what_was_written(rig: Rig) -> None:
    """Stash tells first, Plex notices later; for it the file is another item then."""
    rig.configure(scan_plex=True)
    rig.plex.quirks.scan_s = rig.plex.quirks.agent_s = None
    rig.stash.update_scene({"id": 1, "title": "Before it moved"})
    rig.until_drained()
    scene = rig.stash.library.scene(1)
    old, new = scene.files[0].path, f"{FOLDER}/moved/Renamed.mp4"
    rig.plex.library.disk.move(old, new)
    rig.stash.scan_moved(old, new)
    rig.until(lambda: rig.plex.library.scans == [("1", f"{FOLDER}/moved")], "the order to scan")
    assert wiped(rig) == []
    assert rig.title(1) == "Before it moved"
    rig.plex.library.disk.run_all()
    rig.stash.update_scene({"id": 1, "title": "Before it moved"})
    rig.until(lambda: item_of(rig, scene).fields.get("title") == "Before it moved", "the new item")
    assert wiped(rig) == []
    with rig.store() as store:
        assert store.failures() == []


def test_a_merged_scene_hands_its_item_over(rig: Rig) -> None:
    for scene_id in (1, 2):
        rig.stash.update_scene({"id": scene_id, "title": f"Before {scene_id}"})
    rig.until_drained()
    taken = rig.item(2)
    merge = "mutation($v: SceneMergeInput!) { sceneMerge(input: $v) { id } }"
    rig.stash.graphql(merge, {"v": {"source": ["2"], "destination": "1"}})
    # No hook tells of a merge; the next change of the scene brings both items along.
    rig.stash.update_scene({"id": 1, "title": "Merged"})
    rig.until(lambda: taken.fields["title"] == "Merged", "the title of the merged scene's item")
    rig.until_drained()
    assert (in_ledger(rig, 1), in_ledger(rig, 2)) == (2, 0)
