"""Covers of new scenes: made after the hook, told by nobody, looked for again."""

from __future__ import annotations

import pytest

from jobs.schema import BACKGROUND, TASK
from pipeline.follow_up import AWAITS_COVER
from sync.pictures import sha1_of
from tests.harness.sync import picture
from tests.harness.worker import Shift

RED = picture("red")


def make_cover(on_shift: Shift, scene_id: int) -> None:
    """As Stash's generator: no hook, and the scene's timestamp moves."""
    on_shift.rig.stash.library.update(on_shift.desk.scene(scene_id), cover=RED)


def poster(on_shift: Shift, path: str) -> str:
    item = on_shift.rig.plex.library.find(path)
    assert item is not None
    found = item.selected("thumb")
    return found.rating_key if found else ""


def test_a_cover_that_is_made_later_arrives_without_an_event(on_shift: Shift) -> None:
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.event(scene.id)
    assert on_shift.plex_title(scene) == "New"
    (waiting,) = on_shift.waiting()
    assert (waiting.reason, waiting.due_at) == (AWAITS_COVER, on_shift.now + 120)
    on_shift.go_on(60)
    make_cover(on_shift, scene.id)
    on_shift.go_on(60)
    assert poster(on_shift, scene.files[0].path) == f"upload://posters/{sha1_of(RED)}"
    assert on_shift.store.counts() == {}


def test_looks_go_on_by_the_scenes_age_and_end(on_shift: Shift) -> None:
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.event(scene.id)
    due = [on_shift.waiting()[0].due_at]
    while on_shift.waiting():
        on_shift.go_on(on_shift.waiting()[0].due_at - on_shift.now)
        due += [each.due_at for each in on_shift.waiting()]
    assert [at - due[0] for at in due] == [0, 480, 3480, 21_480]
    assert on_shift.store.counts() == {}


def test_a_look_that_finds_nothing_new_costs_plex_no_request(on_shift: Shift) -> None:
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.go_on(5)
    on_shift.event(scene.id)
    on_shift.desk.reset()
    on_shift.go_on(120)
    on_shift.go_on(600)
    assert on_shift.waiting()
    assert on_shift.rig.plex.requests.count() == 0
    assert on_shift.desk.cover_requests() == 0


def test_an_old_scene_without_a_cover_is_not_waited_for(on_shift: Shift) -> None:
    on_shift.event(1)
    assert on_shift.store.counts() == {}


@pytest.mark.parametrize(
    ("skipped", "waits"), [("poster", 1), ("background", 1), ("poster, background", 0)]
)
def test_covers_that_nobody_wants_are_not_waited_for(
    on_shift: Shift, skipped: str, waits: int
) -> None:
    on_shift.desk.configure(skip_fields=skipped)
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.event(scene.id)
    assert len(on_shift.waiting()) == waits


def test_an_edit_while_the_cover_is_awaited_goes_at_once(on_shift: Shift) -> None:
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.event(scene.id)
    on_shift.go_on(30)
    on_shift.rig.stash.library.update(scene, title="Identified")
    on_shift.event(scene.id)
    assert on_shift.plex_title(scene) == "Identified"
    (waiting,) = on_shift.waiting()
    assert waiting.due_at == on_shift.now + 90


def test_what_a_task_has_synced_is_looked_at_by_the_worker(on_shift: Shift) -> None:
    """Or the task would not end before."""
    scene = on_shift.new_scene(title="New")
    on_shift.scan_plex(scene)
    on_shift.desk.sync()
    assert on_shift.store.counts() == {(BACKGROUND, "put off"): 1}
    assert on_shift.store.count((TASK,)) == 0
    on_shift.go_on(30)
    make_cover(on_shift, scene.id)
    on_shift.go_on(100)
    assert poster(on_shift, scene.files[0].path).startswith("upload://posters/")
