"""From Plex items back to the scenes in Stash that they show."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from matching.shared_items import holds_file_of, scene_shown
from plex.items import PlexItem
from plex.matcher import PathRule
from plex.paths import base_name
from stash.activity import ActivityClient, SceneActivity
from validation.scene import Scene

KnownScenes = Callable[[str, Iterable[int]], Mapping[int, int]]
"""By rating key the scenes that these items of this server were last seen to show."""


class SceneFinder:
    """Finds scenes by the same rules that find items, so that the path decides and no key that may
    have passed to another file. `rules` gives the mappings of paths."""

    def __init__(
        self,
        stash: ActivityClient,
        known_scenes: KnownScenes,
        rules: Callable[[], Sequence[PathRule]],
    ) -> None:
        self._stash = stash
        self._known_scenes = known_scenes
        self._rules = rules
        self._found: dict[int, int] = {}
        self.unreadable: Mapping[int, int] = {}
        """By rating key, of the last search, the scenes of which Stash can't tell."""

    def find(self, server: str, items: Mapping[int, PlexItem]) -> dict[int, SceneActivity]:
        """The scene of each item that has one, by rating key. One request to Stash for a hundred
        of those that are known, two more for others. Raises what ActivityClient raises."""
        rules = self._rules()
        known = {**self._known_scenes(server, items), **self._found_among(items)}
        scenes, failed = self._stash.read(known.values())
        self.unreadable = {key: scene_id for key, scene_id in known.items() if scene_id in failed}
        found = {
            key: scenes[scene_id]
            for key, scene_id in known.items()
            if scene_id in scenes and holds_file_of(items[key], scenes[scene_id].scene, rules)
        }
        others = [item for key, item in items.items() if key not in found]
        searched = self._search(others, rules)
        self._found |= {key: each.scene.id for key, each in searched.items()}
        return found | searched

    def _found_among(self, items: Iterable[int]) -> dict[int, int]:
        return {key: self._found[key] for key in items if key in self._found}

    def _search(
        self, items: Sequence[PlexItem], rules: Sequence[PathRule]
    ) -> dict[int, SceneActivity]:
        names = {name for item in items for file in item.files for name in _forms(file.path)}
        if not names:
            return {}
        by_name: dict[str, list[Scene]] = {}
        for scene in self._stash.scenes_with_files(sorted(names)):
            for file in scene.files:
                by_name.setdefault(_folded(base_name(file.path)), []).append(scene)
        shown = {}
        for item in items:
            owner = scene_shown(item, rules, lambda name: by_name.get(_folded(name), ()))
            if owner:
                shown[item.rating_key] = owner.id
        scenes, failed = self._stash.read(shown.values())
        self.unreadable = {
            **{key: each for key, each in self.unreadable.items() if key not in shown},
            **{key: each for key, each in shown.items() if each in failed},
        }
        return {key: scenes[each] for key, each in shown.items() if each in scenes}


def _forms(path: str) -> set[str]:
    """A file's name in both forms that disks keep."""
    name = base_name(path)
    return {unicodedata.normalize(form, name) for form in ("NFC", "NFD")}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
