"""Collections that we create: their poster, summary and order, at the wire."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from commands import undo_task
from errors import LeaseLost
from jobs.schema import BACKGROUND, LIVE
from ledger.ledger import Ledger
from pipeline.preempt import Preemption
from plex.collection import list_members
from simulators.faults import Reply
from simulators.plex import Item, Picture
from simulators.stash import Group, Studio
from simulators.stash.model import SceneGroup
from sync.pictures import sha1_of
from tests.harness.sync import Desk, change, collection, picture, registered
from worker.connect import plex_client

RED, BLUE = picture("red"), picture("blue")
STARS: dict[str, Any] = {"details": "They went to the moon.", "image": RED}


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    """Three scenes without studio and groups, not synced yet; studios make collections."""
    made = make_desk(count=3)
    made.configure(collections="studio, groups, tags:Classic", skip_fields="background")
    for scene in made.rig.stash.library.scenes.values():
        scene.studio, scene.groups, scene.tags = None, [], []
    return made


def studio(desk: Desk, name: str = "Star Film", *scene_ids: int, **fields: Any) -> Studio:
    made = desk.rig.stash.library.add_studio(name, **fields)
    for scene_id in scene_ids or (1, 2, 3):
        desk.edit(scene_id, studio=made)
    return made


def group(desk: Desk, name: str, numbers: dict[int, int | None], **fields: Any) -> Group:
    """A group of scenes with their numbers in it, behind the groups that they have."""
    made = desk.rig.stash.library.add_group(name, **fields)
    for scene_id, number in numbers.items():
        held = [(each.group, each.scene_index) for each in desk.scene(scene_id).groups]
        number_scenes(desk, scene_id, [*held, (made, number)])
    return made


def number_scenes(desk: Desk, scene_id: int, groups: list[tuple[Group, int | None]]) -> None:
    desk.edit(scene_id, groups=[SceneGroup(each, number) for each, number in groups])


def titles(desk: Desk) -> set[str]:
    return {each.title for each in desk.plex.library.items(type="collection")}


def poster(item: Item) -> str:
    found = item.selected("thumb")
    return found.rating_key if found else ""


def members(desk: Desk, title: str) -> list[int]:
    """The scenes in the order in which Plex shows them."""
    with registered(desk) as context:
        context.settings.refresh()
        plex = plex_client(context.settings.config, "client-id")
        key = collection(desk, title).rating_key
        keys = list_members(plex, plex.items([key])[key], 100)
        plex.close()
    assert keys is not None
    scene_of = {desk.item(n).rating_key: n for n in range(1, len(desk.rig.films) + 1)}
    return [scene_of[each] for each in keys]


def collection_requests(desk: Desk) -> list[str]:
    """What was asked about collections, in the requests since the last reset."""
    keys = {each.rating_key for each in desk.plex.library.items(type="collection")}
    return [
        each.line
        for each in desk.plex.requests.entries
        if "/collections" in each.path
        or any(each.path.startswith(f"/library/metadata/{key}") for key in keys)
        or each.arg("type") == "18"
    ]


def test_a_collection_that_we_make_shows_the_studio(desk: Desk) -> None:
    studio(desk, **STARS)
    desk.sync()
    made = collection(desk, "Star Film")
    assert made.fields["summary"] == "They went to the moon."
    assert poster(made) == f"upload://posters/{sha1_of(RED)}"
    assert {"summary", "thumb"} <= made.locks
    # One list before and one after, the collection itself, its poster, its edit.
    assert len(collection_requests(desk)) == 5
    for _ in range(2):
        desk.sync()
        assert desk.writes() == 0
        assert collection_requests(desk) == []
        assert desk.rig.stash.requests.count("GET", "/studio/") == 0


def test_groups_and_tags_have_theirs(desk: Desk) -> None:
    group(desk, "Voyages", {1: 2, 2: 1}, synopsis="Far away.", front_image=BLUE)
    tag = desk.rig.stash.library.add_tag("Classic", description="Old and good.", image=RED)
    desk.edit(3, tags=[tag])
    desk.sync()
    voyages, classic = collection(desk, "Voyages"), collection(desk, "Classic")
    assert (voyages.fields["summary"], classic.fields["summary"]) == ("Far away.", "Old and good.")
    assert poster(voyages).endswith(sha1_of(BLUE))
    assert poster(classic).endswith(sha1_of(RED))


def test_a_changed_tag_reaches_its_collection_with_its_event(desk: Desk) -> None:
    tag = desk.rig.stash.library.add_tag("Classic", description="Old and good.")
    desk.edit(3, tags=[tag])
    desk.sync()
    change(desk, tag, description="Changed.")
    with registered(desk) as context:
        context.stores.store.enqueue("tag", [tag.id], LIVE, time.time())
        worker = context.worker((LIVE, BACKGROUND))
        for _ in range(2):
            worker.step()
        worker.close()
    assert collection(desk, "Classic").fields["summary"] == "Changed."


def test_what_stash_has_not_is_not_made_up(desk: Desk) -> None:
    """No details, and only the placeholder as a picture."""
    studio(desk)
    desk.sync()
    made = collection(desk, "Star Film")
    assert (made.fields.get("summary"), made.posters, made.locks) == (None, [], set())
    assert desk.rig.stash.requests.count("GET", "/studio/") == 0


def test_a_collection_that_was_there_before_is_left_alone(desk: Desk) -> None:
    library = desk.plex.library
    stranger = library.add_item(desk.rig.section, "/data/films/other.mp4", collection=["Star Film"])
    studio(desk, **STARS)
    desk.sync()
    made = collection(desk, "STAR FILM" if "STAR FILM" in titles(desk) else "Star Film")
    assert (made.fields.get("summary"), made.posters, made.locks) == (None, [], set())
    assert desk.item(1).tag_names("collection") == stranger.tag_names("collection")
    desk.edit(1, title="Edited")
    desk.sync()
    assert collection_requests(desk) == []


def test_a_renamed_studio_moves_its_scenes_poster_and_summary(desk: Desk) -> None:
    star = studio(desk, **STARS)
    desk.sync()
    change(desk, star, name="Star Film Co.")
    desk.sync()
    assert titles(desk) == {"Star Film Co."}
    made = collection(desk, "Star Film Co.")
    assert made.fields["summary"] == "They went to the moon."
    assert poster(made).endswith(sha1_of(RED))
    change(desk, star, name="Star Film")
    desk.sync()
    assert poster(collection(desk, "Star Film")).endswith(sha1_of(RED))


def test_a_changed_studio_changes_its_collection_alone(desk: Desk) -> None:
    star = studio(desk, **STARS)
    desk.sync()
    change(desk, star, details="Changed.", image=BLUE)
    desk.sync()
    made = collection(desk, "Star Film")
    assert made.fields["summary"] == "Changed."
    assert poster(made).endswith(sha1_of(BLUE))
    assert desk.writes() == 2  # its poster and its summary
    change(desk, star, details="", image=None)
    desk.sync()
    assert (made.fields.get("summary"), poster(made)) == (None, "")
    assert not {"summary", "thumb"} & made.locks


def test_edits_in_plex_are_kept_as_the_setting_says(desk: Desk) -> None:
    desk.configure(collections="studio", keep_plex_edits=True, skip_fields="background")
    star = studio(desk, **STARS)
    desk.sync()
    made = collection(desk, "Star Film")
    made.fields["summary"] = "Written by hand."
    made.choose("thumb", Picture("upload://posters/by-hand"))
    change(desk, star, details="Changed.", image=BLUE)
    desk.sync()
    assert made.fields["summary"] == "Written by hand."
    assert poster(made).endswith("by-hand")


def test_skipped_fields_are_skipped_here_too(desk: Desk) -> None:
    desk.configure(collections="studio", skip_fields="poster, background, summary")
    studio(desk, **STARS)
    desk.sync()
    made = collection(desk, "Star Film")
    assert (made.fields.get("summary"), made.posters) == (None, [])


def test_smart_collections_are_left_alone(desk: Desk) -> None:
    """A smart one of this name can't take items; the tag makes a plain one, or none."""
    library = desk.plex.library
    smart = library.shelf.put(
        desk.rig.section, library.tags.record("collection:1", "Star Film"), "movie"
    )
    smart.uri = "server://x/com.plexapp.plugins.library/library/sections/1/all?type=1"
    studio(desk, **STARS)
    desk.sync()
    assert (smart.fields.get("summary"), smart.posters) == (None, [])


# Order


def test_sort_titles_bring_a_group_into_order(desk: Desk) -> None:
    group(desk, "Voyages", {1: 3, 2: 1, 3: 2})
    desk.sync()
    assert collection(desk, "Voyages").fields["collectionSort"] == "1"
    assert members(desk, "Voyages") == [2, 3, 1]
    number_scenes(desk, 1, [(desk.scene(1).groups[0].group, 0)])
    desk.sync()
    assert collection_requests(desk) == []
    assert members(desk, "Voyages") == [1, 2, 3]


@pytest.mark.parametrize("page_limit", [None, 2], ids=["all at once", "short pages"])
def test_scenes_of_two_groups_are_moved_into_place(desk: Desk, page_limit: int | None) -> None:
    """Their sort titles are those of the first group."""
    desk.plex.quirks.page_limit = page_limit
    first = group(desk, "Alone", {1: 1, 2: 2})
    second = group(desk, "Voyages", {1: 3, 2: 1, 3: 2})
    desk.sync()
    assert (members(desk, "Alone"), members(desk, "Voyages")) == ([1, 2], [2, 3, 1])
    assert collection(desk, "Alone").fields["collectionSort"] == "1"
    assert collection(desk, "Voyages").fields["collectionSort"] == "2"
    desk.sync()
    assert collection_requests(desk) == []
    # A number that no sort title tells of, changed by hand.
    number_scenes(desk, 2, [(first, 2), (second, 9)])
    desk.event(2)
    assert desk.plex.calls["move"] == 1
    assert members(desk, "Voyages") == [3, 1, 2]


def test_large_groups_are_not_moved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.collection_details.MOST_SORTED", 2)
    group(desk, "Alone", {1: 1})
    group(desk, "Voyages", {1: 3, 2: 1, 3: 2})
    desk.sync()
    assert desk.plex.calls["move"] == 0


def test_groups_without_numbers_keep_plexs_order(desk: Desk) -> None:
    group(desk, "Voyages", {1: None, 2: None})
    desk.sync()
    assert "collectionSort" not in collection(desk, "Voyages").fields


# What goes wrong


def test_a_refused_poster_fails_no_scene_and_comes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    studio(desk, **STARS)
    desk.plex.faults.add(Reply(500), r"POST .*/posters")
    assert desk.sync().startswith("Sync all scenes: 3 synced")
    made = collection(desk, "Star Film")
    assert made.fields["summary"] == "They went to the moon."
    assert "collection Star Film: Plex failed" in caplog.text
    desk.plex.faults.clear()
    desk.sync()
    assert collection_requests(desk) == []  # not over and over
    monkeypatch.setattr("pipeline.collection.RETRY_AFTER_S", 0.0)
    desk.sync()
    assert poster(made).endswith(sha1_of(RED))


@pytest.mark.parametrize("listing", [1, 2], ids=["before", "after"])
def test_without_the_list_scenes_are_synced(desk: Desk, listing: int) -> None:
    studio(desk, **STARS)
    desk.plex.faults.add(Reply(500), "GET .*/collections", skip=listing - 1, times=1)
    assert desk.sync().startswith("Sync all scenes: 3 synced")
    made = collection(desk, "Star Film")
    assert made.posters == []
    desk.sync()
    # Not known to be ours if the first list was missing.
    assert bool(made.posters) == (listing == 2)


NO_COLLECTIONS = Reply(200, b'<MediaContainer size="0" totalSize="0"/>', "text/xml")


def test_a_collection_that_is_listed_late_is_ours_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio(desk, **STARS)
    desk.plex.faults.add(NO_COLLECTIONS, "GET .*/collections", skip=1, times=1)
    desk.sync()
    made = collection(desk, "Star Film")
    assert made.posters == []
    desk.sync()
    assert collection_requests(desk) == []  # not over and over
    monkeypatch.setattr("pipeline.collection.RETRY_AFTER_S", 0.0)
    desk.sync()
    assert poster(made).endswith(sha1_of(RED))
    assert made.fields["summary"] == "They went to the moon."


def test_a_collection_that_is_never_listed_is_forgotten_at_the_second_look(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.collection.RETRY_AFTER_S", 0.0)
    studio(desk, **STARS)
    desk.plex.faults.add(NO_COLLECTIONS, "GET .*/collections", skip=1, times=2)
    for _ in range(4):
        desk.sync()
    assert collection_requests(desk) == []
    assert collection(desk, "Star Film").posters == []


def test_a_crash_before_plex_told_the_key_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio(desk, **STARS)
    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "confirm", _die)
        with pytest.raises(LeaseLost):
            desk.sync()
    desk.sync()
    made = collection(desk, "Star Film")
    assert made.fields["summary"] == "They went to the moon."
    assert len(made.posters) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["upload", "edit", "order", "remember", "intend", "note"])
def test_a_crash_at_any_step_leaves_nothing_undone_or_done_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    group(desk, "Voyages", {1: 2, 2: 1}, synopsis="Far away.", front_image=BLUE)
    owner, name = {
        "upload": ("pictures.plan", "upload_picture"),
        "edit": ("plex.client.PlexClient", "edit"),
        "order": ("plex.edits", "set_order"),
        "remember": ("ledger.ledger.Ledger", "remember_pictures"),
        "intend": ("ledger.ledger.Ledger", "intend"),
        "note": ("ledger.own_collections.CollectionBook", "remember"),
    }[step]
    place = resolve(owner)
    real = getattr(place, name)

    def dying(*args: Any, **named: Any) -> None:
        about_collection = step == "note" or any(is_collection(each) for each in args)
        if when == "after" or not about_collection:
            real(*args, **named)
        if about_collection:
            raise LeaseLost

    with monkeypatch.context() as killed:
        killed.setattr(place, name, dying)
        with pytest.raises(LeaseLost):
            desk.sync()
    desk.sync()
    made = collection(desk, "Voyages")
    assert made.fields["summary"] == "Far away."
    assert made.fields["collectionSort"] == "1"
    assert (poster(made), len(made.posters)) == (f"upload://posters/{sha1_of(BLUE)}", 1)
    desk.sync()
    assert desk.writes() == 0
    assert collection_requests(desk) == []
    assert "0 failed" in restore(desk)
    assert titles(desk) == set()


def is_collection(given: Any) -> bool:
    """Whether it is an item that is a collection, an intent about one, or holds such."""
    if isinstance(given, (list, tuple)):
        return any(is_collection(each) for each in given)
    return getattr(getattr(given, "item", given), "type", "") == "collection"


def resolve(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    if attribute[0].isupper():
        return getattr(importlib.import_module(module), attribute)
    return importlib.import_module(name)


def _die(*_args: object) -> None:
    raise LeaseLost


def test_what_gave_way_comes_with_the_next_batch(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio(desk, "Star Film", 1, **STARS)
    with registered(desk) as context:
        store = context.stores.store
        store.enqueue("scene", [1], BACKGROUND, time.time())
        worker = context.worker((LIVE, BACKGROUND))
        with monkeypatch.context() as hurried:
            hurried.setattr(Preemption, "is_needed", lambda _self: True)
            worker.step()
        assert collection(desk, "Star Film").posters == []
        store.enqueue("scene", [2], BACKGROUND, time.time())
        worker.step()
        worker.close()
    assert poster(collection(desk, "Star Film")).endswith(sha1_of(RED))


def test_after_an_outage_of_plex_a_collection_gets_its_details(desk: Desk) -> None:
    studio(desk, **STARS)
    desk.plex.faults.add(Reply(503), "GET .*/collections", skip=1, times=1)
    assert desk.sync().startswith("Sync all scenes: 3 synced")
    desk.sync()
    assert poster(collection(desk, "Star Film")).endswith(sha1_of(RED))


def test_a_collection_of_the_same_name_that_somebody_made_meanwhile_is_theirs(desk: Desk) -> None:
    """We emptied ours, and somebody made one of that name by hand."""
    star = studio(desk, "Star Film", 1, **STARS)
    desk.sync()
    desk.edit(1, studio=None)
    desk.sync()
    assert titles(desk) == set()
    desk.plex.library.add_item(desk.rig.section, "/f/other.mp4", collection=["Star Film"])
    desk.edit(1, studio=star)
    desk.sync()
    assert collection(desk, "Star Film").posters == []


# Undo


def restore(desk: Desk, **args: Any) -> str:
    with desk.context({"confirm": True, **args}) as context:
        return undo_task.restore(context, lambda _fraction: None)


def test_restore_takes_the_collection_away_with_its_items(desk: Desk) -> None:
    before = desk.snapshots()
    studio(desk, **STARS)
    desk.sync()
    assert "0 failed" in restore(desk)
    assert titles(desk) == set()
    assert desk.snapshots() == before
    assert desk.plex.library.deleted_by_client == []
    assert "3 as before already" in restore(desk)  # nothing is kept of the collection


@pytest.mark.parametrize("composite_counts", [True, False])
def test_restore_puts_back_what_others_go_on_using(desk: Desk, composite_counts: bool) -> None:
    """Also where the composite picture, which stands in Plex's list of posters while there is
    none, counts as chosen."""
    desk.plex.quirks.composite_counts = composite_counts
    studio(desk, **STARS)
    group(desk, "Voyages", {1: 2, 2: 1}, synopsis="Far away.", front_image=BLUE)
    desk.sync()
    desk.plex.library.set_tags(
        other := desk.plex.library.add_item(desk.rig.section, "/f/other.mp4"),
        "collection",
        [desk.plex.library.make_tag(other, "collection", name) for name in titles(desk)],
    )
    assert restore(desk).endswith("0 with fields left, 0 failed")
    for title in ("Star Film", "Voyages"):
        made = collection(desk, title)
        assert (made.fields.get("summary"), poster(made), made.locks) == (None, "", set())
        assert made.fields.get("collectionSort", "0") == "0"
    # A later change in Stash doesn't bring it back behind the user's back.
    change(desk, desk.rig.stash.library.studios[1], details="Changed.")
    desk.event(1)
    assert "summary" not in collection(desk, "Star Film").fields


def test_forget_unlocks_a_collection(desk: Desk) -> None:
    studio(desk, **STARS)
    desk.sync()
    assert "0 failed" in restore(desk, forget=True)
    made = collection(desk, "Star Film")
    assert made.fields["summary"] == "They went to the moon."
    assert made.locks == set()


@pytest.mark.usefixtures("still_time")
def test_a_section_is_listed_once_or_twice_a_batch(make_desk: Callable[..., Desk]) -> None:
    """Twice where a collection is made; the budgets hold: 1.05 for a changed scene, 0.02 else,
    beside the look ahead at all and getting to know the server twice. Asking each batch's server
    for its name is among them."""
    desk = make_desk(count=300)
    desk.configure(collections="studio", skip_fields="poster, background")
    desk.sync()
    lists = [line for line in collection_requests(desk) if line.startswith("GET /library/sections")]
    assert len(lists) == 3 * 2 - 1  # the third batch makes none
    desk.sync()
    assert desk.plex.requests.count() <= 2 + 2 * 3 + 0.02 * 300
