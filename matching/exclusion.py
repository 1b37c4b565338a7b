"""Which scenes the settings leave alone, by their tags, studios and folders. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from plex.paths import below
from sync.tags import lineage
from validation.config import PlexSyncConfig
from validation.scene import Scene, Studio


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a setting leaves a scene alone; `why` goes on after its name and a comma."""

    setting: str
    why: str


def exclusion(scene: Scene, config: PlexSyncConfig) -> Exclusion | None:
    """What the settings have against syncing the scene; None if nothing. The scene is to come with
    the tags and studios above its own (see `sync.tags.needs_ancestors`)."""
    return next(_exclusions(scene, config), None)


def _exclusions(scene: Scene, config: PlexSyncConfig) -> Iterator[Exclusion]:
    tags = {name.casefold() for name in config.exclude_tags}
    for tag in scene.tags if tags else ():
        for each in lineage(tag):
            if each.name.casefold() in tags:
                yield _named("exclude_tags", "tag", tag.name, each.name)
    studios = {name.casefold() for name in config.exclude_studios}
    for studio in _studios(scene) if studios else ():
        if studio.name.casefold() in studios:
            own = scene.studio.name if scene.studio else ""
            yield _named("exclude_studios", "studio", own, studio.name)
    for place in config.exclude_paths:
        for file in scene.files:
            if below(file.path, place) is not None:
                yield Exclusion("exclude_paths", f"which names {place}")


def _named(setting: str, kind: str, own: str, named: str) -> Exclusion:
    below_it = f" above its {kind} {own}" if own != named else ""
    return Exclusion(setting, f"which names the {kind} {named}{below_it}")


def _studios(scene: Scene) -> Iterator[Studio]:
    studio = scene.studio
    while studio:
        yield studio
        studio = studio.parent_studio
