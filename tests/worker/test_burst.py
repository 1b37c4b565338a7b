"""Hooks that come one after another: synced together, and not beside the hooks."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from commands import tasks
from jobs import inbox
from jobs.hold import begin_hold, end_hold
from jobs.schema import BACKGROUND, RUN, WORKER_LANES
from simulators.faults import Reply
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift
from tests.jobs.events import document
from worker.burst import LONGEST_S, LOOK_S, QUIET_S

numbers = itertools.count()
MANY = 60
# As fast as Stash has them one after another.
HOOK_S = 0.015


Hook = dict[str, Any]


def bulk_edit(*ids: int) -> list[Hook]:
    """A person's, in one go: what its hooks are told."""
    about = {"type": "Scene.Update.Post", "inputFields": ["ids", "title"]}
    given = {"ids": [str(each) for each in ids], "title": "All alike"}
    return [{**about, "id": each, "input": given} for each in ids]


def identification(*ids: int) -> list[Hook]:
    """What Stash's job tells of each."""
    about = {"type": "Scene.Update.Post", "inputFields": ["title"]}
    return [{**about, "id": each, "input": {"id": str(each)}} for each in ids]


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk(count=MANY)


class Stop(threading.Event):
    """In which time passes whenever the worker waits, and hooks leave their events meanwhile. Set
    a while after the last of them. `waits`: how often the worker did."""

    def __init__(self, on_shift: Shift, hooks: Sequence[Hook], every_s: float) -> None:
        super().__init__()
        self.waits = 0
        self._shift = on_shift
        self._hooks = list(hooks)
        self._every_s = every_s
        self._next = on_shift.now + every_s

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits += 1
        end = self._shift.now + timeout
        while self._hooks and self._next <= end:
            put(self._shift, self._hooks.pop(0), self._next)
            self._next += self._every_s
        self._shift.let_pass(timeout)
        if not self._hooks and self._shift.now > self._next + LONGEST_S:
            self.set()
        return self.is_set()


def put(on_shift: Shift, hook: Hook, now: float) -> None:
    content = document(hook, on_shift.rig.server_connection())
    # Each hook is a process of its own, whose id would be in the file's name.
    inbox.put(str(on_shift.rig.data_dir), content, now, f" {next(numbers)}{inbox.SUFFIX}")


def asked(on_shift: Shift) -> int:
    """How often Stash was asked for scenes."""
    sent = on_shift.rig.stash.requests.matching("POST", "/graphql")
    return sum(b"query PlexSyncScenes" in each.body for each in sent)


def titles(on_shift: Shift, count: int = MANY) -> set[str]:
    return {on_shift.rig.title(each) for each in range(1, count + 1)}


def retitle(on_shift: Shift, title: str, count: int = MANY) -> None:
    for each in range(1, count + 1):
        on_shift.desk.edit(each, title=title)


def test_a_bulk_edit_is_synced_once_and_after_its_hooks(on_shift: Shift) -> None:
    retitle(on_shift, "All alike")
    for hook in bulk_edit(*range(1, MANY + 1)):
        assert asked(on_shift) == 0
        put(on_shift, hook, on_shift.now)
        on_shift.go_on(HOOK_S)
    assert asked(on_shift) == 1
    assert titles(on_shift) == {"All alike"}


def test_meanwhile_its_events_are_taken_in_by_handfuls(
    on_shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    retitle(on_shift, "All alike")
    taken: list[int] = []
    real = on_shift.store.take_in

    def take_in(now: float) -> int:
        taken.append(real(now))
        return taken[-1]

    monkeypatch.setattr(on_shift.store, "take_in", take_in)
    stop = Stop(on_shift, bulk_edit(*range(1, MANY + 1)), HOOK_S)
    on_shift.worker.stop = stop
    on_shift.worker.run()
    assert titles(on_shift) == {"All alike"}
    assert asked(on_shift) == 1
    # One may be found before it is known that others follow.
    assert len([each for each in taken if each]) <= MANY * HOOK_S / LOOK_S + 2


@pytest.mark.parametrize("count", [1, 2], ids=["one", "two"])
def test_a_small_one_waits_for_nothing_but_its_hooks(on_shift: Shift, count: int) -> None:
    retitle(on_shift, "All alike", count)
    for hook in bulk_edit(*range(1, count + 1)):
        put(on_shift, hook, on_shift.now)
    on_shift.work()
    assert titles(on_shift, count) == {"All alike"}


def test_one_whose_last_hooks_never_come_is_synced_a_moment_later(on_shift: Shift) -> None:
    """The browser has gone away."""
    retitle(on_shift, "All alike")
    for hook in bulk_edit(*range(1, MANY + 1))[:3]:
        put(on_shift, hook, on_shift.now)
    on_shift.work()
    on_shift.go_on(QUIET_S - 0.1)
    assert asked(on_shift) == 0
    on_shift.go_on(0.1)
    assert titles(on_shift) == {"All alike"}


def test_an_identification_is_followed_at_intervals(on_shift: Shift) -> None:
    retitle(on_shift, "Identified")
    every_s = 0.1
    on_shift.worker.stop = Stop(on_shift, identification(*range(1, MANY + 1)), every_s)
    on_shift.worker.run()
    assert titles(on_shift) == {"Identified"}
    assert 2 <= asked(on_shift) <= MANY * every_s / LONGEST_S + 1


def test_a_persons_edit_during_one_goes_at_once(on_shift: Shift) -> None:
    retitle(on_shift, "Identified", 3)
    on_shift.desk.edit(9, title="Edited")
    for hook in identification(1, 2, 3):
        put(on_shift, hook, on_shift.now)
    on_shift.work()
    assert asked(on_shift) == 0
    put(on_shift, bulk_edit(9)[0], on_shift.now)
    on_shift.go_on(HOOK_S)
    assert on_shift.rig.title(9) == "Edited"


@pytest.mark.parametrize("lane", [BACKGROUND, RUN])
def test_whoever_has_other_work_doesnt_wait(desk: Desk, lane: int) -> None:
    """The scenes of a tag that many have, say, or a sync of all."""
    with shift(desk, lanes=WORKER_LANES) as on_shift:
        worker = on_shift.worker
        # Scenes that are gone cost a batch no less.
        on_shift.store.enqueue("scene", range(1000, 1300), lane, on_shift.now)
        assert worker.step() == 0
        for hook in identification(1, 2):
            put(on_shift, hook, on_shift.now)
            assert worker.step() == 0
        on_shift.work()
        assert on_shift.rig.title(1) == on_shift.desk.scene(1).title


def test_a_task_waits_for_no_hook(desk: Desk) -> None:
    """A person waits for the task."""
    with desk.context() as context:
        desk.edit(1, title="Identified")
        content = document(identification(1)[0], desk.rig.server_connection())
        inbox.put(str(desk.rig.data_dir), content, time.time())
        assert tasks.process_queue(context, lambda _fraction: None)
        assert desk.rig.title(1) == "Identified"


def test_a_paused_one_waits_no_longer_than_its_pause(on_shift: Shift) -> None:
    put(on_shift, bulk_edit(1, 2, 3)[0], on_shift.now)
    on_shift.rig.stash.faults.add(Reply(503))
    assert on_shift.worker.step() == LOOK_S
    on_shift.let_pass(QUIET_S)
    on_shift.work()
    assert on_shift.worker.pause
    on_shift.rig.stash.faults.clear()
    on_shift.go_on(60.0)
    assert on_shift.rig.title(3) == on_shift.desk.scene(3).title


def test_a_persons_pause_that_begins_in_one_ends_when_they_say(on_shift: Shift) -> None:
    """And not with the look of a minute later."""
    ended_at: list[float] = []

    class Person(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            on_shift.let_pass(timeout)
            if not ended_at and on_shift.now > began + 5 * LONGEST_S:
                with on_shift.rig.store() as store:
                    end_hold(store.database)
                ended_at.append(on_shift.now)
            if titles(on_shift, 3) == {"All alike"} or on_shift.now > began + 300:
                self.set()
            return self.is_set()

    retitle(on_shift, "All alike", 3)
    put(on_shift, bulk_edit(1, 2, 3)[0], on_shift.now)
    assert on_shift.worker.step() == LOOK_S
    with on_shift.rig.store() as store:
        begin_hold(store.database, on_shift.now, None)
    began = on_shift.now
    on_shift.worker.stop = Person()
    on_shift.worker.run()
    assert titles(on_shift, 3) == {"All alike"}
    assert on_shift.now - ended_at[0] <= QUIET_S + 2 * LOOK_S
