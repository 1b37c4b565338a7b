"""A sync in this process: both simulators, and the real worker without Stash starting it."""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from PIL import Image

from commands import tasks
from jobs.registry import TASK_ROLE
from jobs.schema import LIVE
from ledger.ledger import Ledger
from simulators.plex import Item
from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import Scene
from stash.connection import StashConnection
from worker.context import Context, open_context

# Long before now, so that a scene's timestamp settles what a look at its cover saw.
SCENES_BEGAN = time.time() - 100_000.0
# Later than that: whatever Plex shows was written after the scenes had changed.
PLEX_BEGAN = time.time() - 50_000.0

LISTS = ("genre", "label", "actor", "director", "collection")


class Desk:
    """Works on a rig. `edit` and `cover` change scenes as Stash does, but without hooks."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.plex = rig.plex
        self._clock = SCENES_BEGAN
        rig.stash.library.clock = lambda: self._clock
        for scene in rig.stash.library.scenes.values():
            rig.stash.library.update(scene)

    def configure(self, **settings: Any) -> None:
        self.rig.configure(**settings)

    @contextmanager
    def context(
        self, args: Mapping[str, Any] | None = None, role: str = TASK_ROLE
    ) -> Iterator[Context]:
        connection, folder = StashConnection(self.rig.stash.url), str(self.rig.data_dir)
        with open_context(folder, connection, PLUGIN_ID, role, args) as opened:
            yield opened

    def sync(self, **args: Any) -> str:
        """Sync all scenes; the summary. Counters of requests begin at 0 before it."""
        self.reset()
        with self.context(args) as context:
            return tasks.sync_all(context, lambda _fraction: None)

    def sync_recent(self) -> str:
        """Sync what changed lately, as `sync` does all."""
        self.reset()
        with self.context() as context:
            return tasks.sync_recent(context, lambda _fraction: None)

    def looks(self) -> list[int]:
        """The rating keys of the items that were fetched since `reset`."""
        found = self.plex.requests.matching("GET", "/library/metadata/")
        keys = [each.path.removeprefix("/library/metadata/") for each in found]
        return sorted(int(key) for each in keys if "/" not in each for key in each.split(","))

    def event(self, scene_id: int) -> None:
        """What a hook and the background worker do about a scene."""
        with self.context() as context:
            context.stores.store.enqueue("scene", [scene_id], LIVE, time.time())
            tasks.process_queue(context, lambda _fraction: None)

    def reset(self) -> None:
        """Count requests and writes from now on."""
        self.plex.requests.clear()
        self.plex.calls.clear()
        self.rig.stash.requests.clear()
        self.plex.library.edits.clear()
        self.plex.library.writes = 0

    def writes(self) -> int:
        """Requests since `reset` that could have changed something in Plex."""
        return sum(
            count for method, count in self.plex.requests.by_method().items() if method != "GET"
        )

    def cover_requests(self) -> int:
        return self.rig.stash.requests.count("GET", "/scene/")

    def scene(self, scene_id: int) -> Scene:
        return self.rig.stash.library.scene(scene_id)

    def item(self, scene_id: int) -> Item:
        return self.rig.item(scene_id)

    def edit(self, scene_id: int, **fields: Any) -> None:
        self._clock += 10
        self.rig.stash.library.update(self.scene(scene_id), **fields)

    def date_plex(self, began: float) -> None:
        """Plex's clock stands at `began` (epoch seconds) and moves 10 s at each look; every item
        was last updated at one of its moments."""
        times = itertools.count(int(began), 10)
        for item in self.plex.library.items():
            item.added_at = item.updated_at = next(times)
        self.plex.library.clock = lambda: next(times)

    def snapshots(self) -> list[dict[str, object]]:
        return [self.plex.library.snapshot(item) for item in self.plex.library.items()]

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        ledger = Ledger(str(self.rig.data_dir))
        try:
            yield ledger
        finally:
            ledger.close()


def picture(color: str, size: tuple[int, int] = (160, 90), kind: str = "JPEG") -> bytes:
    """A picture with some structure, so that colours and sizes differ in their bytes."""
    image = Image.new("RGB", size, color)
    image.paste(Image.new("RGB", (size[0] // 3, size[1] // 3), "white"), (5, 5))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@contextmanager
def registered(desk: Desk) -> Iterator[Context]:
    """A context that has entered the registry, and so may write."""
    with desk.context() as context:
        context.stores.registry.enter(time.time(), time.monotonic())
        yield context


def change(desk: Desk, what: Any, **fields: Any) -> None:
    """Somebody edits it in Stash, long ago but later than before."""
    desk._clock += 10
    desk.rig.stash.library.update(what, **fields)


def collection(desk: Desk, title: str) -> Item:
    found = [each for each in desk.plex.library.items(type="collection") if each.title == title]
    assert len(found) == 1
    return found[0]


def settled(desk: Desk) -> Desk:
    """All scenes in step and known to be; in Plex nothing has happened for hours."""
    desk.date_plex(PLEX_BEGAN)
    desk.sync()
    desk.sync()
    return desk


def describe(desk: Desk, scene: Scene, *names: str) -> None:
    """Studio, tags, performers, director and group of these names, and no others."""
    library = desk.rig.stash.library
    desk.edit(
        scene.id,
        studio=library.add_studio(f"{names[0]} Film"),
        tags=[library.add_tag(f"{each} scenery") for each in names],
        performers=[library.add_performer(f"{each} Méliès") for each in names],
        director=f"{names[0]} Guy",
        details=f"About {names[0]}",
    )


def shown(desk: Desk, scene_id: int) -> dict[str, set[str]]:
    """Its lists and its summary in Plex."""
    item = desk.item(scene_id)
    return {name: set(item.tag_names(name)) for name in LISTS} | {
        "summary": {str(item.fields["summary"])}
    }
