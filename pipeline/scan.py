"""Asking Plex to look for files in a folder: each folder once in a while, few at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping

from errors import Outage, SyncError
from matching.locate import Locator
from matching.sections import Folder, fewer_folders, folders_of, possible_paths
from plex.client import PlexClient
from plex.exceptions import BeingScanned, PlexNotFound
from validation.scene import Scene

log = logging.getLogger(__name__)

# What a scan had no chance to see is asked for again by the next try after this.
PAUSE_S = 120.0
# So many folders of a batch are scanned one by one, more by those that hold them.
MOST_FOLDERS = 10
# By then a small folder is done.
SCAN_TAKES_S = 5.0

OUTSIDE = (
    "A scan can't help: none of the synced libraries has the folder. Add it to one in Plex; or set "
    "path_map, if Plex sees it under another path."
)
SKIPPED = (
    "If it stays unknown: Plex skips samples, what it takes for extras, and folders with a "
    ".plexignore."
)

Scenes = Mapping[int, Scene]


class FolderScans:
    """What this process has asked Plex to scan. No error of Plex leaves it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._asked: dict[Folder, float] = {}
        self._refused: dict[Folder, float] = {}
        self._has_warned = False

    def ask(self, plex: PlexClient, folders: Iterable[Folder]) -> set[Folder]:
        """Those of the folders that Plex was asked to scan, now or a moment ago."""
        self._forget_old()
        wanted = list(dict.fromkeys(folders))
        new = [each for each in wanted if not _holds({**self._asked, **self._refused}, each)]
        for folder in fewer_folders(new, MOST_FOLDERS):
            try:
                plex.scan(folder.section_key, folder.path)
            except SyncError as error:
                self._refused[folder] = self._monotonic()
                self._tell(folder, error)
                if isinstance(error, Outage):
                    break  # the job's own requests find out what is the matter
            else:
                self._asked[folder] = self._monotonic()
                log.info("asked Plex to scan %s", folder.path)
        return {each for each in wanted if _holds(self._asked, each)}

    def look_for(
        self, plex: PlexClient, locator: Locator, lost: Mapping[int, PlexNotFound], scenes: Scenes
    ) -> dict[int, PlexNotFound]:
        """Have Plex look for the files of these scenes; what is to be said of each from now on."""
        folders = {key: folders_to_scan(scenes[key], locator) for key in lost}
        asked = self.ask(plex, (each for found in folders.values() for each in found))
        if asked:
            locator.expect_news(SCAN_TAKES_S)
        return {
            key: _explained(error, folders[key], asked.intersection(folders[key]))
            for key, error in lost.items()
        }

    def _forget_old(self) -> None:
        since = self._monotonic() - PAUSE_S
        self._asked = {folder: at_m for folder, at_m in self._asked.items() if at_m > since}
        self._refused = {folder: at_m for folder, at_m in self._refused.items() if at_m > since}

    def _tell(self, folder: Folder, error: SyncError) -> None:
        # The first one is news, the same for each folder is not.
        level = logging.DEBUG if self._has_warned else logging.WARNING
        self._has_warned = True
        log.log(level, "Plex was asked to scan %s and did not: %s", folder.path, error)


def folders_to_scan(scene: Scene, locator: Locator) -> list[Folder]:
    """The folders in which Plex may find the scene's files; none if no library has them."""
    paths = [path for file in scene.files for path in possible_paths(file.path, locator.rules)]
    return folders_of(locator.sections, paths)


def _explained(
    error: PlexNotFound, folders: Collection[Folder], asked: Collection[Folder]
) -> PlexNotFound:
    if asked:
        places = ", ".join(sorted(each.path for each in asked))
        return BeingScanned(f"{error}; Plex was asked to scan {places}", advice=SKIPPED)
    return error if folders else PlexNotFound(str(error), advice=OUTSIDE)


def _holds(known: Iterable[Folder], folder: Folder) -> bool:
    return any(each.contains(folder) for each in known)
