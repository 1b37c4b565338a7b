"""Renamed, merged and deleted performers, studios, tags and groups; scans and identification; and
edits that people make meanwhile. Through the hooks, as Stash starts them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from jobs.schema import BACKGROUND, LIVE, PERFORMER, SCENE
from simulators.faults import Call, Hang
from simulators.films import films
from simulators.rig import FOLDER, PLUGIN_ID, Rig
from simulators.stash import Performer, SceneGroup, Tag
from tests.harness.rig import (
    change,
    hooks_of,
    scenes,
    synced,
    tags,
    until_followed,
)

BATCH = 100


def save_while_writing(rig: Rig, scene_id: int, title: str, *, after: int) -> list[int]:
    """Have a user save a scene when Plex has got `after` writes; how many had arrived then."""
    written: list[int] = []

    def save() -> None:
        written.append(len(rig.plex.library.edits))
        rig.stash.update_scene({"id": scene_id, "title": title})

    rig.plex.faults.add(Call(save), "PUT", skip=after, times=1)
    return written


def place_of(rig: Rig, scene_id: int) -> int:
    """How many writes came before the first one to this scene's item."""
    keys = [key for key, _ in rig.plex.library.edits]
    return keys.index(rig.item(scene_id).rating_key)


# Renames


def test_a_performer_of_five_hundred_scenes_is_renamed_and_an_edit_meanwhile_overtakes(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=500)
    library = rig.stash.library
    performer = library.add_performer("Ida Nightingale")
    for scene in scenes(rig):
        scene.performers = [*scene.performers, performer]
    synced(rig)
    written = save_while_writing(rig, 500, "Saved meanwhile", after=20)
    change(rig, "performerUpdate", id=performer.id, name="Ida Kingfisher")
    until_followed(rig)
    for scene in scenes(rig):
        names = tags(rig, scene.id, "actor")
        assert "Ida Kingfisher" in names
        assert "Ida Nightingale" not in names
    assert rig.title(500) == "Saved meanwhile"
    # The rest of the batch that was being written, and not the 400 scenes behind it.
    assert place_of(rig, 500) - written[0] <= BATCH
    assert rig.plex.requests.count("PUT") <= 501
    assert rig.plex.requests.count() <= 501 * 1.05
    # The scenes in pages, and two questions a batch.
    assert rig.stash.requests.count("POST", "/graphql") <= 25
    assert f"performer {performer.id}: 500 scene(s) queued" in rig.log_file()


def test_a_performer_of_a_few_scenes_is_renamed_before_what_waits_in_the_background(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=300)
    performer = rig.stash.library.add_performer("Ida Nightingale")
    for scene_id in (298, 299, 300):
        rig.stash.library.scene(scene_id).performers.append(performer)
    synced(rig)
    for scene in scenes(rig):
        rig.stash.library.update(scene, details=f"Changed by a job: {scene.id}.")
    with rig.store() as store:
        store.enqueue(SCENE, range(1, 298), BACKGROUND, 0.0)
    written: list[int] = []

    def rename() -> None:
        written.append(len(rig.plex.library.edits))
        change(rig, "performerUpdate", id=performer.id, name="Ida Kingfisher")

    rig.plex.faults.add(Call(rename), "PUT", skip=20, times=1)
    rig.stash.update_scene({"id": 1, "title": "Starts the worker"})
    until_followed(rig)
    assert "Ida Kingfisher" in tags(rig, 300, "actor")
    assert place_of(rig, 300) - written[0] <= BATCH


def test_a_studio_is_renamed_also_where_it_is_the_parent(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=30)
    rig.configure(collections="studio, parent_studio", tagline_template="{parent_studio}")
    library = rig.stash.library
    above = library.add_studio("Northern Group")
    below = library.add_studio("Aurora Pictures North", parent=above)
    for scene in scenes(rig):
        scene.studio = above if scene.id <= 5 else below if scene.id <= 15 else None
    synced(rig)
    change(rig, "studioUpdate", id=above.id, name="Southern Group")
    until_followed(rig)
    for scene_id in range(1, 6):
        assert rig.item(scene_id).fields["studio"] == "Southern Group"
        assert tags(rig, scene_id, "collection") == ["Southern Group"]
    for scene_id in range(6, 16):
        assert rig.item(scene_id).fields["studio"] == "Aurora Pictures North"
        assert rig.item(scene_id).fields["tagline"] == "Southern Group"
        assert tags(rig, scene_id, "collection") == ["Aurora Pictures North", "Southern Group"]
    assert {key for key, _ in rig.plex.library.edits} <= {
        rig.item(scene_id).rating_key for scene_id in range(1, 16)
    }
    assert rig.plex.requests.count("PUT") <= 15


def test_a_group_is_renamed(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=10)
    rig.configure(collections="groups")
    group = rig.stash.library.add_group("The Northern Trilogy")
    for number in (1, 2, 3):
        rig.stash.library.scene(number).groups = [SceneGroup(group, number)]
    synced(rig)
    assert tags(rig, 2, "collection") == ["The Northern Trilogy"]
    change(rig, "groupUpdate", id=group.id, name="The Southern Trilogy")
    until_followed(rig)
    for number in (1, 2, 3):
        assert tags(rig, number, "collection") == ["The Southern Trilogy"]
        assert rig.item(number).fields["titleSort"] == f"The Southern Trilogy {number:04d}"
    assert hooks_of(rig, "Group.Update.Post") == 1
    assert hooks_of(rig, "Movie.Update.Post") == 0


def test_a_performers_weight_is_nobodys_concern(rig: Rig) -> None:
    performer = rig.stash.library.scene(1).performers[0]
    change(rig, "performerUpdate", id=performer.id, weight=70)
    assert hooks_of(rig, "Performer.Update.Post") == 1
    rig.until_taken_in()
    assert rig.jobs_left() == 0
    assert rig.plex.requests.count() == 0


def test_namesakes_come_and_go(make_rig: Callable[..., Rig]) -> None:
    """One that no scene shows decides how the scenes of the other one name theirs."""
    rig = make_rig(count=10)
    elder = rig.stash.library.add_performer("Ada Abel", disambiguation="the elder")
    for scene in scenes(rig):
        scene.performers = [elder] if scene.id <= 3 else []
    synced(rig)

    def is_shown(name: str) -> None:
        rig.until_drained()
        assert [tags(rig, scene_id, "actor") for scene_id in range(1, 5)] == [[name]] * 3 + [[]]
        assert {key for key, _ in rig.plex.library.edits} <= {
            rig.item(scene_id).rating_key for scene_id in range(1, 4)
        }

    is_shown("Ada Abel")
    created = rig.stash.graphql(
        "mutation($input: PerformerCreateInput!) { performerCreate(input: $input) { id } }",
        {"input": {"name": "ada abel"}},
    )
    until_followed(rig)
    is_shown("Ada Abel (the elder)")
    younger = created["performerCreate"]["id"]
    change(rig, "performerUpdate", id=younger, name="Ada Holm")
    is_shown("Ada Abel")
    change(rig, "performerUpdate", id=younger, name="Ada Abel", disambiguation="1902")
    is_shown("Ada Abel (the elder)")
    change(rig, "performerDestroy", id=younger)
    is_shown("Ada Abel")
    # What scenes have in common goes at once, as far as they meet in one batch.
    assert 4 <= rig.plex.requests.count("PUT") <= 4 * 3


# Merged and deleted


def test_two_tags_are_merged(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=60)
    kept, gone = tag_of(rig, "Drama"), tag_of(rig, "Comedy")
    concerned = [scene.id for scene in scenes(rig) if {kept, gone} & set(scene.tags)]
    synced(rig)
    change(rig, "tagsMerge", source=[gone.id], destination=kept.id)
    until_followed(rig)
    for scene in scenes(rig):
        assert tags(rig, scene.id, "genre") == sorted(tag.name for tag in scene.tags)
    assert not any("Comedy" in tags(rig, scene.id, "genre") for scene in scenes(rig))
    assert any("Drama" in tags(rig, scene_id, "genre") for scene_id in concerned)
    # Those that have the kept tag are looked at, those that had the other one are written.
    assert rig.plex.requests.count("PUT") <= len(concerned)
    assert rig.plex.requests.count() <= len(concerned) + 3


def test_a_deleted_tag_leaves_the_scenes_that_had_it(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=60)
    gone = tag_of(rig, "Drama")
    concerned = [scene.id for scene in scenes(rig) if gone in scene.tags]
    synced(rig)
    assert all("Drama" in tags(rig, scene_id, "genre") for scene_id in concerned)
    change(rig, "tagDestroy", id=gone.id)
    until_followed(rig)
    for scene in scenes(rig):
        assert tags(rig, scene.id, "genre") == sorted(tag.name for tag in scene.tags)
    assert not any("Drama" in tags(rig, scene.id, "genre") for scene in scenes(rig))
    written = {key for key, _ in rig.plex.library.edits}
    assert written == {rig.item(scene_id).rating_key for scene_id in concerned}
    assert rig.plex.requests.count("PUT") <= len(concerned)


def test_several_deleted_at_once_cost_one_walk_through_stash(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(count=60)
    gone = [tag_of(rig, name) for name in ("Drama", "Comedy", "War", "Western")]
    synced(rig)
    ids = [str(tag.id) for tag in gone]
    rig.stash.graphql("mutation($ids: [ID!]!) { tagsDestroy(ids: $ids) }", {"ids": ids})
    until_followed(rig)
    names = {name for scene in scenes(rig) for name in tags(rig, scene.id, "genre")}
    assert names.isdisjoint(tag.name for tag in gone)
    assert names


def test_a_deleted_studio_leaves_its_scenes_and_those_of_the_studios_below(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=10)
    rig.configure(collections="studio, parent_studio")
    library = rig.stash.library
    above = library.add_studio("Northern Group")
    below = library.add_studio("Aurora Pictures North", parent=above)
    for scene in scenes(rig):
        scene.studio = {1: above, 2: below}.get(scene.id)
    synced(rig)
    assert tags(rig, 2, "collection") == ["Aurora Pictures North", "Northern Group"]
    change(rig, "studioDestroy", id=above.id)
    until_followed(rig)
    assert tags(rig, 1, "collection") == []
    assert not rig.item(1).fields.get("studio")
    assert tags(rig, 2, "collection") == ["Aurora Pictures North"]


def test_a_deleted_performer_leaves_the_cast(rig: Rig) -> None:
    synced(rig)
    gone = rig.stash.library.scene(1).performers[0]
    assert gone.name in tags(rig, 1, "actor")
    change(rig, "performerDestroy", id=gone.id)
    until_followed(rig)
    assert gone.name not in tags(rig, 1, "actor")


def tag_of(rig: Rig, name: str) -> Tag:
    return next(tag for tag in rig.stash.library.tags.values() if tag.name == name)


# Scans and identification


def new_files(count: int, *, after: int) -> list[tuple[str, int, float]]:
    """Files as a scan finds them, of the films that come after the first ones."""
    return [
        (f"{FOLDER}/{film.file_name}", film.size, float(film.duration_s))
        for film in list(films(after + count))[after:]
    ]


def lengthen_the_moment(rig: Rig) -> None:
    """Have the manifest say that new scenes wait an hour."""
    manifest = rig.config_dir / "plugins" / PLUGIN_ID / f"{PLUGIN_ID}.yml"
    text = manifest.read_text(encoding="utf-8")
    assert text.count("wait_s: 15\n") == 1
    manifest.write_text(text.replace("wait_s: 15\n", "wait_s: 3600\n"), encoding="utf-8")
    rig.stash.reload_plugins()


@pytest.fixture
def scanned(make_rig: Callable[..., Rig]) -> Rig:
    """Ten films in step, and forty new ones that Plex has with its agent's data and that wait for
    `moment_has_passed`, however long a busy machine takes to find them."""
    rig = make_rig(count=10, link=False)
    lengthen_the_moment(rig)
    synced(rig)
    rig.films = list(films(50))
    rig.add_to_plex(rig.films[10:])
    for item in rig.plex.library.items()[10:]:
        item.fields |= {"summary": "Written by the agent.", "studio": "The agent's studio"}
    rig.stash.scan(new_files(40, after=10), parallel=4)
    rig.until_taken_in()
    return rig


def moment_has_passed(rig: Rig) -> None:
    """Bring on what waits for its moment, as time does."""
    with rig.store() as store, store.database.write() as connection:
        connection.execute("UPDATE jobs SET due_at = 1 WHERE due_at > 0")


def test_new_scenes_wait_a_moment_and_then_wipe_nothing(scanned: Rig) -> None:
    rig = scanned
    before = [rig.plex.library.snapshot(item) for item in rig.plex.library.items()]
    with rig.store() as store:
        assert store.counts() == {(BACKGROUND, "queued"): 40}
        assert store.claim("me", [BACKGROUND], time.time()) == []
    moment_has_passed(rig)
    until_followed(rig)
    assert [rig.plex.library.snapshot(item) for item in rig.plex.library.items()] == before
    assert rig.plex.library.edits == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_every_scene_ends_right_when_its_identification_follows(scanned: Rig, moment: str) -> None:
    rig = scanned
    if moment == "before":
        moment_has_passed(rig)
        until_followed(rig)
    studio = rig.stash.library.add_studio("Identified Studio")
    performer: Performer = rig.stash.library.add_performer("Ida Identified")
    for scene_id, film in enumerate(rig.films[10:], start=11):
        values = {
            "title": film.title,
            "date": film.date,
            "studio_id": str(studio.id),
            "performer_ids": [str(performer.id)],
        }
        rig.stash.identify(scene_id, values)
    rig.until_drained()
    for scene_id, film in enumerate(rig.films[10:], start=11):
        fields = rig.item(scene_id).fields
        assert fields["title"] == film.title
        assert fields["studio"] == "Identified Studio"
        assert fields["summary"] == "Written by the agent."
        assert tags(rig, scene_id, "actor") == ["Ida Identified"]
    wiped = [
        (key, name)
        for key, changes in rig.plex.library.edits
        for name, (old, new) in changes.items()
        if old and not new
    ]
    assert wiped == []
    with rig.store() as store:
        assert store.failures() == []


# Storms


def test_an_edit_overtakes_the_identification_of_many(make_rig: Callable[..., Rig]) -> None:
    rig = synced(make_rig(count=400))
    for scene in scenes(rig):
        rig.stash.library.update(scene, details=f"Identified {scene.id}.")
    with rig.store() as store:
        store.enqueue(SCENE, range(1, 400), BACKGROUND, 0.0)
    written = save_while_writing(rig, 400, "Overtakes", after=150)
    rig.stash.identify(1, {"title": "Wakes the worker"})
    until_followed(rig)
    assert rig.title(400) == "Overtakes"
    assert place_of(rig, 400) - written[0] <= BATCH
    # First come, first served: nothing moves by more than the batch that it is in.
    moves = [abs(place_of(rig, scene_id) - scene_id) for scene_id in range(1, 400)]
    assert max(moves) <= BATCH
    assert rig.item(399).fields["summary"] == "Identified 399."


def test_a_worker_killed_in_the_midst_of_a_rename_loses_nothing(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(count=150)
    performer = rig.stash.library.add_performer("Ida Nightingale")
    for scene in scenes(rig):
        scene.performers = [*scene.performers, performer]
    synced(rig)
    rig.plex.faults.add(Hang(), "PUT", skip=30)
    change(rig, "performerUpdate", id=performer.id, name="Ida Kingfisher")
    rig.until(lambda: rig.plex.requests.count("PUT") > 30, "some writes")
    rig.kill_workers()
    rig.plex.faults.clear()
    rig.stash.update_scene({"id": 1, "rating100": 50})
    until_followed(rig)
    for scene in scenes(rig):
        assert tags(rig, scene.id, "actor") == sorted(each.name for each in scene.performers)


def test_hooks_are_told_apart_by_who_changed_what(rig: Rig) -> None:
    """The same scene by a person, by a job, and with its performer."""
    rig.stash.stop()  # so that the queue stays as it is
    for context in (
        {"id": 2, "input": {"id": "2"}, "inputFields": ["title"]},
        {"id": 3, "input": None},
        {"id": 4, "input": {"id": "4"}, "inputFields": ["id", "title"]},
        {"id": 9, "type": "Performer.Update.Post", "inputFields": ["id", "name"]},
    ):
        process = rig.start_hook(1, **context)
        process.communicate(timeout=60)
        assert process.returncode == 0
    rig.until_taken_in()
    with rig.store() as store, store.database.read() as connection:
        jobs = connection.execute("SELECT lane, kind, object_id FROM jobs ORDER BY lane, id")
        assert jobs.fetchall() == [
            (LIVE, SCENE, 4),
            (LIVE, PERFORMER, 9),
            (BACKGROUND, SCENE, 2),
            (BACKGROUND, SCENE, 3),
        ]
