"""What changes in Stash without anybody telling, kind by kind, and that a light check sees it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from check.light import changed_since
from check.question import fields_of
from jobs.schema import CHECK
from simulators.rig import FOLDER
from simulators.stash import VideoFile
from simulators.stash.model import SceneGroup
from tests.harness.sync import Desk, change, settled
from validation.config import PlexSyncConfig
from worker.enqueue_scenes import light_check


@pytest.fixture
def in_step(desk: Desk) -> Desk:
    """Ten films in step and known to be, all names known; a group, and tags above tags."""
    library = desk.rig.stash.library
    group = library.add_group("A series")
    above = library.add_tag("Above all")
    for scene_id in (1, 2):
        desk.edit(scene_id, groups=[SceneGroup(group, scene_id)])
    for tag in list(library.tags.values())[:-1]:
        library.update(tag, parents=[above])
    return settled(desk)


def mutate(desk: Desk, name: str, values: object, kind: str = "") -> None:
    """As the user interface does, at a time that is long over."""
    desk._clock += 10
    desk.rig.stash.library.clock = lambda: desk._clock
    desk.rig.stash.config.version = "v0.31.0"
    desk.rig.stash.library.release = (0, 31)
    kind = kind or f"{name[0].upper()}{name[1:]}Input"
    argument = "id" if kind == "ID" else "input"
    answer = "" if name in _PLAIN else "{ id }"
    desk.rig.stash.graphql(
        f"mutation($value: {kind}!) {{ {name}({argument}: $value) {answer} }}", {"value": values}
    )


_PLAIN = ("sceneAssignFile", "moveFiles", "sceneGenerateScreenshot", "performerDestroy")


def merge_performers(desk: Desk) -> set[int]:
    gone, kept = desk.scene(1).performers[0], desk.scene(2).performers[0]
    holders = holding(desk, "performers", gone)
    mutate(desk, "performerMerge", {"source": [str(gone.id)], "destination": str(kept.id)})
    return holders


def holding(desk: Desk, name: str, wanted: object) -> set[int]:
    scenes = desk.rig.stash.library.scenes.values()
    return {scene.id for scene in scenes if wanted in getattr(scene, name)}


def merge_scenes(desk: Desk) -> set[int]:
    mutate(desk, "sceneMerge", {"source": ["2"], "destination": "1"})
    return {1, 2}


def auto_tag(desk: Desk) -> set[int]:
    tag = desk.rig.stash.library.add_tag("Found in the path")
    desk._clock += 10
    desk.rig.stash.auto_tag([3, 4], tags=[tag])
    return {3, 4}


def generate_a_cover(desk: Desk) -> set[int]:
    mutate(desk, "sceneGenerateScreenshot", "5", "ID")
    return {5}


def rename_a_performer(desk: Desk) -> set[int]:
    performer = desk.scene(3).performers[0]
    desk.rig.stash.library.update(performer, name="Somebody Else")
    return holding(desk, "performers", performer)


def tell_a_performer_apart(desk: Desk) -> set[int]:
    performer = desk.scene(3).performers[0]
    desk.rig.stash.library.update(performer, disambiguation="the elder")
    return holding(desk, "performers", performer)


def destroy_a_performer(desk: Desk) -> set[int]:
    performer = desk.scene(3).performers[0]
    holders = holding(desk, "performers", performer)
    mutate(desk, "performerDestroy", {"id": str(performer.id)})
    return holders


def make_a_namesake(desk: Desk) -> set[int]:
    """Of one who is told apart by a disambiguation, which goes into brackets from then on."""
    performer = desk.scene(3).performers[0]
    desk.rig.stash.library.add_performer(performer.name)
    return holding(desk, "performers", performer) if performer.disambiguation else set()


def rename_a_studio(desk: Desk) -> set[int]:
    studio = next(s.studio for s in desk.rig.stash.library.scenes.values() if s.studio)
    desk.rig.stash.library.update(studio, name="Another House")
    scenes = desk.rig.stash.library.scenes.values()
    return {scene.id for scene in scenes if scene.studio is studio}


def merge_tags_untold(desk: Desk) -> set[int]:
    """As an import of another database would: no hook."""
    gone, kept = desk.scene(1).tags[0], desk.rig.stash.library.add_tag("Kept")
    holders = holding(desk, "tags", gone)
    for scene_id in holders:
        scene = desk.scene(scene_id)
        tags = [kept if each is gone else each for each in scene.tags]
        desk.rig.stash.library.update(scene, touch=False, tags=tags)
    del desk.rig.stash.library.tags[gone.id]
    return holders


def rename_a_group(desk: Desk) -> set[int]:
    desk.rig.stash.library.update(desk.rig.stash.library.groups[1], name="Another series")
    return {1, 2}


def move_a_file(desk: Desk) -> set[int]:
    file = desk.scene(6).files[0]
    desk.rig.stash.library.clock = time.time
    desk.rig.stash.library.release = (0, 31)
    desk.rig.stash.config.version = "v0.31.0"
    desk.rig.stash.graphql(
        "mutation($input: MoveFilesInput!) { moveFiles(input: $input) }",
        {"input": {"ids": [str(file.id)], "destination_folder": f"{FOLDER}/moved"}},
    )
    return {6}


def assign_a_file(desk: Desk) -> set[int]:
    mutate(desk, "sceneAssignFile", {"scene_id": "8", "file_id": str(desk.scene(7).files[1].id)},
           "AssignSceneFileInput")  # fmt: skip
    return {7, 8}


def delete_a_scene(desk: Desk) -> set[int]:
    del desk.rig.stash.library.scenes[9]
    return {9}


def restore_a_backup(desk: Desk) -> set[int]:
    """Of before the last edit: the scene's time goes back."""
    scene = desk.scene(10)
    desk.rig.stash.library.update(
        scene, touch=False, title="As it was", updated_at="2020-01-01T00:00:00Z"
    )
    return {10}


KINDS: list[Callable[[Desk], set[int]]] = [
    merge_performers,
    merge_scenes,
    auto_tag,
    generate_a_cover,
    rename_a_performer,
    tell_a_performer_apart,
    destroy_a_performer,
    rename_a_studio,
    merge_tags_untold,
    rename_a_group,
    move_a_file,
    assign_a_file,
    delete_a_scene,
    restore_a_backup,
]


def check(desk: Desk, later_s: float = 0.0) -> set[int]:
    """What a check queues, so many seconds from now."""
    with desk.context() as context:
        context.settings.refresh()
        light = light_check(context.stores, context.stash, lambda: time.time() + later_s)
        return light.run(context.settings.config, CHECK, changed_since).to_look_at


def forget_jobs(desk: Desk) -> None:
    with desk.context() as context:
        context.stores.store.clear()


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__name__)
def test_every_kind_of_change_is_found_and_nothing_else(
    in_step: Desk, kind: Callable[[Desk], set[int]]
) -> None:
    desk = in_step
    library = desk.rig.stash.library
    if kind is assign_a_file:
        file = library.add_file(VideoFile(f"{FOLDER}/a second one.mp4"))
        desk.edit(7, files=[*desk.scene(7).files, file])
        check(desk)
        desk.sync()
    assert check(desk) == set()
    desk.rig.stash.requests.clear()
    assert check(desk) == set()
    assert desk.rig.stash.requests.count("POST", "/graphql") <= 4
    expected = kind(desk)
    assert check(desk) == expected
    forget_jobs(desk)
    desk.sync()
    # Within a second something else may have been moved.
    check(desk, later_s=60.0)
    assert check(desk, later_s=120.0) == set()


def test_a_name_that_two_performers_share_concerns_both(in_step: Desk) -> None:
    tell_a_performer_apart(in_step)
    check(in_step)
    in_step.sync()
    holders = make_a_namesake(in_step)
    assert holders
    assert check(in_step) == holders


def test_what_is_found_is_found_again_by_a_sync_of_all_until_it_was_looked_at(
    in_step: Desk,
) -> None:
    """The queue may be cleared meanwhile."""
    expected = merge_performers(in_step)
    assert check(in_step) == expected
    forget_jobs(in_step)
    assert f"{len(expected)} synced, {10 - len(expected)} already in sync" in in_step.sync()


def test_a_check_that_is_killed_before_it_has_queued_finds_the_same_again(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rename_a_performer(in_step)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("jobs.store.JobStore.enqueue", die)
        with pytest.raises(KeyboardInterrupt):
            check(in_step)
    assert check(in_step) == expected


def test_a_change_of_the_settings_hides_no_change_of_a_name(in_step: Desk) -> None:
    """What is asked for is another thing from then on."""
    expected = rename_a_performer(in_step)
    in_step.configure(ignore_tags="Nothing at all", collections="studio, groups")
    assert check(in_step) == expected


def test_a_stash_that_knows_no_criterion_for_files_is_asked_without(in_step: Desk) -> None:
    in_step.rig.stash.config.version = "v0.29.3"
    move_a_file_of_old = in_step.scene(6).files[0]
    move_a_file_of_old.updated_at = in_step.rig.stash.library.timestamp()
    assert check(in_step) == set()
    expected = rename_a_performer(in_step)
    assert check(in_step) == expected


def test_pages_do_not_matter(in_step: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stash.client.OBJECTS_PER_PAGE", 3)
    assert check(in_step) == set()
    expected = delete_a_scene(in_step) | rename_a_studio(in_step) | auto_tag(in_step)
    assert check(in_step) == expected


def test_more_names_than_can_be_followed_concern_every_scene(
    in_step: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("check.light.MOST_OBJECTS", 0)
    rename_a_studio(in_step)
    assert check(in_step) == set(range(1, 11))


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"cast_photos": True}, "performer"),
        ({"collections": ("studio",)}, "studio"),
        ({"collections": ("parent_studio",)}, "studio"),
        ({"collections": ("groups",)}, "group"),
        ({"collections": ("tags:Nature",)}, "tag"),
    ],
)
def test_a_time_of_change_is_asked_for_where_a_picture_is_shown(
    settings: dict[str, object], kind: str
) -> None:
    config = PlexSyncConfig.model_validate(
        {"plex_url": "http://127.0.0.1:1", "plex_token": "t", **settings}
    )
    found = fields_of(config)
    assert {each for each, fields in found.items() if "updated_at" in fields} == {kind}
    assert ("parents" in found["tag"]) == (kind == "tag")


def test_what_only_other_programs_see_starts_nothing(in_step: Desk) -> None:
    library = in_step.rig.stash.library
    change(in_step, next(iter(library.studios.values())), favorite=True)
    change(in_step, next(iter(library.performers.values())), details="Other words")
    change(in_step, next(iter(library.tags.values())), description="Other words")
    assert check(in_step) == set()


def test_requests_are_few_in_a_large_library(in_step: Desk) -> None:
    """At most 0.003 for each scene of 5,000."""
    in_step.rig.stash.requests.clear()
    assert "10 already in sync" in in_step.sync()
    sent = in_step.rig.stash.requests.matching("POST", "/graphql")
    names = [json.loads(each.body)["query"].split("(")[0].split()[-1] for each in sent]
    assert names == ["PlexSyncSettings", "PlexSyncNames", "PlexSyncMoved", "PlexSyncTimes"]
