"""A process that ends in the midst of the first writes: what it has written without a look is
looked at by the next one, and is right or as it was before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from commands import undo_task
from commands.tasks import Paused
from ledger.traits import PROVEN
from plex.client import PlexClient
from simulators.rig import Rig
from storage.database import Database
from tests.harness.sync import Desk, picture
from tests.harness.worker import Killed
from tests.trial.test_canary import NASTY, dress, proof
from trial.canary import Canary
from trial.surprise import Surprise
from worker.connect import writing_client

COUNT = 13
# Those with a cover: the first, and one of the ten after it.
COVERS = (1, 5)

pytestmark = pytest.mark.usefixtures("still_time")


@contextmanager
def new(folder: Path, nasty: str = "") -> Iterator[Desk]:
    with Rig(folder, count=COUNT, tried=False) as rig:
        desk = Desk(rig)
        prepare(desk)
        for name, value in NASTY.get(nasty, {}).items():
            setattr(rig.plex.quirks, name, value)
        yield desk


def prepare(desk: Desk) -> None:
    desk.configure(tags_as="both", concurrency=1)
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, details="Of long ago. " * 9)
        dress(desk, desk.item(scene_id))
    for scene_id in COVERS:
        desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)))


class Fate:
    """The process ends at its so-manieth point: before or after a request that writes, or what is
    stored of it. From then on nothing of it is sent or stored."""

    def __init__(self, point: int) -> None:
        self.is_dead = False
        self._left = point

    def reached(self) -> None:
        if not self.is_dead:
            self._left -= 1
            self.is_dead = self._left <= 0
        if self.is_dead:
            raise Killed


@contextmanager
def killed_at(point: int) -> Iterator[Fate]:
    fate = Fate(point)
    real_write, real_get, real_store = PlexClient._write, PlexClient._get, Database.write

    def write(self: PlexClient, *args: Any, **options: Any) -> None:
        fate.reached()
        real_write(self, *args, **options)
        fate.reached()

    def get(self: PlexClient, *args: Any, **options: Any) -> Any:
        if fate.is_dead:
            raise Killed
        return real_get(self, *args, **options)

    @contextmanager
    def store(self: Database) -> Iterator[Any]:
        # The queue belongs to other tests; that the process is gone is seen there.
        is_ours = self.path.endswith(("ledger.db", "traits.db"))
        if is_ours:
            fate.reached()
        with real_store(self) as connection:
            yield connection
        if is_ours:
            fate.reached()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlexClient, "_write", write)
        patch.setattr(PlexClient, "_get", get)
        patch.setattr(Database, "write", store)
        with suppress(Killed):
            yield fate


def next_start(desk: Desk) -> None:
    """What another process does before it writes anything."""
    with desk.context() as context:
        context.settings.refresh()
        stores, config = context.stores, context.settings.config
        stores.registry.enter(1.0, 1.0)
        plex = writing_client(config, stores.client_id, stores.registry.is_entered)
        with suppress(Surprise):
            Canary(stores, lambda: 2.0).allowed(plex, config)
        server = plex.machine_identifier
        plex.close()
        assert stores.traits.first_writes.unseen(server) == []
        assert stores.traits.unfinished(server) == []


def text(shown: dict[str, Any]) -> dict[str, Any]:
    """Without when it was put in, and the pictures, which the next sync sends."""
    fields = {name: value for name, value in shown["fields"].items() if name != "addedAt"}
    locks = sorted(set(shown["locks"]) - {"thumb", "art"})
    return {"fields": fields, "tags": shown["tags"], "locks": locks}


def texts(desk: Desk) -> list[dict[str, Any]]:
    return [text(each) for each in desk.snapshots()]


def restore(desk: Desk) -> None:
    with desk.context({"confirm": "true"}) as context:
        undo_task.restore(context, lambda _fraction: None)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_every_item_is_right_and_looked_at_or_as_before_wherever_a_process_ended(
    tmp_path: Path, part: int
) -> None:
    with new(tmp_path / "finished") as finished:
        finished.sync()
        right = texts(finished)
    for point in itertools.count(1 + part, 4):
        with new(tmp_path / str(point)) as desk:
            before = desk.snapshots()
            with killed_at(point) as fate:
                desk.sync()
            if not fate.is_dead:
                break
            next_start(desk)
            for shown, was, wanted in zip(desk.snapshots(), before, right, strict=True):
                assert shown == was or text(shown) in (text(was), wanted), point
            desk.sync()
            assert texts(desk) == right, point
            found = proof(desk)
            assert found, point
            assert (found.items, found.surprise) == (PROVEN, ""), point
            restore(desk)
            assert desk.snapshots() == before, point
    assert point > 60


@pytest.mark.slow
@pytest.mark.parametrize("nasty", NASTY)
def test_the_item_of_a_nasty_server_is_as_before_wherever_a_process_ended(
    tmp_path: Path, nasty: str
) -> None:
    for point in itertools.count(1):
        with new(tmp_path / str(point), nasty) as desk:
            before = desk.snapshots()
            with killed_at(point) as fate, suppress(Paused):
                desk.sync()
            if not fate.is_dead:
                break
            next_start(desk)
            assert desk.snapshots() == before, point
            with pytest.raises(Paused):
                desk.sync()
            assert desk.snapshots() == before, point
    assert point > 6
