"""How a worker that has nothing to do notices that there is something again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from jobs import inbox
from jobs.schema import LIVE, SCENE
from jobs.store import JobStore, open_job_database
from tests.harness.sync import Desk
from worker.processor import LONGEST_WAIT_S, SyncWorker

TITLE = "Saved while the worker rests"


class Rest(threading.Event):
    """The waiting of a worker, which takes no time. When it first waits, `meanwhile` happens; it
    is told to stop once `is_done`, or after its longest wait."""

    def __init__(self, meanwhile: Callable[[], object], is_done: Callable[[], bool]) -> None:
        super().__init__()
        self.passed_s = 0.0
        self._meanwhile = meanwhile
        self._is_done = is_done

    def wait(self, timeout: float | None = None) -> bool:
        if not self.passed_s:
            self._meanwhile()
        self.passed_s += timeout or 0.0
        if self._is_done() or self.passed_s > LONGEST_WAIT_S:
            self.set()
        return self.is_set()


def store_a_job(desk: Desk) -> None:
    database = open_job_database(str(desk.rig.data_dir))
    JobStore(database).enqueue(SCENE, [1], LIVE, time.time())
    database.close()


def leave_a_file(desk: Desk) -> None:
    inbox.put(str(desk.rig.data_dir), desk.rig.hook_input(1, inputFields=["id"]), time.time())


@pytest.mark.parametrize("event", [store_a_job, leave_a_file])
def test_an_event_wakes_it(desk: Desk, event: Callable[[Desk], None]) -> None:
    def save() -> None:
        desk.edit(1, title=TITLE)
        event(desk)

    rest = Rest(save, lambda: desk.item(1).title == TITLE)
    with desk.context() as context:
        context.stores.registry.enter(time.time(), 0.0)
        worker = SyncWorker(
            context.stores,
            context.stash,
            settings=context.settings,
            stop=rest,
            monotonic=lambda: rest.passed_s,
        )
        worker.run()
    assert worker.failure is None
    assert desk.item(1).title == TITLE
    assert rest.passed_s < 1.0
