"""Jobs of Stash that change the library and fire hooks of unusual shape: scan, clean, identify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simulators.stash.core import Stash
from simulators.stash.execution import schema
from simulators.stash.hook_inputs import as_json
from simulators.stash.inputs import attributes
from simulators.stash.jobs import Job
from simulators.stash.model import Scene, VideoFile
from simulators.stash.plugins import Caller
from simulators.stash.scene_mutations import identity
from simulators.stash.sessions import Session

FoundFile = tuple[str, int, float]  # path, size in bytes, duration in seconds


def scan(
    stash: Stash, found: Sequence[FoundFile], *, parallel: int, cover: bytes | None = None
) -> tuple[Job, list[Scene]]:
    """Queue a scan that finds these files; the list is filled while the job runs.

    A new path makes a scene and a create hook, a known one an update hook; the input is null. The
    cover is made after the hook, and only `updated_at` tells of it. Up to `parallel` files are
    handled at once, each waiting for its own hooks.
    """
    scenes: list[Scene] = []

    def work(job: Job) -> None:
        caller = _caller(stash, job)
        with ThreadPoolExecutor(max_workers=parallel) as pool:
            scenes.extend(pool.map(lambda file: _scan_file(stash, caller, file, cover), found))

    return stash.jobs.add("Scanning...", work), scenes


def _scan_file(stash: Stash, caller: Caller, found: FoundFile, cover: bytes | None) -> Scene:
    path, size, duration_s = found
    library = stash.library
    with library.lock:
        known = _by_path(library.scenes.values(), path)
        if known is not None:
            _set_file(known, path, {"size": size, "duration_s": duration_s})
        scene = known or library.add_scene(files=[VideoFile(path, size, duration_s)])
    trigger = "Scene.Create.Post" if known is None else "Scene.Update.Post"
    stash.hooks.fire(caller, scene.id, trigger, None)
    if cover is not None:
        library.update(scene, cover=cover)
    return scene


def scan_moved(stash: Stash, old_path: str, new_path: str) -> Job:
    """Queue a scan that finds a known file elsewhere: a hook, though `updated_at` stays."""

    def work(job: Job) -> None:
        with stash.library.lock:
            scene = _by_path(stash.library.scenes.values(), old_path)
            if scene is None:
                return
            _set_file(scene, old_path, {"path": new_path})
        caller = _caller(stash, job)
        stash.hooks.fire(caller, scene.id, "Scene.Update.Post", None)

    return stash.jobs.add("Scanning...", work)


def clean(stash: Stash, scene_ids: Iterable[int]) -> Job:
    """Queue a clean that removes these scenes. The hook's input has an empty id."""
    wanted = list(scene_ids)

    def work(job: Job) -> None:
        for scene_id in wanted:
            with stash.library.lock:
                scene = stash.library.scenes.pop(scene_id)
            hook_input = {
                "id": "",
                "delete_file": None,
                "delete_generated": None,
                **identity(scene),
            }
            caller = _caller(stash, job)
            stash.hooks.fire(caller, scene.id, "Scene.Destroy.Post", hook_input)

    return stash.jobs.add("Cleaning...", work)


def identify(stash: Stash, scene_id: int, values: Mapping[str, Any]) -> Job:
    """Queue an identify that sets `values`, named as in SceneUpdateInput.

    The hook's input has the shape of `sceneUpdate`, with groups as movies. Its fields leave out
    the id, and are absent when only the cover changed.
    """

    def work(job: Job) -> None:
        with stash.library.lock:
            scene = stash.library.scene(scene_id)
            for name, value in attributes(stash.library, scene, values).items():
                setattr(scene, name, value)
            scene.updated_at = stash.library.timestamp()
        reported = {name: value for name, value in values.items() if name != "cover_image"}
        if "groups" in reported:
            reported["movies"] = [
                {"movie_id": each["group_id"], "scene_index": each.get("scene_index")}
                for each in reported.pop("groups")
            ]
        hook_input = as_json(schema(), "SceneUpdateInput", {**reported, "id": str(scene_id)})
        fields = [name for name, value in reported.items() if value is not None]
        caller = _caller(stash, job)
        stash.hooks.fire(caller, scene.id, "Scene.Update.Post", hook_input, fields)

    return stash.jobs.add("Identifying...", work)


def _caller(stash: Stash, job: Job) -> Caller:
    """A job acts for the user who started it."""
    return Caller(Session(stash.config.username), job.cancelled)


def _by_path(scenes: Iterable[Scene], path: str) -> Scene | None:
    return next((scene for scene in scenes if any(file.path == path for file in scene.files)), None)


def _set_file(scene: Scene, path: str, values: Mapping[str, Any]) -> None:
    for file in scene.files:
        if file.path == path:
            file.all_hashes()  # made up from the path that it had first
            for name, value in values.items():
                setattr(file, name, value)
