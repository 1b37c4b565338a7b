"""Changes in Stash of which no hook tells, by kind, each of so many scenes at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from simulators.rig import FOLDER
from simulators.stash import Performer, Scene, SceneGroup, StashSimulator, Tag, VideoFile
from simulators.stash.library import StashLibrary

RELEASE = (0, 31)
"""The first Stash that merges performers."""

OF_BLOCK = "of block"

_PLAIN = ("sceneAssignFile", "moveFiles", "sceneGenerateScreenshot", "performerDestroy")

Ids = Sequence[int]
Named = TypeVar("Named", Performer, Tag)


def prepare(stash: StashSimulator, blocks: Sequence[Ids]) -> None:
    """Give each block's scenes a performer, a studio, a tag and a group of their own, and a second
    file, which is enough for every kind."""
    stash.library.release, stash.config.version = RELEASE, f"v{RELEASE[0]}.{RELEASE[1]}.0"
    library = stash.library
    for number, ids in enumerate(blocks):
        of_block = f"of block {number}"
        performer = library.add_performer(f"Performer {of_block}")
        tag = library.add_tag(f"Tag {of_block}")
        group = library.add_group(f"Group {of_block}")
        studio = library.add_studio(f"Studio {of_block}")
        for scene in map(library.scene, ids):
            file = library.add_file(VideoFile(f"{FOLDER}/second/{scene.id}.mp4", size=scene.id))
            library.update(
                scene,
                performers=[*scene.performers, performer],
                tags=[*scene.tags, tag],
                groups=[SceneGroup(group, 1)],
                studio=studio,
                files=[*scene.files, file],
            )


class Untold:
    """Makes changes; each method gets a block of scenes that was prepared and returns those that
    Plex shows otherwise because of it, or that have other files."""

    def __init__(self, stash: StashSimulator) -> None:
        self._stash = stash

    @property
    def _library(self) -> StashLibrary:
        return self._stash.library

    def edit(self, ids: Ids) -> set[int]:
        for scene in self._scenes(ids):
            self._library.update(scene, title=f"Untold {scene.id} {time.time()}")
        return set(ids)

    def tag_by_itself(self, ids: Ids) -> set[int]:
        self._stash.auto_tag(list(ids), tags=[self._library.add_tag(f"Found {time.time()}")])
        return set(ids)

    def merge_scenes(self, ids: Ids) -> set[int]:
        half = len(ids) // 2
        for kept, gone in zip(ids[:half], ids[half:], strict=False):
            self._mutate("sceneMerge", {"source": [str(gone)], "destination": str(kept)})
        return set(ids[: 2 * half])

    def generate_covers(self, ids: Ids) -> set[int]:
        for each in ids:
            self._mutate("sceneGenerateScreenshot", str(each), "ID", "id")
        return set(ids)

    def rename_a_performer(self, ids: Ids) -> set[int]:
        self._library.update(
            _of_block(self._scenes(ids)[0].performers), name=f"Untold {time.time()}"
        )
        return set(ids)

    def merge_performers(self, ids: Ids) -> set[int]:
        gone, kept = _of_block(self._scenes(ids)[0].performers), self._library.add_performer("Kept")
        self._mutate("performerMerge", {"source": [str(gone.id)], "destination": str(kept.id)})
        return set(ids)

    def destroy_a_performer(self, ids: Ids) -> set[int]:
        performer = _of_block(self._scenes(ids)[0].performers)
        with self._library.lock:
            del self._library.performers[performer.id]
            for scene in self._scenes(ids):
                left = [each for each in scene.performers if each is not performer]
                self._library.update(scene, touch=False, performers=left)
        return set(ids)

    def rename_a_studio(self, ids: Ids) -> set[int]:
        studio = self._scenes(ids)[0].studio
        assert studio
        self._library.update(studio, name=f"Untold {time.time()}")
        return set(ids)

    def merge_tags(self, ids: Ids) -> set[int]:
        """As an import of another database does."""
        gone, kept = (
            _of_block(self._scenes(ids)[0].tags),
            self._library.add_tag(f"Kept {time.time()}"),
        )
        for scene in self._scenes(ids):
            tags = [kept if each is gone else each for each in scene.tags]
            self._library.update(scene, touch=False, tags=tags)
        del self._library.tags[gone.id]
        return set(ids)

    def rename_a_group(self, ids: Ids) -> set[int]:
        group = self._scenes(ids)[0].groups[0].group
        self._library.update(group, name=f"Untold {time.time()}")
        return set(ids)

    def move_files(self, ids: Ids) -> set[int]:
        files = [str(scene.files[0].id) for scene in self._scenes(ids)]
        self._mutate("moveFiles", {"ids": files, "destination_folder": f"{FOLDER}/{time.time()}"})
        return set(ids)

    def assign_files(self, ids: Ids) -> set[int]:
        """The second file of each to the next one."""
        for scene_id, scene in zip([*ids[1:], ids[0]], self._scenes(ids), strict=True):
            values = {"scene_id": str(scene_id), "file_id": str(scene.files[1].id)}
            self._mutate("sceneAssignFile", values, "AssignSceneFileInput")
        return set(ids)

    def delete_scenes(self, ids: Ids) -> set[int]:
        for each in ids:
            del self._library.scenes[each]
        return set(ids)

    def restore_a_backup(self, ids: Ids) -> set[int]:
        """Of before the last edit: the scenes' times go back."""
        for scene in self._scenes(ids):
            former = {"title": f"As it was {scene.id}", "updated_at": "2020-01-01T00:00:00Z"}
            self._library.update(scene, touch=False, **former)
        return set(ids)

    def _scenes(self, ids: Ids) -> list[Scene]:
        return [self._library.scene(each) for each in ids]

    def _mutate(self, name: str, value: object, kind: str = "", argument: str = "input") -> None:
        """As the user interface does."""
        kind = kind or f"{name[0].upper()}{name[1:]}Input"
        answer = "" if name in _PLAIN else "{ id }"
        query = f"mutation($value: {kind}!) {{ {name}({argument}: $value) {answer} }}"
        self._stash.graphql(query, {"value": value})


def _of_block(found: Sequence[Named]) -> Named:
    """Of a scene's, the one that only its block has."""
    return next(each for each in found if OF_BLOCK in each.name)


KINDS: Mapping[str, Callable[[Untold, Ids], set[int]]] = {
    "edited": Untold.edit,
    "tagged by Stash": Untold.tag_by_itself,
    "merged": Untold.merge_scenes,
    "given covers": Untold.generate_covers,
    "of a renamed performer": Untold.rename_a_performer,
    "of merged performers": Untold.merge_performers,
    "of a deleted performer": Untold.destroy_a_performer,
    "of a renamed studio": Untold.rename_a_studio,
    "of merged tags": Untold.merge_tags,
    "of a renamed group": Untold.rename_a_group,
    "with moved files": Untold.move_files,
    "with reassigned files": Untold.assign_files,
    "deleted": Untold.delete_scenes,
    "of a restored backup": Untold.restore_a_backup,
}
