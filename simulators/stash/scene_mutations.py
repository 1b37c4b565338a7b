"""Mutations of scenes and their markers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulators.stash.core import Info
from simulators.stash.fields import Resolver
from simulators.stash.inputs import StashError, as_id, attributes
from simulators.stash.model import Marker, Scene
from simulators.stash.mutations import Change, Input


def scene_create(root: None, info: Info, input: Input) -> Scene:
    change = Change(info)
    with change.lock:
        files = [change.get("file", each) for each in input.get("file_ids") or ()]
        if not input.get("title") and not files:
            raise StashError("title must be set if scene has no files")
        scene = Scene(id=0)
        values = attributes(change.library, scene, input)
        scene = change.library.add_scene(**values)
        for file in files:
            _assign(change, scene, file.id)
    change.fire(scene.id, "Scene.Create.Post", None)
    return scene


def scene_update(root: None, info: Info, input: Input) -> Scene:
    change = Change(info)
    with change.lock:
        scene = _update(change, input)
    change.fire(scene.id, "Scene.Update.Post", change.json("SceneUpdateInput", input), input)
    change.read_again()
    return scene


def scenes_update(root: None, info: Info, input: Sequence[Input]) -> list[Scene]:
    """Every hook gets the inputs of the whole call, but the fields of its own scene."""
    change = Change(info)
    with change.lock:
        for each in input:  # a bad one must fail before any is changed
            attributes(change.library, change.get("scene", each["id"]), each)
        scenes = [_update(change, each) for each in input]
    as_list = [change.json("SceneUpdateInput", each) for each in input]
    for scene, own in zip(scenes, input, strict=True):
        change.fire(scene.id, "Scene.Update.Post", as_list, own)
        change.read_again()
    return scenes


def bulk_scene_update(root: None, info: Info, input: Input) -> Sequence[Scene]:
    change = Change(info)
    with change.lock:
        known = change.library.scenes
        ids = [as_id(each) for each in input.get("ids") or ()]
        if not all(number in known for number in ids):
            raise StashError("sql: no rows in result set")
        scenes = [known[number] for number in ids]
        for scene in scenes:
            change.apply(scene, input)
    as_object = change.json("BulkSceneUpdateInput", input)
    return change.fire_each(scenes, "Scene.Update.Post", as_object, input)


def scene_destroy(root: None, info: Info, input: Input) -> bool:
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", input["id"])
        _remove(change, scene, with_files=bool(input.get("delete_file")))
    hook_input = {**change.json("SceneDestroyInput", input), **identity(scene)}
    change.fire(scene.id, "Scene.Destroy.Post", hook_input)
    return True


def scenes_destroy(root: None, info: Info, input: Input) -> bool:
    change = Change(info)
    with change.lock:
        scenes = [change.get("scene", each) for each in input["ids"]]
        for scene in scenes:
            _remove(change, scene, with_files=bool(input.get("delete_file")))
    for scene in scenes:
        hook_input = {**change.json("ScenesDestroyInput", input), **identity(scene)}
        change.fire(scene.id, "Scene.Destroy.Post", hook_input)
    return True


def identity(scene: Scene) -> dict[str, str]:
    """What the hook of a destroyed scene says about it beyond the input."""
    hashes = scene.files[0].all_hashes() if scene.files else {}
    return {
        "checksum": hashes.get("md5", ""),
        "oshash": hashes.get("oshash", ""),
        "path": scene.path,
    }


def scene_merge(root: None, info: Info, input: Input) -> Scene:
    """No hook, neither for the kept scene nor for those that are gone."""
    change = Change(info)
    with change.lock:
        kept: Scene = change.get("scene", input["destination"])
        sources = [change.get("scene", each) for each in dict.fromkeys(input["source"])]
        if kept in sources:
            raise StashError("destination scene cannot be in source list")
        for source in sources:
            kept.files = [*kept.files, *source.files]
            kept.scene_markers = [*kept.scene_markers, *source.scene_markers]
            if input.get("play_history"):
                kept.play_history = sorted([*kept.play_history, *source.play_history])
            if input.get("o_history"):
                kept.o_history = sorted([*kept.o_history, *source.o_history])
            del change.library.scenes[source.id]
        for marker in kept.scene_markers:
            marker.scene = kept
        change.apply(kept, {**(input.get("values") or {}), "id": kept.id})
    return kept


def scene_assign_file(root: None, info: Info, input: Input) -> bool:
    """No hook, and `updated_at` of neither scene moves."""
    change = Change(info)
    with change.lock:
        _assign(change, change.get("scene", input["scene_id"]), as_id(input["file_id"]))
    return True


def delete_files(root: None, info: Info, ids: Sequence[str]) -> bool:
    """No hook, and no `updated_at` moves. A scene's primary file can't be deleted."""
    change = Change(info)
    with change.lock:
        files = [change.get("file", each) for each in ids]
        owners = [change.library.file_owner(file) for file in files]
        for file, owner in zip(files, owners, strict=True):
            if owner is not None and owner.files[0] is file:
                raise StashError(f"cannot delete primary file {file.path}")
        for file, owner in zip(files, owners, strict=True):
            if owner is not None:
                owner.files = [each for each in owner.files if each is not file]
            del change.library.files[file.id]
    return True


def move_files(root: None, info: Info, input: Input) -> bool:
    """No hook, and the `updated_at` of no scene moves, only that of the files."""
    change = Change(info)
    folder = input.get("destination_folder")
    if not folder:
        raise StashError("must specify destination folder or path")
    with change.lock:
        for file in [change.get("file", each) for each in input["ids"]]:
            file.all_hashes()  # made up from the path that it had first
            name = input.get("destination_basename") or file.basename
            file.path = f"{folder.rstrip('/')}/{name}"
            file.updated_at = change.library.timestamp()
    return True


def scene_add_o(
    root: None, info: Info, id: str, times: Sequence[str] | None = None
) -> dict[str, Any]:
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        scene.o_history = [*scene.o_history, *(times or [change.library.timestamp()])]
        return {"count": scene.o_counter, "history": scene.o_history}


def scene_generate_screenshot(root: None, info: Info, id: str, at: float | None = None) -> str:
    """A new cover without a hook; only `updated_at` moves."""
    change = Change(info)
    with change.lock:
        scene: Scene = change.get("scene", id)
        scene.cover = b"\xff\xd8\xff\xe0 cover at %r" % at
        scene.updated_at = change.library.timestamp()
    return "todo"


def marker_create(root: None, info: Info, input: Input) -> Marker:
    change = Change(info)
    with change.lock:
        marker = change.library.add_marker(
            change.get("scene", input["scene_id"]),
            input["title"].strip(),
            input["seconds"],
            change.get("tag", input["primary_tag_id"]),
            end_seconds=input.get("end_seconds"),
            tags=[change.get("tag", each) for each in input.get("tag_ids") or ()],
        )
    hook_input = change.json("SceneMarkerCreateInput", input)
    change.fire(marker.id, "SceneMarker.Create.Post", hook_input)
    change.read_again()
    return marker


def marker_update(root: None, info: Info, input: Input) -> Marker:
    change = Change(info)
    with change.lock:
        marker: Marker = change.get("marker", input["id"])
        for name in ("seconds", "end_seconds"):
            if name in input:
                setattr(marker, name, input[name])
        if input.get("primary_tag_id"):
            marker.primary_tag = change.get("tag", input["primary_tag_id"])
        if input.get("scene_id"):
            _move_marker(marker, change.get("scene", input["scene_id"]))
        change.apply(marker, {key: input[key] for key in ("title", "tag_ids") if key in input})
    hook_input = change.json("SceneMarkerUpdateInput", input)
    change.fire(marker.id, "SceneMarker.Update.Post", hook_input, input)
    change.read_again()
    return marker


def markers_destroy(root: None, info: Info, ids: Sequence[str]) -> bool:
    """The hook's input is the list of all ids; nothing names the scene."""
    change = Change(info)
    with change.lock:
        markers = [change.get("marker", each) for each in ids]
        for marker in markers:
            _move_marker(marker, None)
            del change.library.markers[marker.id]
    for marker in markers:
        change.fire(marker.id, "SceneMarker.Destroy.Post", list(ids))
    return True


def marker_destroy(root: None, info: Info, id: str) -> bool:
    return markers_destroy(root, info, [id])


def _update(change: Change, values: Input) -> Scene:
    scene: Scene = change.get("scene", values["id"])
    changes = attributes(change.library, scene, values)
    if "title" in changes and not changes["title"] and not scene.files:
        raise StashError("title must be set if scene has no files")
    if values.get("primary_file_id"):
        wanted = as_id(values["primary_file_id"])
        primary = [file for file in scene.files if file.id == wanted]
        if not primary:
            raise StashError(f"file with id {wanted} not associated with scene")
        scene.files = [*primary, *(file for file in scene.files if file.id != wanted)]
    return change.apply(scene, values)


def _assign(change: Change, scene: Scene, file_id: int) -> None:
    file = change.get("file", str(file_id))
    owner = change.library.file_owner(file)
    if owner is scene:
        return
    if owner is not None:
        if owner.files[0] is file:
            raise StashError("cannot reassign primary file")
        owner.files = [each for each in owner.files if each is not file]
    scene.files = [*scene.files, file]


def _move_marker(marker: Marker, scene: Scene | None) -> None:
    old = marker.scene
    old.scene_markers = [each for each in old.scene_markers if each is not marker]
    if scene is not None:
        marker.scene = scene
        scene.scene_markers = [*scene.scene_markers, marker]


def _remove(change: Change, scene: Scene, *, with_files: bool) -> None:
    del change.library.scenes[scene.id]
    for marker in scene.scene_markers:
        del change.library.markers[marker.id]
    for file in scene.files if with_files else ():
        del change.library.files[file.id]


SCENE_MUTATIONS: dict[str, Resolver] = {
    "sceneCreate": scene_create,
    "sceneUpdate": scene_update,
    "scenesUpdate": scenes_update,
    "bulkSceneUpdate": bulk_scene_update,
    "sceneDestroy": scene_destroy,
    "scenesDestroy": scenes_destroy,
    "sceneMerge": scene_merge,
    "sceneAssignFile": scene_assign_file,
    "deleteFiles": delete_files,
    "moveFiles": move_files,
    "sceneAddO": scene_add_o,
    "sceneGenerateScreenshot": scene_generate_screenshot,
    "sceneMarkerCreate": marker_create,
    "sceneMarkerUpdate": marker_update,
    "sceneMarkerDestroy": marker_destroy,
    "sceneMarkersDestroy": markers_destroy,
}
