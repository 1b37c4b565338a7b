"""Random histories of Stash, told by hooks and not, each followed by a check: then Plex shows what
Stash says, of everything that we write. The model shares no code with the plugin."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from jobs.schema import LIVE
from simulators.stash import Scene
from simulators.stash.library import StashLibrary
from tests.check.watch import Watch, on_watch
from tests.harness.sync import Desk, settled

HISTORIES, OF_EACH_DESK = 30, 10
TABLES = ("scenes", "performers", "studios", "tags")
NAMES = ("Alice Guy", "Mabel Normand", "Lois Weber", "Segundo de Chomón")


class History:
    """Changes a library at random; `told` are the objects of which a hook has told."""

    def __init__(self, library: StashLibrary, rng: random.Random) -> None:
        self.library, self.rng = library, rng
        self.told: list[tuple[str, int]] = []
        self.backup: dict[str, dict[int, tuple[Any, dict[str, Any]]]] = {}
        self.clock = [0.0]
        self._number = rng.randrange(10**9)

    def steps(self) -> None:
        """Some. What came back with a backup and is merged away again before anybody has looked
        leaves no trace."""
        for _ in range(self.rng.randint(1, 5)):
            self.clock[0] += 3
            step = self.rng.choice(STEPS)
            step(self)
            if step is History.restore_it:
                return

    def scene(self) -> Scene:
        return self.library.scene(self.rng.choice(sorted(self.library.scenes)))

    def any_of(self, kind: str) -> Any:
        table = getattr(self.library, f"{kind}s")
        return table[self.rng.choice(sorted(table))]

    def some_of(self, kind: str) -> list[Any]:
        table = getattr(self.library, f"{kind}s")
        return [table[key] for key in self.rng.sample(sorted(table), min(3, len(table)))]

    def name(self) -> str:
        self._number += 1
        return f"Name {self._number}"

    def tell(self, kind: str, object_id: int, *, may: bool = True) -> None:
        if may and self.rng.random() < 0.4:
            self.told.append((kind, object_id))

    # What can happen

    def edit(self) -> None:
        scene = self.scene()
        change = self.rng.choice(
            [
                {"title": self.name()},
                {"details": self.name()},
                {"studio": self.rng.choice([None, self.any_of("studio")])},
                {"performers": self.some_of("performer")},
                {"tags": self.some_of("tag")},
            ]
        )
        self.library.update(scene, **change)
        self.tell("scene", scene.id)

    def rename(self) -> None:
        kind = self.rng.choice(("performer", "studio", "tag"))
        found = self.any_of(kind)
        is_shared = kind == "performer" and self.rng.random() < 0.5
        name = self.rng.choice(NAMES) if is_shared else self.name()
        self.library.update(found, name=name)
        self.tell(kind, found.id)

    def tell_apart(self) -> None:
        found = self.any_of("performer")
        self.library.update(found, disambiguation=self.rng.choice(("", self.name())))
        self.tell("performer", found.id)

    def create(self) -> None:
        found = self.library.add_performer(
            self.rng.choice(NAMES), disambiguation=self.rng.choice(("", self.name()))
        )
        self.tell("performer", found.id)

    def destroy(self) -> None:
        kind = self.rng.choice(("performer", "studio", "tag"))
        table = getattr(self.library, f"{kind}s")
        if len(table) < 4:
            return
        found = self.any_of(kind)
        del table[found.id]
        for scene in self.library.scenes.values():
            self._put(scene, kind, found, None)
        self.tell(kind, found.id)

    def merge(self) -> None:
        """Two performers or two tags; of performers nothing is ever told."""
        kind = self.rng.choice(("performer", "tag"))
        if len(getattr(self.library, f"{kind}s")) < 4:
            return
        gone, kept = self.some_of(kind)[:2]
        del getattr(self.library, f"{kind}s")[gone.id]
        for scene in self.library.scenes.values():
            self._put(scene, kind, gone, kept)
        self.tell(kind, kept.id, may=kind == "tag")

    def _put(self, scene: Scene, kind: str, former: Any, new: Any) -> None:
        """In its place, without the scene's own time being moved."""
        if kind == "studio":
            if scene.studio is former:
                self.library.update(scene, touch=False, studio=new)
            return
        listed = getattr(scene, f"{kind}s")
        if former in listed:
            others = [new if each is former else each for each in listed]
            kept = [each for each in dict.fromkeys(others) if each is not None]
            self.library.update(scene, touch=False, **{f"{kind}s": kept})

    def merge_scenes(self) -> None:
        if len(self.library.scenes) < 5:
            return
        gone, kept = self.rng.sample(sorted(self.library.scenes.values(), key=_by_id), 2)
        files = [*kept.files, *gone.files]
        del self.library.scenes[gone.id]
        self.library.update(kept, files=files)

    def keep_a_backup(self) -> None:
        for name in TABLES:
            table = getattr(self.library, name)
            self.backup[name] = {
                key: (each, {field: getattr(each, field) for field in each.__slots__})
                for key, each in table.items()
            }

    def restore_it(self) -> None:
        """All is as it was, times too, and what is new since is gone."""
        for name, kept in self.backup.items():
            table = getattr(self.library, name)
            table.clear()
            for key, (each, fields) in kept.items():
                table[key] = each
                for field, value in fields.items():
                    setattr(each, field, value)

    def play(self) -> None:
        self.library.update(self.scene(), touch=False, resume_time=5.0)


def _by_id(scene: Scene) -> int:
    return scene.id


STEPS: list[Callable[[History], None]] = [
    *(History.edit, History.edit, History.edit, History.rename, History.rename),
    *(History.tell_apart, History.create, History.destroy, History.merge, History.merge),
    *(History.merge_scenes, History.keep_a_backup, History.restore_it, History.play),
]


def shown(desk: Desk, path: str) -> dict[str, Any]:
    item = desk.plex.library.find(path)
    assert item is not None
    return {
        "title": item.title,
        "summary": item.fields.get("summary", ""),
        "studio": item.fields.get("studio", ""),
        "genres": set(item.tag_names("genre")),
        "cast": set(item.tag_names("actor")),
    }


def wanted(library: StashLibrary, scene: Scene) -> dict[str, Any]:
    def in_cast(performer: Any) -> str:
        shares = [x for x in library.performers.values() if x.name == performer.name]
        is_told_apart = performer.disambiguation and len(shares) > 1
        besides = f" ({performer.disambiguation})" if is_told_apart else ""
        return f"{performer.name}{besides}"

    return {
        "title": scene.title,
        "summary": scene.details,
        "studio": scene.studio.name if scene.studio else "",
        "genres": {tag.name for tag in scene.tags},
        "cast": set(map(in_cast, scene.performers)),
    }


def play(watch: Watch, history: History) -> None:
    library, store = history.library, watch.context.stores.store
    history.clock[0] = watch.now
    library.clock = lambda: history.clock[0]
    history.steps()
    watch.now = history.clock[0]
    for kind, object_id in history.told:
        store.enqueue(kind, [object_id], LIVE, watch.now)
    history.told.clear()
    watch.now += 3
    watch.next_check()
    for scene in library.scenes.values():
        for file in scene.files:
            assert shown(watch.desk, file.path) == wanted(library, scene), scene.id


@pytest.mark.parametrize("first", range(0, HISTORIES, OF_EACH_DESK))
def test_whatever_happens_in_stash_is_in_plex_after_the_next_check(desk: Desk, first: int) -> None:
    history = History(settled(desk).rig.stash.library, random.Random(first))
    with on_watch(desk) as watch:
        watch.next_check()
        for seed in range(first, first + OF_EACH_DESK):
            history.rng = random.Random(seed)
            play(watch, history)
    assert watch.worker.tally.failed.total() == 0
