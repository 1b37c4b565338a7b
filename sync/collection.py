"""Collections: what in Stash they come from, what they show and in which order. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sync.fields import ORDER
from sync.tags import COLLECTION_OF, named
from sync.text import block, one_line
from sync.values import Values
from validation.config import PlexSyncConfig
from validation.scene import Scene, SceneGroup, Studio

Kind = Literal["studio", "group", "tag"]

# Plex's values of collectionSort, as its API names them.
BY_RELEASE, BY_TITLE, CUSTOM = "0", "1", "2"


@dataclass(frozen=True, slots=True)
class Source:
    """The object in Stash that a collection is of. `hint`: its time of change; "" for tags, of
    which scenes tell none."""

    kind: Kind
    id: int
    name: str
    hint: str = ""

    @property
    def key(self) -> str:
        """What makes two collections the same in Plex."""
        return self.name.casefold()


def sources(scene: Scene, config: PlexSyncConfig) -> list[Source]:
    """What the scene's collections come from, each name once, in the order of the setting."""
    unique: dict[str, Source] = {}
    for each in _sources(scene, config):
        if each.name:
            unique.setdefault(each.key, each)
    return list(unique.values())


def _sources(scene: Scene, config: PlexSyncConfig) -> Iterator[Source]:
    for choice in config.collections:
        if choice == "studio" and scene.studio:
            yield _studio(scene.studio)
        elif choice == "parent_studio" and scene.studio and scene.studio.parent_studio:
            yield _studio(scene.studio.parent_studio)
        elif choice == "groups":
            for each in scene.groups:
                group = each.group
                yield Source("group", group.id, one_line(group.name), group.updated_at)
        elif choice.startswith(COLLECTION_OF):
            for tag in named(choice.removeprefix(COLLECTION_OF), scene.tags):
                yield Source("tag", tag.id, one_line(tag.name))


def _studio(studio: Studio) -> Source:
    return Source("studio", studio.id, one_line(studio.name), studio.updated_at)


def number_in(scene: Scene, source: Source) -> int | None:
    """The scene's number in the group; None without one, and for what is no group."""
    if source.kind != "group":
        return None
    return next((each.scene_index for each in scene.groups if each.group.id == source.id), None)


def sorting_group(scene: Scene, config: PlexSyncConfig) -> SceneGroup | None:
    """The group whose name and number make the scene's sort title: the first with a number."""
    if "groups" not in config.collections:
        return None
    numbered = (each for each in scene.groups if each.scene_index is not None)
    return next((each for each in numbered if one_line(each.group.name)), None)


def is_sorted_by_title(scene: Scene, source: Source, config: PlexSyncConfig) -> bool:
    """Whether the scene's sort title puts it where it belongs in this group's collection."""
    found = sorting_group(scene, config)
    return (
        found is not None and found.group.id == source.id and "sort_title" not in config.skip_fields
    )


def desired_description(text: str, order: str, config: PlexSyncConfig) -> Values:
    """What a collection should show. `order`: a value of collectionSort, "" for whatever it is."""
    values = {"summary": block(text)} | ({ORDER: order} if order else {})
    return {name: value for name, value in values.items() if name not in config.skip_fields}


def is_final(hint: str, looked_at: float) -> bool:
    """Whether a look at `looked_at` (epoch seconds) saw all that has this hint, a time of change:
    Stash counts whole seconds, so within the same second the object may change again."""
    try:
        changed_at = datetime.fromisoformat(hint.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return True
    return looked_at >= changed_at + 1


def wanted_order(members: Sequence[int], numbers: Mapping[int, int]) -> list[int]:
    """The members by their numbers; those without one after them, as they are."""
    place = {key: n for n, key in enumerate(members)}
    numbered = sorted(
        (key for key in members if key in numbers), key=lambda k: (numbers[k], place[k])
    )
    return numbered + [key for key in members if key not in numbers]


def moves(now: Sequence[int], wanted: Sequence[int]) -> list[tuple[int, int | None]]:
    """The fewest moves from one order to the other, to be made in turn: (what, after which); None
    is the first place. Both hold the same elements."""
    place = {key: n for n, key in enumerate(wanted)}
    staying = _longest_rising([place[key] for key in now])
    return [(key, wanted[n - 1] if n else None) for n, key in enumerate(wanted) if n not in staying]


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The elements of a longest rising subsequence; `numbers` are distinct."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tails, number)
        before[number] = tails[at - 1] if at else None
        tails[at : at + 1] = [number]
    found: set[int] = set()
    last: int | None = tails[-1] if tails else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found
