"""How many writes of every kind Plex gets at once, as it answers well or badly."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from commands import undo_task
from errors import LeaseLost
from jobs.schema import LIVE
from pictures.artwork import AT_ONCE
from plex.write_limit import GOOD_ANSWERS_PER_STEP, NEVER_SLOW_S, WriteLimit
from simulators.faults import Call, Reply
from simulators.stash.model import SceneGroup
from tests.harness.sync import Desk, change, collection, picture, registered
from tests.harness.waiting import waiting
from tests.harness.worker import Shift, shift

RED = picture("red")
CONCURRENCY = 4
EDIT, UPLOAD = "PUT /library/sections/", "POST /library/metadata/"
SLOW_S = 100 * NEVER_SLOW_S


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    made = make_desk(count=60)
    made.configure(concurrency=CONCURRENCY, skip_fields="background")
    return made


@pytest.fixture
def on_shift(desk: Desk) -> Iterator[Shift]:
    """Plex has answered some edits, so that what is usual is known: no time at all."""
    with shift(desk) as begun:
        begun.event(1, 2, 3)
        yield begun


def at_once(
    desk: Desk, work: Callable[[], object], request: str, threads: int, *, edits: int = 0
) -> int:
    """How many of these requests (a pattern) Plex has at the same time while none is answered.
    `threads`: that many have one to send, and once Plex has had so many other edits nobody has
    anything else to write."""
    gate = threading.Event()
    desk.reset()
    desk.plex.faults.add(Call(lambda: _hold(gate)), request)
    working = threading.Thread(target=work)
    working.start()
    try:
        desk.rig.until(
            lambda: (
                desk.plex.calls["edit"] >= edits and _arrived(desk, request) + waiting() == threads
            ),
            f"{threads} at {request}",
        )
        return _arrived(desk, request)
    finally:
        gate.set()
        working.join()
        desk.plex.faults.clear()


def _arrived(desk: Desk, request: str) -> int:
    return sum(bool(re.search(request, each.line)) for each in desk.plex.requests.matching())


def _hold(gate: threading.Event) -> None:
    gate.wait()


def edits_at_once(on_shift: Shift) -> int:
    """The same for the edits of scenes that somebody saves."""
    scene_ids = range(51, 61)
    for scene_id in scene_ids:
        on_shift.desk.edit(scene_id, title=f"At {on_shift.now} {scene_id}")
    on_shift.go_on(60.0)
    return at_once(on_shift.desk, lambda: on_shift.event(*scene_ids), EDIT, CONCURRENCY)


def fail_once(on_shift: Shift, request: str, scene_id: int = 5) -> None:
    """Plex answers 503 to a request of this scene's sync, and a moment later is well again."""
    on_shift.desk.edit(scene_id, title=f"At {on_shift.now}", cover=picture("red", (100, scene_id)))
    on_shift.rig.plex.faults.add(Reply(503), request, times=1)
    on_shift.event(scene_id)
    assert on_shift.worker.pause is not None
    on_shift.go_on(5.0)
    assert on_shift.worker.pause is None


def test_a_slow_plex_gets_fewer_edits_at_once_and_more_again_later(on_shift: Shift) -> None:
    assert edits_at_once(on_shift) == CONCURRENCY
    on_shift.rig.plex.faults.add(Call(lambda: on_shift.let_pass(SLOW_S)), EDIT, times=1)
    on_shift.event(4)
    assert edits_at_once(on_shift) == CONCURRENCY // 2
    for scene_id in range(1, 2 * GOOD_ANSWERS_PER_STEP + 1):
        on_shift.desk.edit(scene_id, title=f"Well {scene_id}")
    on_shift.event(*range(1, 2 * GOOD_ANSWERS_PER_STEP + 1))
    assert edits_at_once(on_shift) == CONCURRENCY


def test_a_plex_that_cannot_take_a_write_gets_fewer_at_once(on_shift: Shift) -> None:
    fail_once(on_shift, EDIT)
    assert edits_at_once(on_shift) == CONCURRENCY // 2


def test_an_upload_that_takes_long_is_no_slow_plex(on_shift: Shift) -> None:
    on_shift.desk.edit(5, cover=picture("red"))
    on_shift.rig.plex.faults.add(Call(lambda: on_shift.let_pass(SLOW_S)), UPLOAD)
    on_shift.event(5)
    assert on_shift.rig.plex.calls["upload"] == 1
    assert edits_at_once(on_shift) == CONCURRENCY


def test_an_edit_of_many_items_that_takes_long_is_no_slow_plex(on_shift: Shift) -> None:
    on_shift.event(*range(1, 11))
    studio = on_shift.rig.stash.library.add_studio("Star Film")
    for scene_id in range(1, 11):
        on_shift.desk.edit(scene_id, studio=studio)
    on_shift.go_on(60.0)
    on_shift.desk.reset()
    on_shift.rig.plex.faults.add(Call(lambda: on_shift.let_pass(SLOW_S)), EDIT)
    on_shift.event(*range(1, 11))
    assert on_shift.rig.plex.calls["edit"] == 1
    on_shift.rig.plex.faults.clear()
    assert edits_at_once(on_shift) == CONCURRENCY


# What else writes


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plex is known to stand no more than one write at a time."""

    class Slowed(WriteLimit):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            self.limit = 1

    monkeypatch.setattr("worker.connect.WriteLimit", Slowed)


@pytest.mark.usefixtures("slow")
def test_uploads_wait_for_their_turn(desk: Desk) -> None:
    for scene_id in range(1, 11):
        desk.edit(scene_id, cover=picture("red", (100 + scene_id, 60)))
    assert at_once(desk, desk.sync, UPLOAD, AT_ONCE, edits=10) == 1
    assert desk.plex.calls["upload"] == 10


@pytest.mark.usefixtures("slow")
def test_what_collections_get_waits_for_its_turn(desk: Desk) -> None:
    desk.configure(collections="studio", skip_fields="poster, background")
    library = desk.rig.stash.library
    studios = [library.add_studio(f"Studio {n}", details="About it.") for n in (1, 2)]
    for scene_id, studio in enumerate(studios, 1):
        desk.edit(scene_id, studio=studio)
    desk.sync()
    for studio in studios:
        change(desk, studio, details="More about it.")
    assert at_once(desk, desk.sync, r"PUT .*[?&]type=18\b", 2) == 1
    shown = {collection(desk, each.name).fields["summary"] for each in studios}
    assert shown == {"More about it."}


@pytest.mark.usefixtures("slow")
def test_a_restore_waits_for_its_turn(desk: Desk) -> None:
    before = desk.snapshots()
    desk.sync()
    assert at_once(desk, lambda: restore(desk), EDIT, CONCURRENCY) == 1
    assert desk.snapshots() == before


def restore(desk: Desk) -> str:
    with desk.context({"confirm": True}) as context:
        return undo_task.restore(context, lambda _fraction: None)


def test_every_write_takes_a_turn(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted at the wire, with everything that is ever written."""
    turns: list[Any] = []
    take = WriteLimit.turn

    def counted(self: WriteLimit, **named: Any) -> Any:
        turns.append(named)
        return take(self, **named)

    monkeypatch.setattr(WriteLimit, "turn", counted)
    desk.configure(collections="groups", scan_plex=True)
    library, plex = desk.rig.stash.library, desk.plex
    groups = [library.add_group(name, synopsis="Far away.", front_image=RED) for name in "AB"]
    for scene_id, numbers in (1, (1, 3)), (2, (2, 1)), (3, (3, 2)):
        held = [SceneGroup(*each) for each in zip(groups, numbers, strict=True)]
        desk.edit(scene_id, groups=held, cover=RED)
        desk.item(scene_id).locks.add("thumb")
    plex.library.remove(desk.item(4))
    seen: Counter[str] = Counter()
    writes = 0
    for work in (
        desk.sync,
        lambda: desk.event(4),
        lambda: desk.edit(1, cover=None),
        desk.sync,
        lambda: restore(desk),
    ):
        desk.reset()
        work()
        seen += plex.calls
        writes += desk.writes() + plex.calls["scan"]
    assert {"edit", "upload", "choose", "move", "collection", "scan"} <= seen.keys()
    assert len(turns) == writes


# Who may not write any more


def test_who_loses_its_place_while_a_picture_is_prepared_does_not_upload_it(desk: Desk) -> None:
    desk.edit(1, cover=RED)
    with registered(desk) as context:
        desk.rig.stash.faults.add(Call(context.stores.registry.leave), "GET /scene/1/")
        context.stores.store.enqueue("scene", [1], LIVE, time.time())
        worker = context.worker((LIVE,))
        desk.reset()
        with pytest.raises(LeaseLost):
            worker.step()
        worker.close()
    assert desk.writes() == 0


def test_who_loses_its_place_while_it_restores_stops(desk: Desk) -> None:
    desk.sync()
    desk.reset()
    with desk.context({"confirm": True}) as context:
        registry = context.stores.registry
        desk.plex.faults.add(Call(registry.leave), "GET /library/metadata/", times=1)
        with pytest.raises(LeaseLost):
            undo_task.restore(context, lambda _fraction: None)
    assert desk.writes() == 0
