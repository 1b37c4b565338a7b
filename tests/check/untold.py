"""What changes in Stash without anybody telling, kind by kind, and which scenes that concerns."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulators.rig import FOLDER
from tests.harness.sync import Desk


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
