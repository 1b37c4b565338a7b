"""A scene's files looked for in the path index, and what it means if they aren't there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from errors import NothingToSync, PermanentError, SyncError
from matching.evidence import Evidence
from matching.learning import confirmations, contradictions
from plex.exceptions import PlexNotFound
from plex.items import PlexItem
from plex.matcher import (
    LEARNED,
    OTHER_CONTENT,
    PATH_MAP,
    SAME_PATH,
    Ambiguous,
    FileSource,
    KnownFile,
    Match,
    Matched,
    NotFound,
    PathRule,
    WantedFile,
    find_plex_item_by_path,
    path_rungs,
)
from plex.paths import plain
from validation.scene import Scene

# More candidates than this aren't fetched to see which of them are still there.
MOST_CANDIDATES = 20
SHOWN_CANDIDATES = 5


class NoFile(NothingToSync):
    """The scene has no file that Plex could hold."""

    reason = "no file"


class AmbiguousFile(PermanentError):
    """Several Plex files fit a scene's file equally well."""

    reason = "ambiguous"


@dataclass(frozen=True, slots=True)
class Search:
    """What the ladder says of each of a scene's files, in their order."""

    scene: Scene
    matches: tuple[Match, ...]

    @property
    def found(self) -> list[Matched]:
        return [match for match in self.matches if isinstance(match, Matched)]

    @property
    def is_lost(self) -> bool:
        """Whether none of the files is there; with an ambiguous one looking again is no help."""
        return bool(self.matches) and all(isinstance(match, NotFound) for match in self.matches)

    @property
    def lacks_a_file(self) -> bool:
        """Whether any of the files is not there."""
        return any(isinstance(match, NotFound) for match in self.matches)

    @property
    def is_certain(self) -> bool:
        """Whether all was found by paths that the user or the servers vouch for."""
        return all(
            isinstance(match, Matched) and match.because in (SAME_PATH, PATH_MAP)
            for match in self.matches
        )

    def files(self) -> Iterator[KnownFile]:
        """The Plex files that must be verified before anything is written or called ambiguous."""
        for match in self.matches:
            match match:
                case Matched(files):
                    yield from files
                case Ambiguous(candidates) if len(candidates) <= MOST_CANDIDATES:
                    yield from candidates

    def error(self) -> SyncError | None:
        """Why the scene can't be synced, None if it can."""
        if not self.scene.files:
            return NoFile(
                f"scene {self.scene.id} has no file",
                advice="Plex only knows files; assign one in Stash or ignore this.",
            )
        for file, match in zip(self.scene.files, self.matches, strict=True):
            if isinstance(match, Ambiguous):
                return _ambiguous(self.scene, file.path, match)
        return None if self.found else not_found(self)


def search(source: FileSource, scene: Scene, rules: Sequence[PathRule]) -> Search:
    """Look for every file of the scene."""
    return Search(
        scene,
        tuple(
            find_plex_item_by_path(
                source, file.path, size=file.size, duration_s=file.duration, rules=rules
            )
            for file in scene.files
        ),
    )


def wanted_files(scene: Scene) -> list[WantedFile]:
    return [WantedFile(file.path, file.size, file.duration) for file in scene.files]


def evidence_of(source: FileSource, found: Search, rules: Sequence[PathRule]) -> Iterator[Evidence]:
    """What a search says for and against learned mappings."""
    for wanted, match in zip(wanted_files(found.scene), found.matches, strict=True):
        yield from confirmations(wanted, match)
        vouched = isinstance(match, Matched) and match.because in (SAME_PATH, PATH_MAP, LEARNED)
        if not vouched and any(rule.name == LEARNED for rule in rules):
            yield from contradictions(wanted, path_rungs(source, wanted, rules))


def holds(items: Mapping[int, PlexItem | None], file: KnownFile) -> bool:
    """Whether the fetched item has the file just as the index knows it."""
    item = items.get(file.rating_key)
    return item is not None and any(
        (plain(each.path), each.size, each.duration_ms / 1000)
        == (plain(file.path), file.size, file.duration_s)
        for each in item.files
    )


def not_found(lost: Search) -> PlexNotFound:
    """Transient, since Plex may scan the file later."""
    scene = lost.scene
    misses = [match for match in lost.matches if isinstance(match, NotFound)]
    tried = dict.fromkeys(path for miss in misses for path in miss.tried)
    doubted = [file for miss in misses for file in miss.doubted]
    where = "; ".join(tried) or "; ".join(file.path for file in scene.files)
    if doubted:
        return PlexNotFound(
            f"scene {scene.id} is not in Plex: {doubted[0].path} is there, but has another size "
            "and duration",
            advice=f"If the file was replaced, let Plex scan it ({OTHER_CONTENT}). If it is "
            "another file, set path_map.",
        )
    return PlexNotFound(
        f"scene {scene.id} is not in Plex: looked for {where}",
        advice="Is the folder part of a Plex library, and scanned? If Plex sees it under another "
        "path, set path_map.",
    )


def _ambiguous(scene: Scene, path: str, match: Ambiguous) -> AmbiguousFile:
    shown = "; ".join(
        f"item {each.rating_key}: {each.path}" for each in match.candidates[:SHOWN_CANDIDATES]
    )
    return AmbiguousFile(
        f"scene {scene.id}: {path} could be any of {len(match.candidates)} files in Plex "
        f"({match.because}): {shown}",
        advice="Set path_map so that the whole path decides.",
    )
