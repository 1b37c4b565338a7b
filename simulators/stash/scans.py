"""Jobs of Stash that look at the disk: scan and clean, and the hooks that they fire."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simulators.stash.core import Stash
from simulators.stash.jobs import Job
from simulators.stash.model import Scene, VideoFile
from simulators.stash.plugins import Caller
from simulators.stash.scene_mutations import identity
from simulators.stash.sessions import Session

# path, size in bytes, duration in seconds; a VideoFile where the hashes matter
FoundFile = tuple[str, int, float] | VideoFile


def scan(
    stash: Stash,
    found: Sequence[FoundFile],
    *,
    parallel: int,
    cover: bytes | None = None,
    rescan: bool = False,
) -> tuple[Job, list[Scene]]:
    """Queue a scan that finds these files; the list is filled while the job runs.

    A new file makes a scene and a create hook, or with the hash of a known one joins its scene and
    makes an update hook. A known file makes one if it has changed, or with `rescan`. The input is
    null. The cover of a new scene is made after the hook, and only `updated_at` tells of it. Up to
    `parallel` files are handled at once, each waiting for its own hooks.
    """
    scenes: list[Scene] = []

    def work(job: Job) -> None:
        scan_file = functools.partial(
            _scan_file, stash, caller_of(stash, job), cover=cover, rescan=rescan
        )
        with ThreadPoolExecutor(max_workers=parallel) as pool:
            scenes.extend(pool.map(scan_file, map(_as_file, found)))

    return stash.jobs.add("Scanning...", work), scenes


def _scan_file(
    stash: Stash, caller: Caller, file: VideoFile, *, cover: bytes | None, rescan: bool
) -> Scene:
    library = stash.library
    with library.lock:
        scenes = library.scenes.values()
        known, twin = _by_path(scenes, file.path), _by_hash(scenes, file)
        scene = known or twin or library.add_scene(files=[file])
        trigger = "" if known else "Scene.Update.Post" if twin else "Scene.Create.Post"
        if known is not None:
            values = {"size": file.size, "duration_s": file.duration_s}
            if _set_file(known, file.path, values) or rescan:
                _set_file(known, file.path, {"updated_at": library.timestamp()})
                trigger = "Scene.Update.Post"
        elif twin is not None:
            library.update(twin, files=[*twin.files, library.add_file(file)])
    if trigger:
        stash.hooks.fire(caller, scene.id, trigger, None)
    if cover is not None and trigger == "Scene.Create.Post":
        library.update(scene, cover=cover)
    return scene


def scan_moved(stash: Stash, old_path: str, new_path: str) -> Job:
    """Queue a scan that finds a known file elsewhere: a hook, though `updated_at` stays."""

    def work(job: Job) -> None:
        with stash.library.lock:
            scene = _by_path(stash.library.scenes.values(), old_path)
            if scene is None:
                return
            moved = {"path": new_path, "updated_at": stash.library.timestamp()}
            _set_file(scene, old_path, moved)
        stash.hooks.fire(caller_of(stash, job), scene.id, "Scene.Update.Post", None)

    return stash.jobs.add("Scanning...", work)


def clean(stash: Stash, scene_ids: Iterable[int]) -> Job:
    """Queue a clean that misses all files of these scenes."""
    scenes = [stash.library.scene(scene_id) for scene_id in scene_ids]
    return clean_files(stash, [file.path for scene in scenes for file in scene.files])


def clean_files(stash: Stash, paths: Iterable[str]) -> Job:
    """Queue a clean that misses these files.

    A scene goes with its last file; the hook's input has an empty id. One that has another file is
    kept: nothing tells of it but `updated_at`.
    """
    wanted = list(paths)

    def work(job: Job) -> None:
        for path in wanted:
            with stash.library.lock:
                scene = _by_path(stash.library.scenes.values(), path)
                if scene is None:
                    continue
                last = scene.files if len(scene.files) == 1 else []
                hook_input = {
                    "id": "",
                    "delete_file": None,
                    "delete_generated": None,
                    **identity(scene),
                }
                _forget_file(stash, scene, path)
                if last:
                    del stash.library.scenes[scene.id]
            if last:
                stash.hooks.fire(caller_of(stash, job), scene.id, "Scene.Destroy.Post", hook_input)

    return stash.jobs.add("Cleaning...", work)


def caller_of(stash: Stash, job: Job) -> Caller:
    """A job acts for the user who started it."""
    return Caller(Session(stash.config.username), job.cancelled)


def _as_file(found: FoundFile) -> VideoFile:
    return found if isinstance(found, VideoFile) else VideoFile(*found)


def _by_path(scenes: Iterable[Scene], path: str) -> Scene | None:
    return next((scene for scene in scenes if any(file.path == path for file in scene.files)), None)


def _by_hash(scenes: Iterable[Scene], file: VideoFile) -> Scene | None:
    """By oshash or md5; a perceptual hash makes nobody a twin."""
    wanted = {kind: value for kind, value in file.all_hashes().items() if kind != "phash"}.items()
    return next(
        (
            scene
            for scene in scenes
            if any(wanted & each.all_hashes().items() for each in scene.files)
        ),
        None,
    )


def _set_file(scene: Scene, path: str, values: Mapping[str, Any]) -> bool:
    """Whether that changed anything."""
    changed = False
    for file in scene.files:
        if file.path == path:
            file.all_hashes()  # made up from the path that it had first
            for name, value in values.items():
                changed = changed or getattr(file, name) != value
                setattr(file, name, value)
    return changed


def _forget_file(stash: Stash, scene: Scene, path: str) -> None:
    for file in [file for file in scene.files if file.path == path]:
        del stash.library.files[file.id]
    left = [file for file in scene.files if file.path != path]
    stash.library.update(scene, files=left)
