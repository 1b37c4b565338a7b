"""Plex items that merge files of several scenes: the scene of the first part is shown.

Plex takes files of one name or guid for versions of one film. An item has one title, so only one
of the scenes can have it; the others are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from errors import PermanentError
from matching.lookup import Search
from plex.items import PlexFile, PlexItem
from plex.matcher import KnownFile, Matched, PathRule, find_plex_item_by_path
from plex.paths import base_name, folded, plain
from validation.scene import Scene

AskStash = Callable[[str], Sequence[Scene]]
"""The scenes that have a file of this base name (and maybe others)."""


class SharedItem(PermanentError):
    """Plex has merged the files of several scenes into one item, and another scene has it."""

    reason = "shared item"


def owners(
    items: Iterable[PlexItem],
    searches: Iterable[Search],
    rules: Sequence[PathRule],
    ask_stash: AskStash,
) -> dict[int, int]:
    """The scene that each item shows, by rating key: the one of its first file that has a scene.

    Stash is asked only about files before the first one of the scenes at hand.
    """
    holders: dict[tuple[int, str], int] = {}
    for found in sorted(searches, key=lambda each: -each.scene.id):
        for match in found.found:
            for file in match.files:
                holders[file.rating_key, plain(file.path)] = found.scene.id
    return {item.rating_key: _owner(item, holders, rules, ask_stash) for item in items}


def shared_item(scene: Scene, item: PlexItem, owner: int) -> SharedItem:
    return SharedItem(
        f"scene {scene.id}: Plex shows its file as a version of item {item.rating_key}, which "
        f"shows scene {owner}",
        advice="Split the item in Plex (… > Split Apart), then retry.",
    )


def _owner(
    item: PlexItem,
    holders: Mapping[tuple[int, str], int],
    rules: Sequence[PathRule],
    ask_stash: AskStash,
) -> int:
    for file in item.files:
        holder = holders.get((item.rating_key, plain(file.path)))
        if holder is not None:
            return holder
        stranger = _scene_of(item, file, rules, ask_stash)
        if stranger is not None:
            return stranger.id
    raise ValueError(f"item {item.rating_key} holds no file of these scenes")


def _scene_of(
    item: PlexItem, file: PlexFile, rules: Sequence[PathRule], ask_stash: AskStash
) -> Scene | None:
    """The scene in Stash whose file this is, found by the same rules that find items."""
    for scene in ask_stash(base_name(file.path)):
        if any(plain(found.path) == plain(file.path) for found in _shared(item, scene, rules)):
            return scene
    return None


def scene_shown(item: PlexItem, rules: Sequence[PathRule], ask_stash: AskStash) -> Scene | None:
    """The scene that an item shows: the one of its first file that has any."""
    found = (_scene_of(item, file, rules, ask_stash) for file in item.files)
    return next((each for each in found if each is not None), None)


def holds_file_of(item: PlexItem, scene: Scene, rules: Sequence[PathRule]) -> bool:
    """Whether the item holds a file of the scene, by the same rules."""
    return any(_shared(item, scene, rules))


def _shared(item: PlexItem, scene: Scene, rules: Sequence[PathRule]) -> Iterator[KnownFile]:
    """The item's files that are the scene's as well."""
    source = _FilesOf(item)
    for each in scene.files:
        match = find_plex_item_by_path(
            source, each.path, size=each.size, duration_s=each.duration, rules=rules
        )
        if isinstance(match, Matched):
            yield from match.files


@dataclass(frozen=True, slots=True)
class _FilesOf:
    """One item as a `plex.matcher.FileSource`."""

    item: PlexItem

    def files_at(self, folded_path: str) -> list[KnownFile]:
        return [each for each in self._files() if folded(each.path) == folded_path]

    def files_named(self, folded_name: str) -> list[KnownFile]:
        return [each for each in self._files() if base_name(each.path).casefold() == folded_name]

    def _files(self) -> list[KnownFile]:
        return [
            KnownFile(
                self.item.rating_key,
                self.item.section_key,
                file.path,
                file.size,
                file.duration_ms / 1000,
            )
            for file in self.item.files
        ]
