"""The background worker in this process, with clocks that a test sets."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from jobs.job import PutOff
from jobs.registry import TASK_ROLE
from jobs.schema import BACKGROUND, LIVE
from jobs.store import JobStore
from ledger.ledger import Ledger
from simulators.faults import Drop, Reply
from simulators.rig import FOLDER, Rig
from simulators.stash import Scene, VideoFile
from simulators.stash.hooks import Hooks
from tests.harness.sync import Desk
from worker.processor import SyncWorker


class Shift:
    """Works on the queue of a desk's rig. `now` is the time for the worker, in epoch seconds."""

    def __init__(self, desk: Desk, worker: SyncWorker, store: JobStore, now: list[float]) -> None:
        self.desk = desk
        self.rig: Rig = desk.rig
        self.worker = worker
        self.store = store
        self._now = now

    @property
    def now(self) -> float:
        return self._now[0]

    def event(self, *scene_ids: int, lane: int = LIVE) -> None:
        """What a hook stores about scenes, and what the worker makes of it."""
        self.store.enqueue("scene", scene_ids, lane, self.now)
        self.work()

    def work(self) -> None:
        """Everything that is due by now."""
        for _ in range(50):
            if self.worker.step() > 0:
                return
        raise AssertionError("the worker never rests")

    def let_pass(self, seconds: float) -> None:
        """So much time passes, whatever is being done."""
        self._now[0] += seconds

    def go_on(self, seconds: float) -> None:
        """Let so much time pass, and do what is due by then."""
        self.let_pass(seconds)
        self.work()

    def waiting(self) -> list[PutOff]:
        return self.store.put_off()

    def new_scene(self, number: int = 0, folder: str = FOLDER, **fields: Any) -> Scene:
        """A scene that is as old as `now` says: 0 seconds."""
        library = self.rig.stash.library
        library.clock = lambda: self.now
        file = VideoFile(f"{folder}/New {number}.mp4", 1_000_000 + number, 600.0 + number)
        return library.add_scene(files=[file], **fields)

    def scan_plex(self, scene: Scene) -> None:
        """Have Plex know the scene's first file, in the rig's section."""
        file = scene.files[0]
        self.rig.plex.library.add_item(
            self.rig.section,
            file.path,
            title=f"Plex's title of {scene.id}",
            size=file.size,
            duration_ms=round(file.duration_s * 1000),
        )

    def put_on_disk(self, scene: Scene) -> None:
        """Have the file where Plex finds it as soon as it is asked to scan."""
        file = scene.files[0]
        self.rig.plex.quirks.scan_s = self.rig.plex.quirks.agent_s = None
        self.rig.plex.library.disk.put(
            file.path, size=file.size, duration_ms=round(file.duration_s * 1000)
        )

    def plex_scans(self) -> None:
        """Plex does what it was asked to."""
        self.rig.plex.library.disk.run_all()

    def plex_title(self, scene: Scene) -> str:
        item = self.rig.plex.library.find(scene.files[0].path)
        return "" if item is None else str(item.fields.get("title", ""))


@contextmanager
def shift(
    desk: Desk, role: str = TASK_ROLE, lanes: Sequence[int] = (LIVE, BACKGROUND)
) -> Iterator[Shift]:
    """Clocks begin now, with the worker on its post. Stash starts no hooks, whose worker would work
    on the queue as well: a test brings the events. `role`: see `jobs.registry`."""
    now = [float(int(time.time()))]
    with patch.object(Hooks, "fire"), desk.context(role=role) as context:
        stores = context.stores
        stores.registry.enter(now[0], now[0])
        worker = SyncWorker(
            stores,
            context.stash,
            settings=context.settings,
            lanes=lanes,
            clock=lambda: now[0],
            monotonic=lambda: now[0],
        )
        yield Shift(desk, worker, stores.store, now)
        worker.close()
        stores.registry.leave()


PUT = r"PUT /library/(metadata|sections)/"


class Killed(BaseException):
    """The process ends here: nothing that it knew is stored."""


@contextmanager
def outage(desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next edit in Plex meets it."""
    action = Reply(503) if kind == "503" else Drop(applied=kind.endswith("applied"))
    desk.plex.faults.add(action, PUT, times=1)
    if not kind.startswith("killed"):
        yield
        return

    def die(*_args: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "confirm", die)
        # Whatever went wrong: nobody is left to settle it.
        patch.setattr(JobStore, "settle", die)
        yield


def event(on_shift: Shift, scene_id: int) -> None:
    """An event a while after the last one; a process that is killed is replaced."""
    on_shift.let_pass(100.0)
    on_shift.store.enqueue("scene", [scene_id], 0, on_shift.now)
    try:
        on_shift.work()
    except Killed:
        on_shift.store.release_claims(on_shift.worker._stores.registry.token)
