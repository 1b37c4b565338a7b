"""Jobs of Stash that fill in metadata: identify, and the auto-tagger, which fires no hook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulators.stash.core import Stash
from simulators.stash.execution import schema
from simulators.stash.hook_inputs import as_json
from simulators.stash.inputs import attributes
from simulators.stash.jobs import Job
from simulators.stash.model import Performer, Scene, Studio, Tag
from simulators.stash.scans import caller_of


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
        stash.hooks.fire(caller_of(stash, job), scene.id, "Scene.Update.Post", hook_input, fields)

    return stash.jobs.add("Identifying...", work)


def identify_skips(stash: Stash, scene_id: int, tag: Tag) -> Job:
    """Queue an identify that finds several matches and only tags the scene as skipped."""

    def work(job: Job) -> None:
        _add(stash, stash.library.scene(scene_id), tags=[tag])

    return stash.jobs.add("Identifying...", work)


def auto_tag(
    stash: Stash,
    scene_ids: Iterable[int],
    *,
    performers: Iterable[Performer],
    tags: Iterable[Tag],
    studio: Studio | None,
) -> Job:
    """Queue an auto-tag job that finds these names in the scenes' paths.

    `updated_at` moves where something was missing, and no hook tells of it.
    """
    found, found_tags, wanted = list(performers), list(tags), list(scene_ids)

    def work(job: Job) -> None:
        for scene_id in wanted:
            scene = stash.library.scene(scene_id)
            _add(stash, scene, performers=found, tags=found_tags, studio=studio)

    return stash.jobs.add("Auto-tagging...", work)


def _add(
    stash: Stash,
    scene: Scene,
    *,
    performers: Iterable[Performer] = (),
    tags: Iterable[Tag] = (),
    studio: Studio | None = None,
) -> None:
    """What the scene lacks; a studio only if it has none."""
    with stash.library.lock:
        cast = dict.fromkeys([*scene.performers, *performers])
        all_tags = dict.fromkeys([*scene.tags, *tags])
        changes: dict[str, Any] = {}
        if len(cast) > len(scene.performers):
            changes["performers"] = list(cast)
        if len(all_tags) > len(scene.tags):
            changes["tags"] = list(all_tags)
        if studio is not None and scene.studio is None:
            changes["studio"] = studio
        if changes:
            stash.library.update(scene, **changes)
