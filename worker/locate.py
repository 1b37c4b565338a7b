"""From the files of scenes to the Plex items that hold them, verified."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plex.client import PlexClient, PlexSection
from plex.exceptions import PlexNotFound, PlexSettingsError
from plex.index import PathIndex
from plex.items import PlexItem
from plex.matcher import (
    Ambiguous,
    KnownFile,
    Matched,
    NotFound,
    PathRule,
    find_plex_item_by_path,
)
from plex.paths import path_key
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.errors import PermanentError, SyncError

log = logging.getLogger(__name__)

# A bulk sync meets scenes that aren't in Plex in every batch; asking Plex each time for what is
# new would cost more than the sync itself.
REFRESH_PAUSE_S = 30.0


class NoFile(PermanentError):
    """The scene has no file that Plex could hold."""

    reason = "no file"


class AmbiguousFile(PermanentError):
    """Several Plex files fit a scene's file equally well."""

    reason = "ambiguous"


@dataclass(frozen=True, slots=True)
class Located:
    """The items that hold a scene's files, and the rules that found them."""

    items: tuple[PlexItem, ...]
    because: tuple[str, ...]


class Locator:
    """Finds items through the path index of the sections that the settings name."""

    def __init__(self, index: PathIndex, config: PlexSyncConfig) -> None:
        self._index = index
        self._config = config
        self._rules = [PathRule(each.stash, each.plex) for each in config.path_map]
        self._sections: list[PlexSection] = []
        self._refreshed_at: float | None = None

    def locate(
        self, plex: PlexClient, scenes: Iterable[Scene], *, at_once: bool
    ) -> dict[int, Located | SyncError]:
        """Each scene's items. `at_once`: look for new files in Plex even if we just did.

        Raises what PlexClient raises, and PlexSettingsError for a library that doesn't exist.
        """
        self.prepare(plex)
        scenes = list(scenes)
        matches = {scene.id: self._match(scene) for scene in scenes}
        if any(isinstance(match, PlexNotFound) for match in matches.values()) and self._refresh(
            plex, at_once=at_once
        ):
            for scene in scenes:
                if isinstance(matches[scene.id], PlexNotFound):
                    matches[scene.id] = self._match(scene)
        return self._verified(plex, {scene.id: scene for scene in scenes}, matches)

    def prepare(self, plex: PlexClient) -> None:
        """Check the libraries named in the settings and see that their index is complete."""
        if self._sections:
            return
        sections = self._chosen(plex.sections())
        self._index.use(plex.machine_identifier, sections)
        for section in sections:
            if not self._index.is_complete(section):
                self._index.refresh(plex, section)
                self._refreshed_at = time.monotonic()
        self._sections = sections

    def _chosen(self, sections: Sequence[PlexSection]) -> list[PlexSection]:
        names = [name.casefold() for name in self._config.plex_libraries]
        existing = ", ".join(section.title for section in sections) or "none"
        for name in names:
            if name not in (section.title.casefold() for section in sections):
                raise PlexSettingsError(
                    f"Plex has no movie or show library called {name!r}",
                    advice=f"Correct plex_libraries; Plex has: {existing}.",
                )
        if not sections:
            raise PlexSettingsError(
                "Plex has no movie or show library",
                advice="Add Stash's folders to Plex as a library of type Movies or Other Videos.",
            )
        return [each for each in sections if not names or each.title.casefold() in names]

    def _refresh(self, plex: PlexClient, *, at_once: bool) -> bool:
        """Fetch what is new in Plex; False if that was done a moment ago."""
        now = time.monotonic()
        recently = self._refreshed_at is not None and now - self._refreshed_at < REFRESH_PAUSE_S
        if recently and not at_once:
            return False
        for section in self._sections:
            self._index.refresh(plex, section)
        self._refreshed_at = now
        return True

    def _match(self, scene: Scene) -> list[Matched] | SyncError:
        if not scene.files:
            return NoFile(
                f"scene {scene.id} has no file",
                advice="Plex only knows files; assign one in Stash or ignore this.",
            )
        found: list[Matched] = []
        tried: list[str] = []
        for file in scene.files:
            match find_plex_item_by_path(
                self._index,
                file.path,
                size=file.size,
                duration_s=file.duration,
                rules=self._rules,
            ):
                case Matched() as matched:
                    found.append(matched)
                case Ambiguous(candidates, because):
                    return _ambiguous(scene, file.path, candidates, because)
                case NotFound(paths):
                    tried += paths
        return found or _not_found(scene, tried)

    def _verified(
        self,
        plex: PlexClient,
        scenes: Mapping[int, Scene],
        matches: Mapping[int, list[Matched] | SyncError],
        *,
        again: bool = True,
    ) -> dict[int, Located | SyncError]:
        """Fetch the matched items and trust only those that still hold the file."""
        keys = {
            file.rating_key
            for match in matches.values()
            if not isinstance(match, SyncError)
            for each in match
            for file in each.files
        }
        items = plex.items(sorted(keys))
        result: dict[int, Located | SyncError] = {}
        stale: dict[int, list[Matched] | SyncError] = {}
        for scene_id, match in matches.items():
            if isinstance(match, SyncError):
                result[scene_id] = match
                continue
            wrong = [
                file.rating_key for each in match for file in each.files if not _holds(items, file)
            ]
            if not wrong:
                result[scene_id] = _located(match, items)
                continue
            for key in wrong:
                log.debug("item %d no longer holds the file of scene %d", key, scene_id)
                self._index.correct(key, items.get(key))
            stale[scene_id] = self._match(scenes[scene_id])
        if not stale:
            return result
        if not again:
            return {**result, **{key: _not_found(scenes[key], []) for key in stale}}
        if any(isinstance(match, PlexNotFound) for match in stale.values()):
            self._refresh(plex, at_once=True)
            stale = {scene_id: self._match(scenes[scene_id]) for scene_id in stale}
        return {**result, **self._verified(plex, scenes, stale, again=False)}


def _holds(items: Mapping[int, PlexItem], file: KnownFile) -> bool:
    item = items.get(file.rating_key)
    return item is not None and path_key(file.path) in {path_key(each.path) for each in item.files}


def _located(match: Sequence[Matched], items: Mapping[int, PlexItem]) -> Located:
    keys = dict.fromkeys(file.rating_key for each in match for file in each.files)
    return Located(
        tuple(items[key] for key in keys), tuple(dict.fromkeys(each.because for each in match))
    )


def _not_found(scene: Scene, tried: Sequence[str]) -> PlexNotFound:
    where = "; ".join(tried) or scene.files[0].path
    return PlexNotFound(
        f"scene {scene.id} is not in Plex: looked for {where}",
        advice="Is the folder part of a Plex library, and scanned? If Plex sees it under another "
        "path, set path_map.",
    )


def _ambiguous(
    scene: Scene, path: str, candidates: Sequence[KnownFile], because: str
) -> AmbiguousFile:
    shown = "; ".join(f"item {each.rating_key}: {each.path}" for each in candidates[:5])
    return AmbiguousFile(
        f"scene {scene.id}: {path} could be any of {len(candidates)} files in Plex "
        f"({because}): {shown}",
        advice="Set path_map so that the whole path decides.",
    )
