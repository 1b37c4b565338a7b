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
from simulators.rig import Rig
from tests.harness.sync import Desk, picture
from tests.trial.accidents import killed_at, next_start
from tests.trial.newcomers import NASTY, dress, proof

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
