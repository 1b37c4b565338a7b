"""A worker whose thread stands still while the process beats: it ends, and another one goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from entry import background
from jobs.registry import WORKER
from simulators.rig import PLUGIN_ID
from stash.connection import StashConnection
from tests.harness.sync import Desk
from worker import watchdog
from worker.context import open_context
from worker.lease import Lease
from worker.log_relay import LineBuffer
from worker.processor import SyncWorker
from worker.supervisor import Ending, supervise


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set, the sync thread stands still in its first step."""
    woken = threading.Event()

    def stand(_worker: SyncWorker) -> float:
        woken.wait()
        return 0.0

    monkeypatch.setattr(SyncWorker, "step", stand)
    monkeypatch.setattr(watchdog, "STANDSTILL_S", 1.0)
    yield woken
    woken.set()


def test_a_worker_that_stands_still_leaves_its_place(desk: Desk, woken: threading.Event) -> None:
    folder = str(desk.rig.data_dir)
    lease = Lease(folder)
    with open_context(folder, StashConnection(desk.rig.stash.url), PLUGIN_ID, WORKER) as opened:
        ending = supervise(opened, lease)
        assert ending == Ending(goes_on=True, stands_still=True)
        assert not opened.stores.registry.is_entered()
        assert not woken.is_set()  # nobody has waited for the thread
        woken.set()
    lease.leave()


def test_a_process_that_stands_still_ends_after_another_one_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this order, and whatever goes wrong with the rest."""
    done: list[str] = []

    def note(what: str) -> Callable[..., Any]:
        return lambda *_args: done.append(what)

    def fail(*_args: object) -> None:
        done.append("words")
        raise OSError

    class Left:
        def leave(self) -> None:
            done.append("lease")

    monkeypatch.setattr(background, "_hand_on", note("another"))
    monkeypatch.setattr(background, "leave", fail)
    monkeypatch.setattr("entry.background.os._exit", note("end"))
    with pytest.raises(OSError):  # noqa: PT011 - it would be no more
        background._end_at_once(Any, Left(), Ending(True), LineBuffer())  # type: ignore[arg-type]
    assert done == ["lease", "another", "words", "end"]
