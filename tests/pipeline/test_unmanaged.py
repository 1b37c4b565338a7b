"""Scenes that are left alone: by the settings, by a person's word; and what needn't be in Plex."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from commands.explain import explain, explanation_lines
from commands.preview import preview_all
from commands.preview_text import NotSynced
from commands.status import overview_lines, status_of
from jobs.schema import LIVE, TAG
from ledger.second_copy import COPY_NAME
from matching.exclusion import exclusion
from pipeline.follow_up import AWAITS_FILE, PARTIAL
from pipeline.unmanaged import exclude, include
from tests.harness.sync import Desk, change
from tests.harness.worker import shift
from validation.config import PlexSyncConfig
from validation.scene import Scene

SOUND: dict[str, Any] = {"plex_url": "http://plex:32400", "plex_token": "a-token-for-tests"}
QUICK = {"skip_fields": "poster, background"}


def scene(**fields: Any) -> Scene:
    files = [{"path": "/data/films/nature/River.mkv"}]
    return Scene.model_validate({"id": 1, "files": files, **fields})


TAGGED = scene(tags=[{"id": 1, "name": "Pine", "parents": [{"id": 2, "name": "Forest"}]}])
FILM = scene(studio={"id": 1, "name": "Shorts", "parent_studio": {"id": 2, "name": "Star Film"}})


@pytest.mark.parametrize(
    ("found", "settings", "why"),
    [
        (TAGGED, {"exclude_tags": "pine"}, "which names the tag Pine"),
        (TAGGED, {"exclude_tags": "x, FOREST"}, "which names the tag Forest above its tag Pine"),
        (TAGGED, {"exclude_tags": "Fores", "exclude_studios": "Pine"}, None),
        (FILM, {"exclude_studios": "shorts"}, "which names the studio Shorts"),
        (
            FILM,
            {"exclude_studios": "Star Film"},
            "which names the studio Star Film above its studio Shorts",
        ),
        (FILM, {"exclude_paths": "/data/films/nature/"}, "which names /data/films/nature/"),
        (FILM, {"exclude_paths": "/data/other, /data"}, "which names /data"),
        (FILM, {"exclude_paths": "/data/films/nat"}, None),
        (scene(), {"exclude_tags": "Pine", "exclude_studios": "Shorts"}, None),
        (TAGGED, {"partial_paths": "/data/films"}, None),
    ],
)
def test_what_the_settings_have_against_a_scene(
    found: Scene, settings: dict[str, str], why: str | None
) -> None:
    told = exclusion(found, PlexSyncConfig(**SOUND, **settings))  # type: ignore[arg-type]
    assert (told.why if told else None) == why


@pytest.fixture
def left(desk: Desk) -> Desk:
    """All in step; then scenes 1 and 2 are below the tag Nature, and scene 2 was edited."""
    desk.configure(**QUICK)
    desk.sync()
    library = desk.rig.stash.library
    pine = library.add_tag("Pine", parents=[library.add_tag("Nature")])
    for scene_id in (1, 2):
        desk.edit(scene_id, tags=[pine])
    desk.edit(2, title="A working title")
    desk.configure(**QUICK, exclude_tags="Nature")
    return desk


def test_what_was_written_stays_and_nothing_more_is_written(left: Desk) -> None:
    before = left.snapshots()
    assert "2 skipped (left alone by exclude_tags)" in left.sync()
    left.event(2)
    assert left.snapshots() == before
    assert left.item(1).rating_key not in left.looks()


def test_a_scene_is_synced_again_once_it_no_longer_falls_under_it(left: Desk) -> None:
    left.sync()
    left.edit(2, tags=[])
    left.event(2)
    assert left.item(2).fields["title"] == "A working title"
    left.configure(**QUICK, exclude_tags="Other")
    assert "1 synced" in left.sync()
    assert left.item(1).tag_names("genre") == ["Pine"]


def test_the_end_of_the_tag_leads_to_its_scenes(left: Desk) -> None:
    """Stash forgets at once who had it, and nothing of them was ever synced with it."""
    left.sync()
    library = left.rig.stash.library
    (pine,) = library.scene(2).tags
    for scene_id in (1, 2):
        library.scene(scene_id).tags = []
    del library.tags[pine.id]
    with shift(left) as begun:
        begun.store.enqueue(TAG, [pine.id], LIVE, begun.now)
        begun.work()
    assert left.item(2).fields["title"] == "A working title"


def test_a_studio_far_above_counts_and_its_new_name_is_followed(desk: Desk) -> None:
    library = desk.rig.stash.library
    top = library.add_studio("Home films")
    desk.edit(1, studio=library.add_studio("Trips", parent=library.add_studio("2026", parent=top)))
    desk.configure(**QUICK, exclude_studios="home films")
    assert "1 skipped (left alone by exclude_studios)" in desk.sync()
    change(desk, top, name="Public films")
    with shift(desk) as begun:
        begun.store.enqueue("studio", [top.id], LIVE, begun.now)
        begun.work()
    assert desk.item(1).fields["title"] == library.scene(1).title


def test_looks_ahead_say_so_and_offer_undo(left: Desk) -> None:
    with left.context() as context:
        found = {each.scene_id: each for each in preview_all(context, lambda _fraction: None)}
        lines = explanation_lines(explain(context, 2))
    told = "left alone by exclude_tags, which names the tag Nature above its tag Pine"
    advice = "the command restore --scene 2 puts back what was there"
    assert isinstance(found[2], NotSynced)
    assert (found[2].because, advice in found[2].advice) == (told, True)
    assert lines[1] == f"It isn't synced: {told}."
    assert lines[2].endswith(f"{advice}.")
    assert "  nothing would change" in lines
    assert not any("A working title" in each for each in lines[1:])


def test_the_status_counts_what_the_settings_leave_alone(left: Desk) -> None:
    left.configure(**QUICK, exclude_tags="Nature", only_organized=True)
    left.sync()
    with left.context() as context:
        status = status_of(context.stores)
        assert status.as_json()["skipped"] == {"left alone by exclude_tags": 2, "not organized": 8}
        lines = overview_lines(status)
    told = "Scenes that are not synced: 2 left alone by exclude_tags; 8 not organized"
    assert told in lines
    left.configure(**QUICK)
    left.sync()
    with left.context() as context:
        assert status_of(context.stores).skipped == {}


def test_a_scene_that_plex_lacks_can_be_left_alone_and_taken_back(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(count=3, absent=1)
    desk.configure(**QUICK)
    with desk.context() as context:
        exclude(context.stores, [2, 3])
        assert status_of(context.stores).excluded == 2
    assert "2 skipped (left alone, as somebody has said of this scene)" in desk.sync()
    assert desk.item(2).fields["title"] != desk.scene(2).title
    with desk.context() as context:
        assert context.stores.store.failure_counts() == {}
        assert "left alone, as somebody has said" in "".join(explanation_lines(explain(context, 3)))
        include(context.stores, [2, 3])
    assert "1 not in Plex" in desk.sync()
    assert desk.item(2).fields["title"] == desk.scene(2).title


def test_a_persons_word_is_in_the_second_copy_of_the_ledger(desk: Desk) -> None:
    with desk.context() as context:
        exclude(context.stores, [4])
        context.keep_copy(at_once=True)
    (desk.rig.data_dir / "ledger.db").unlink()
    assert (desk.rig.data_dir / COPY_NAME).exists()
    with desk.context() as context:
        assert context.stores.ledger.exclusions.all() == [4]


@pytest.mark.parametrize("places", ["/data/films", "/", "Other, films"])
def test_what_needs_not_be_in_plex_is_no_failure(
    make_desk: Callable[..., Desk], places: str
) -> None:
    desk = make_desk(count=4, absent=2)
    desk.configure(**QUICK, partial_paths=places)
    told = "2 skipped (not in Plex, and needn't be)"
    assert told in desk.sync()
    desk.event(4)
    with desk.context() as context:
        assert context.stores.store.failure_counts() == {}
        assert context.stores.store.next_due_at((LIVE,)) is None
        assert status_of(context.stores).skipped == {PARTIAL: 2}
        previews = {each.scene_id: each for each in preview_all(context, lambda _fraction: None)}
        place = places.split(", ")[-1]
        because = f"not in Plex, and needn't be, as partial_paths says of {place}"
        assert previews[4] == NotSynced(4, because)
        assert "no failure" in "".join(explanation_lines(explain(context, 4)))
    desk.rig.add_to_plex(desk.rig.films[3:])
    desk.sync()
    assert desk.item(4).fields["title"] == desk.scene(4).title


def test_elsewhere_it_still_is_one(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=2, absent=1)
    desk.configure(**QUICK, partial_paths="/data/archive, No such library")
    assert "1 not in Plex" in desk.sync()


def test_a_new_scene_is_looked_for_again_for_some_hours(make_desk: Callable[..., Desk]) -> None:
    desk = make_desk(count=2, absent=1)
    desk.configure(**QUICK, partial_paths="/")
    with shift(desk) as begun:
        desk.scene(2).created_at = datetime.fromtimestamp(begun.now, timezone.utc).isoformat()
        begun.event(2)
        assert [each.reason for each in begun.waiting()] == [AWAITS_FILE]
        desk.rig.add_to_plex(desk.rig.films[1:])
        begun.go_on(3600.0)
        assert begun.waiting() == []
    assert desk.item(2).fields["title"] == desk.scene(2).title
