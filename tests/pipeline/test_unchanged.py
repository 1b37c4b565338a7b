"""Which scenes a sync of all needs to look at in Plex: those that changed on either side."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from check.comparison import COMPARE_ALL_EVERY_S
from commands import tasks
from commands.undo_task import restore
from jobs.schema import PERFORMER, TASK
from jobs.states import IN_STEP, States
from matching.index_rows import SectionReplaced
from matching.locate import Locator
from pipeline.fingerprint import fingerprint, rules_digest
from pipeline.unmanaged import manage
from plex.client import PlexClient
from simulators.faults import Reply
from simulators.plex import PlexLibrary
from tests.harness.sync import Desk, picture, settled
from tests.harness.turns import at_any_time
from validation.config import PlexSyncConfig
from worker.context import Context
from worker.enqueue_scenes import queue_all


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    """Ten films in step and known to be; in Plex nothing has happened for hours."""
    return settled(desk)


def edit_in_plex(desk: Desk, scene_id: int, title: str = "Edited in Plex") -> None:
    desk.item(scene_id).fields["title"] = title


def touch(desk: Desk, scene_id: int) -> None:
    desk.plex.library.touch(desk.item(scene_id))


def key(desk: Desk, scene_id: int) -> int:
    return desk.item(scene_id).rating_key


def is_in_step(desk: Desk, scene_id: int) -> bool:
    return desk.item(scene_id).title == desk.scene(scene_id).title


def test_without_a_change_no_item_is_fetched(in_step: Desk) -> None:
    assert "0 synced, 10 already in sync, 0 not in Plex, 0 failed" in in_step.sync()
    assert in_step.looks() == []
    assert in_step.writes() == 0
    # Connecting, the list of libraries, what was updated, how many there are.
    assert in_step.plex.requests.count() <= 5


def test_what_needs_no_look_is_shown_as_in_step_by_a_job_store_that_was_begun_anew(
    in_step: Desk,
) -> None:
    with in_step.context() as context:
        States(context.stores.store.database).forget()
    in_step.sync()
    assert in_step.looks() == []
    with in_step.context() as context:
        assert States(context.stores.store.database).counts() == {IN_STEP: 10}


def test_what_was_just_written_is_looked_at_once_more(desk: Desk) -> None:
    desk.sync()
    desk.sync()
    assert len(desk.looks()) == 10


def test_a_scene_edited_in_stash_is_looked_at_and_no_other(in_step: Desk) -> None:
    in_step.edit(3, title="Edited")
    assert "1 synced, 9 already in sync" in in_step.sync()
    assert in_step.looks() == [key(in_step, 3)]
    assert is_in_step(in_step, 3)


@pytest.mark.parametrize("kind", ["performer", "tag", "studio"])
def test_a_name_that_moves_no_scenes_time_is_not_missed(in_step: Desk, kind: str) -> None:
    scene = in_step.scene(1)
    library = in_step.rig.stash.library
    if kind == "performer":
        library.update(scene.performers[0], name="Another name")
    elif kind == "tag":
        library.update(scene.tags[0], name="Another name")
    elif scene.studio:
        library.update(scene.studio, name="Another name")
    in_step.sync()
    assert "Another name" in str(in_step.plex.library.snapshot(in_step.item(1)))
    in_step.sync()
    in_step.sync()
    assert in_step.looks() == []


def test_what_was_edited_in_plex_is_looked_at(in_step: Desk) -> None:
    edit_in_plex(in_step, 4)
    touch(in_step, 4)
    assert "1 synced" in in_step.sync()
    assert set(in_step.looks()) == {key(in_step, 4)}
    assert is_in_step(in_step, 4)


def test_an_edit_that_left_plexs_time_alone_is_found_by_a_full_sync(in_step: Desk) -> None:
    edit_in_plex(in_step, 4)
    assert "0 synced" in in_step.sync()
    assert "1 synced, 9 already in sync" in in_step.sync(full="true")
    assert len(set(in_step.looks())) == 10
    assert is_in_step(in_step, 4)


def test_a_genre_removed_in_plex_is_put_back_by_a_full_sync_or_a_saved_scene(
    in_step: Desk,
) -> None:
    """Such an edit moves none of Plex's times."""
    item = in_step.item(4)
    genres = list(item.tags["genre"])
    for bring_back in (lambda: in_step.sync(full="true"), lambda: in_step.event(4)):
        url, token = in_step.plex.url, in_step.plex.token
        with closing(PlexClient(url, token, client_id="web", turns=at_any_time)) as plex:
            plex.send("PUT", f"/library/metadata/{item.rating_key}", {"genre[].tag": ""})
        in_step.sync()
        assert item.tags["genre"] == []
        bring_back()
        assert item.tags["genre"] == genres


def test_once_a_week_a_sync_is_full_without_being_asked(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_in_plex(in_step, 4)
    began = time.time()
    monkeypatch.setattr(time, "time", lambda: began + COMPARE_ALL_EVERY_S - 60)
    in_step.sync()
    assert in_step.looks() == []
    monkeypatch.setattr(time, "time", lambda: began + COMPARE_ALL_EVERY_S + 60)
    in_step.sync()
    assert len(set(in_step.looks())) == 10
    assert is_in_step(in_step, 4)
    in_step.sync()
    in_step.sync()
    assert in_step.looks() == []


def queue(context: Context, *, full: bool = False) -> None:
    context.settings.refresh()
    config = context.settings.config
    queue_all(context.stores, context.stash, config, time.time(), full=full)


def test_a_full_sync_that_was_stopped_stays_full(in_step: Desk) -> None:
    for scene_id in range(1, 11):
        edit_in_plex(in_step, scene_id)
    with in_step.context({"full": True}) as context:
        queue(context, full=True)
    with in_step.context() as context:
        tasks.process_queue(context, lambda _fraction: None)
    assert all(is_in_step(in_step, scene_id) for scene_id in range(1, 11))


def test_what_a_stopped_sync_has_compared_is_not_compared_again(in_step: Desk) -> None:
    with in_step.context({"full": True}) as context:
        queue(context, full=True)
        context.stores.store.clear()
    in_step.event(3)
    with in_step.context() as context:
        context.stores.store.enqueue("scene", [10], TASK, time.time())  # what the stop has left
    assert "10 already in sync" in in_step.sync(full=True)
    assert in_step.looks() == sorted(
        {in_step.item(n).rating_key for n in range(1, 11)} - {in_step.item(3).rating_key}
    )


def test_what_changes_after_a_stopped_sync_has_been_there_is_looked_at(in_step: Desk) -> None:
    """Without a hook: today's edit of a scene that the stopped run was done with."""
    with in_step.context({"full": True}) as context:
        queue(context, full=True)
        context.stores.store.clear()
    for scene_id in (1, 2, 3):
        in_step.event(scene_id)
    with in_step.context() as context:
        context.stores.store.enqueue("scene", range(4, 11), TASK, time.time())
    in_step.edit(2, title="Edited without a hook")
    in_step.sync()
    assert in_step.item(2).title == "Edited without a hook"


def test_a_stopped_sync_that_another_task_has_finished_is_not_continued(in_step: Desk) -> None:
    with in_step.context() as context:
        queue(context)
    with in_step.context() as context:
        tasks.process_queue(context, lambda _fraction: None)
    in_step.edit(4, title="Edited since")
    assert "1 synced, 9 already in sync" in in_step.sync()


def test_other_settings_concern_what_a_stopped_sync_has_done_as_well(in_step: Desk) -> None:
    in_step.edit(10, title="Edited since")
    with in_step.context() as context:
        queue(context)  # one is left
    in_step.configure(title_template="{title} (film)")
    in_step.sync()
    assert in_step.item(1).title == f"{in_step.scene(1).title} (film)"


def test_a_full_sync_begins_anew_after_one_that_was_stopped_and_was_not(in_step: Desk) -> None:
    with in_step.context() as context:
        queue(context)
        context.stores.store.clear()
    edit_in_plex(in_step, 1)
    in_step.sync(full=True)
    assert is_in_step(in_step, 1)


def test_a_person_who_saves_gets_a_comparison(in_step: Desk) -> None:
    edit_in_plex(in_step, 4)
    in_step.event(4)
    assert is_in_step(in_step, 4)


def test_a_scene_that_is_named_gets_one_too(in_step: Desk) -> None:
    edit_in_plex(in_step, 4)
    with in_step.context() as context:
        in_step.reset()
        tasks.sync_scenes(context, [4], lambda _fraction: None)
    assert set(in_step.looks()) == {key(in_step, 4)}


def test_an_item_that_vanished_is_noticed(in_step: Desk) -> None:
    in_step.plex.library.remove(in_step.item(2))
    assert "9 already in sync, 1 not in Plex" in in_step.sync()


def test_an_item_under_a_new_rating_key_is_written(in_step: Desk) -> None:
    in_step.plex.library.rescan_as_new(in_step.item(2))
    assert not is_in_step(in_step, 2)
    assert "1 synced, 9 already in sync" in in_step.sync()
    assert is_in_step(in_step, 2)


def test_another_item_with_the_same_file_is_written(in_step: Desk) -> None:
    library: PlexLibrary = in_step.plex.library
    film = in_step.rig.films[4]
    more = library.add_section("More films", type="movie", locations=["/data/films"])
    twin = library.add_item(
        more,
        in_step.item(5).files[0],
        title="twin",
        size=film.size,
        duration_ms=film.duration_s * 1000,
    )
    assert "1 synced, 9 already in sync" in in_step.sync()
    assert twin.title == in_step.scene(5).title


@pytest.mark.parametrize(
    "settings",
    [
        {"tags_as": "labels"},
        {"skip_fields": "poster"},
        {"title_template": "{studio}: {title}"},
        {"path_map": "/nowhere => /elsewhere"},
        {"plex_libraries": "Films"},
        {"poster_style": "fit"},
    ],
    ids=str,
)
def test_after_a_change_of_the_settings_all_is_compared(
    in_step: Desk, settings: dict[str, str]
) -> None:
    in_step.configure(**settings)
    in_step.sync()
    assert len(in_step.looks()) == 10


def test_settings_about_how_and_not_what_change_nothing(in_step: Desk) -> None:
    in_step.configure(concurrency=2, reconcile_hours=24, scan_plex=True)
    in_step.sync()
    assert in_step.looks() == []


def test_a_restored_scene_that_is_managed_again_is_synced_by_the_next_sync(in_step: Desk) -> None:
    with in_step.context({"scene_id": "2"}) as context:
        restore(context, lambda _fraction: None)
        manage(context.stores, 2)
    # Even if Plex had not moved its time.
    assert not is_in_step(in_step, 2)
    in_step.sync()
    assert is_in_step(in_step, 2)


def test_a_failed_write_is_repeated(in_step: Desk) -> None:
    in_step.edit(3, title="Refused once")
    in_step.plex.faults.add(Reply(400), "PUT .*/all")
    assert "1 failed" in in_step.sync()
    in_step.plex.faults.clear()
    with in_step.context() as context:
        tasks.retry_failed(context, lambda _fraction: None)
    assert is_in_step(in_step, 3)


def test_a_failed_picture_is_repeated(in_step: Desk) -> None:
    in_step.edit(3, cover=picture("red"))
    in_step.plex.faults.add(Reply(400), "POST .*/posters")
    assert "1 failed" in in_step.sync()
    in_step.plex.faults.clear()
    assert "1 synced, 9 already in sync" in in_step.sync()


def test_a_cover_that_may_still_change_is_looked_at_again(in_step: Desk) -> None:
    now = time.time()
    in_step.rig.stash.library.clock = lambda: now + 600
    in_step.rig.stash.library.update(in_step.scene(3), title="Just now")
    for _ in range(3):
        in_step.sync()
        assert in_step.looks() == [key(in_step, 3)]


def test_an_item_whose_time_plex_does_not_tell_is_always_looked_at(in_step: Desk) -> None:
    in_step.item(6).updated_at = 0
    (in_step.rig.data_dir / "plex-index.db").unlink()
    for _ in range(3):
        in_step.sync()
        assert in_step.looks() == [key(in_step, 6)]


def test_an_item_of_this_very_second_is_looked_at_again(in_step: Desk) -> None:
    now = time.time()
    in_step.plex.library.clock = lambda: now
    touch(in_step, 6)
    for _ in range(3):
        in_step.sync()
        assert in_step.looks() == [key(in_step, 6)]


def test_a_second_that_plex_has_left_behind_is_over(in_step: Desk) -> None:
    for scene_id, ago_s in ((6, 100), (7, 50)):
        now = time.time() - ago_s
        in_step.plex.library.clock = lambda now=now: now  # type: ignore[misc]
        touch(in_step, scene_id)
        in_step.sync()
    in_step.sync()
    assert in_step.looks() == [key(in_step, 7)]


def test_losing_the_cache_costs_a_look_and_no_write(in_step: Desk) -> None:
    (in_step.rig.data_dir / "scenes.db").write_bytes(b"not a database " * 100)
    in_step.sync()
    assert len(in_step.looks()) == 10
    assert in_step.writes() == 0


def test_what_scenes_had_is_known_when_stash_has_forgotten_it(in_step: Desk) -> None:
    performer = in_step.scene(1).performers[0]
    holders = [
        scene.id
        for scene in in_step.rig.stash.library.scenes.values()
        if performer in scene.performers
    ]
    with in_step.context() as context:
        assert context.stores.scene_cache.scenes_with(PERFORMER, performer.id) == holders


def test_a_scene_that_is_gone_is_forgotten(in_step: Desk) -> None:
    scene = in_step.scene(10)
    in_step.edit(10, performers=[in_step.rig.stash.library.add_performer("Lotte Reiniger")])
    in_step.sync()
    newest = in_step.scene(10).performers[0].id
    del in_step.rig.stash.library.scenes[scene.id]
    in_step.event(10)
    with in_step.context() as context:
        assert context.stores.scene_cache.scenes_with(PERFORMER, newest) == []


def test_a_process_that_dies_while_it_writes_leaves_nothing_taken_for_in_step(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit_in_plex(in_step, 4)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.writer.Writer.write", die)
        with pytest.raises(KeyboardInterrupt):
            in_step.event(4)
    with in_step.context() as context:
        context.stores.store.clear()
    in_step.sync()
    assert is_in_step(in_step, 4)


def test_an_outage_while_catching_up_is_no_news_about_the_scenes(in_step: Desk) -> None:
    in_step.plex.faults.add(Reply(503), "GET /library/sections/.*/all", times=1)
    with in_step.context() as context:
        stores = context.stores
        stores.store.enqueue("scene", range(1, 11), TASK, time.time())
        worker = context.worker(tasks.TASK_LANES)
        context.stores.registry.enter(time.time(), time.monotonic())
        worker.step()
        assert worker.pause
        assert stores.store.count() == 10
        worker.close()


def test_a_file_that_is_elsewhere_in_plex_by_now_is_found_by_asking_stash_for_all(
    in_step: Desk,
) -> None:
    """Its former item is as it was; another one, of which no scene is known, holds the file."""
    scene = in_step.scene(4)
    in_step.plex.library.add_item(
        in_step.rig.section,
        scene.files[0].path,
        title="A second one",
        size=scene.files[0].size,
        duration_ms=round(scene.files[0].duration_s * 1000),
    )
    assert "1 synced, 9 already in sync" in in_step.sync()
    assert "0 synced, 10 already in sync" in in_step.sync()
    sent = in_step.rig.stash.requests.matching("POST", "/graphql")
    assert not any(b"query PlexSyncFiles" in each.body for each in sent)


def test_an_index_that_was_begun_anew_meanwhile_is_no_error(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced(*_args: object) -> None:
        raise SectionReplaced("the Plex library Films was replaced by another one")

    monkeypatch.setattr(Locator, "known_items", replaced)
    monkeypatch.setattr(Locator, "all_updated_at", replaced)
    assert "10 already in sync" in in_step.sync()
    assert len(in_step.looks()) == 10


# Fingerprints

SCENE = {
    "id": "1",
    "title": "Nosferatu",
    "updated_at": "2026-01-31T12:00:00+01:00",
    "paths": {"screenshot": "http://127.0.0.1:9999/scene/1/screenshot?t=1"},
    "performers": [{"id": "1", "name": "Max Schreck", "image_path": "http://127.0.0.1:9999/p/1"}],
}


def config(**settings: object) -> PlexSyncConfig:
    required = {"plex_url": "http://plex:32400", "plex_token": "token"}
    return PlexSyncConfig.model_validate({**required, **settings})


def test_the_address_by_which_stash_was_asked_does_not_count() -> None:
    moved = {
        **SCENE,
        "paths": {"screenshot": "http://stash:9999/scene/1/screenshot?t=1"},
        "performers": [{"id": "1", "name": "Max Schreck", "image_path": "http://stash:9999/p/1"}],
    }
    one, other = (fingerprint(each, "", with_photos=False) for each in (SCENE, moved))
    assert one == other
    one, other = (fingerprint(each, "", with_photos=True) for each in (SCENE, moved))
    assert one != other


@pytest.mark.parametrize("name", ["title", "updated_at", "details", "performers"])
def test_whatever_else_stash_answers_counts(name: str) -> None:
    other = {**SCENE, name: []}
    assert fingerprint(SCENE, "", with_photos=False) != fingerprint(other, "", with_photos=False)


def test_the_settings_digest_does_not_depend_on_the_process() -> None:
    one = config(skip_fields="poster, tagline, studio", ignore_tags="b, a, c")
    other = config(skip_fields="studio, poster, tagline", ignore_tags="c, b, a")
    assert rules_digest(one) == rules_digest(other)
    assert rules_digest(one) != rules_digest(config())


def test_without_pillow_it_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rules_digest(config(poster_style="fit"))
    asked: list[bool] = []

    def is_missing(is_needed: bool) -> str:
        asked.append(is_needed)
        return "It is not installed."

    monkeypatch.setattr("pictures.pillow._source.supply", is_missing)
    assert rules_digest(config(poster_style="fit")) != before
    assert asked == [True]
    # Whoever wants no posters of ours has no need of it.
    rules_digest(config(poster_style="fit", skip_fields="poster"))
    rules_digest(config())
    assert asked == [True]
