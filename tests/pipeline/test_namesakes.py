"""Performers of one name, told apart in Stash by their disambiguation, are two people in Plex."""

from __future__ import annotations

import time
from collections.abc import Callable

from commands import tasks
from commands.preview import preview_scenes
from commands.preview_text import ItemPreview
from jobs.schema import LIVE, PERFORMER, SCENE, TASK
from simulators.faults import Reply
from simulators.stash import Performer
from tests.harness.sync import Desk, picture
from worker.connect import plex_client

MakeDesk = Callable[..., Desk]


def namesakes(desk: Desk) -> tuple[Performer, Performer]:
    """The only performers of scene 1."""
    library = desk.rig.stash.library
    elder = library.add_performer("Ada Abel", disambiguation="the elder")
    younger = library.add_performer("Ada Abel", disambiguation="1902")
    desk.edit(1, performers=[elder, younger])
    return elder, younger


def actors(desk: Desk, scene_id: int) -> list[tuple[str, str]]:
    tags = desk.item(scene_id).tags.get("actor", ())
    return [(each.name, each.role) for each in tags]


def asked(desk: Desk) -> int:
    return sum("PlexSyncNamesakes" in str(each.body) for each in desk.rig.stash.requests.matching())


def test_both_namesakes_are_shown(desk: Desk) -> None:
    namesakes(desk)
    desk.sync()
    assert actors(desk, 1) == [("Ada Abel (the elder)", ""), ("Ada Abel (1902)", "")]


def test_each_has_their_own_picture(desk: Desk) -> None:
    desk.configure(cast_photos=True)
    for each in namesakes(desk):
        each.image = picture("red")
    desk.sync()
    photos = {tag.name: tag.thumb.partition("?")[0] for tag in desk.item(1).tags["actor"]}
    assert len(set(photos.values())) == 2
    assert all(photos.values())


def test_the_same_in_every_scene_also_where_only_one_of_them_is(desk: Desk) -> None:
    _, younger = namesakes(desk)
    desk.edit(2, performers=[younger])
    desk.sync()
    assert actors(desk, 2) == [("Ada Abel (1902)", "")]


def test_a_disambiguation_that_nobody_needs_stays_the_role(desk: Desk) -> None:
    alone = desk.rig.stash.library.add_performer("Ada Abel", disambiguation="the elder")
    desk.edit(1, performers=[alone])
    desk.sync()
    assert actors(desk, 1) == [("Ada Abel", "the elder")]
    assert asked(desk) == 1


def test_a_performer_who_gets_a_namesake_is_told_apart_by_the_next_sync(desk: Desk) -> None:
    library = desk.rig.stash.library
    elder = library.add_performer("Ada Abel", disambiguation="the elder")
    desk.edit(1, performers=[elder])
    desk.sync()
    library.add_performer("ada abel")
    desk.sync()
    assert actors(desk, 1) == [("Ada Abel (the elder)", "")]
    desk.sync()
    assert desk.writes() == 0


def test_an_edit_trusts_no_answer_that_another_process_may_have_overtaken(desk: Desk) -> None:
    elder = desk.rig.stash.library.add_performer("Ada Abel", disambiguation="the elder")
    desk.edit(1, performers=[elder])
    desk.edit(2, performers=[elder])
    with desk.context() as context:

        def work_on(scene_id: int, lane: int) -> None:
            context.stores.store.enqueue(SCENE, [scene_id], lane, time.time())
            tasks.process_queue(context, lambda _fraction: None)

        work_on(1, TASK)
        work_on(2, TASK)
        assert actors(desk, 1) == [("Ada Abel", "the elder")]
        assert asked(desk) == 1
        desk.rig.stash.library.add_performer("Ada Abel")
        work_on(1, LIVE)
    assert actors(desk, 1) == [("Ada Abel (the elder)", "")]


def test_a_lost_namesake_is_followed_by_a_scene_that_plex_refuses_a_field_of(
    desk: Desk,
) -> None:
    """It never came to be in step, so what it showed is remembered apart."""
    elder, younger = namesakes(desk)
    desk.edit(1, performers=[elder])
    desk.plex.faults.add(Reply(400), "PUT .*originallyAvailableAt")
    desk.event(1)
    assert actors(desk, 1) == [("Ada Abel (the elder)", "")]
    del desk.rig.stash.library.performers[younger.id]
    with desk.context() as context:
        context.stores.store.enqueue(PERFORMER, [younger.id], LIVE, time.time())
        tasks.process_queue(context, lambda _fraction: None)
    assert actors(desk, 1) == [("Ada Abel", "the elder")]


def test_merged_namesakes_are_found_by_the_next_sync_of_all(desk: Desk) -> None:
    """Stash fires no hook for it and moves no scene's time."""
    elder, younger = namesakes(desk)
    desk.edit(1, performers=[elder])
    desk.sync()
    assert actors(desk, 1) == [("Ada Abel (the elder)", "")]
    desk.rig.stash.config.version = "v0.31.0"
    desk.rig.stash.graphql(
        "mutation($input: PerformerMergeInput!) { performerMerge(input: $input) { id } }",
        {"input": {"source": [str(younger.id)], "destination": str(elder.id)}},
    )
    desk.sync()
    assert actors(desk, 1) == [("Ada Abel", "the elder")]


def test_where_nobody_is_told_apart_nothing_is_asked(desk: Desk) -> None:
    desk.sync()
    assert asked(desk) == 0


def test_a_name_of_wildcards_is_nobodys_namesake(desk: Desk) -> None:
    odd = desk.rig.stash.library.add_performer("A%", disambiguation="a name")
    desk.rig.stash.library.add_performer("Ada")
    desk.edit(1, performers=[odd])
    desk.sync()
    assert actors(desk, 1) == [("A%", "a name")]


def test_a_preview_shows_namesakes(desk: Desk) -> None:
    namesakes(desk)
    with desk.context() as context:
        context.settings.refresh()
        plex = plex_client(context.settings.config, context.stores.client_id)
        try:
            (page,) = preview_scenes(context, plex, [[1]])
        finally:
            plex.close()
    (shown,) = (each for each in page if isinstance(each, ItemPreview))
    assert "Ada Abel (the elder)" in str(shown)


def test_stashs_order_rewrites_no_tagline(desk: Desk) -> None:
    desk.configure(tagline_template="{performers}")
    library = desk.rig.stash.library
    desk.edit(1, performers=[library.add_performer(name) for name in ("Zoe", "Ada", "Bruno")])
    desk.sync()
    shown = desk.item(1).fields["tagline"]
    scene = desk.scene(1)
    # As "Optimise database" does: no hook, no time of change.
    scene.performers.reverse()
    for full in ({}, {"full": True}):
        desk.sync(**full)
        assert desk.writes() == 0
        assert desk.item(1).fields["tagline"] == shown
