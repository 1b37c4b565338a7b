"""What the worker carries out as a whole, when it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import commands.preview
import commands.undo_task
import ledger.ledger
import ledger.writes
from jobs import runs as run_states
from jobs.runs import PREVIEW, SYNC_ALL, UNDO, Run, Runs
from jobs.schema import WORKER_LANES
from page.syncing import errand_kinds
from page.syncing.errands import Errands
from storage.files import StorageError
from tests.harness.sync import Desk
from worker.context import Context
from worker.processor import SyncWorker


@contextmanager
def at_work(desk: Desk) -> Iterator[tuple[SyncWorker, Context, Runs]]:
    with desk.context() as context:
        stores = context.stores
        stores.registry.enter(0.0, 0.0)
        worker = context.worker(WORKER_LANES, errands=Errands(context))
        yield worker, context, Runs(stores.store.database)
        worker.close()
        stores.registry.leave()


def newest(runs: Runs, what: str) -> Run:
    found = runs.newest(what)
    assert found
    return found


def fail_once(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    real, failed = commands.preview.preview_scenes, list[bool]()

    def preview_scenes(*args: Any) -> Any:
        if failed:
            return real(*args)
        failed.append(True)
        raise error

    monkeypatch.setattr(errand_kinds, "preview_scenes", preview_scenes)


def test_a_bug_ends_the_run_and_not_every_worker_that_comes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, KeyError("made up"))
    with at_work(desk) as (worker, _, runs):
        runs.ask(PREVIEW, "Preview changes", 0.0)
        assert worker.step() == 0.0
        assert newest(runs, PREVIEW).state == run_states.FAILED
        assert "ended because of a bug" in newest(runs, PREVIEW).summary


def test_a_full_disk_lets_it_begin_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, StorageError("disk full"))
    with at_work(desk) as (worker, _, runs):
        runs.ask(PREVIEW, "Preview changes", 0.0)
        with pytest.raises(StorageError):
            worker.step()
        assert newest(runs, PREVIEW).state == run_states.RUNNING
        for _ in range(5):
            worker.step()
        found = newest(runs, PREVIEW)
        assert (found.state, found.summary.partition(" item")[0]) == (
            run_states.DONE,
            "Preview: 10",
        )


def test_the_next_worker_goes_on_with_a_sync_of_all(desk: Desk) -> None:
    with at_work(desk) as (worker, context, runs):
        runs.ask(SYNC_ALL, "Sync all scenes", 0.0)
        worker.step()  # queued, and nothing synced yet
        assert context.stores.store.count(WORKER_LANES) == 10
    with at_work(desk) as (worker, context, runs):
        for _ in range(10):
            worker.step()
        assert context.stores.store.count() == 0
        assert newest(runs, SYNC_ALL).state == run_states.DONE
        assert {each.run for each in context.stores.ledger.writes.newest(20)} == {
            newest(runs, SYNC_ALL).id
        }


@pytest.mark.parametrize(
    "order", [{}, {"scenes": list(range(1, 11))}, {"run": True}], ids=["all", "scenes", "run"]
)
def test_an_undo_goes_on_where_a_killed_worker_has_left_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, order: dict[str, Any]
) -> None:
    """Nothing that was put back is looked at again, and each item is counted once."""
    for module, name in (
        (ledger.ledger, "ENTRIES_PER_PAGE"),
        (ledger.writes, "ROWS_AT_ONCE"),
        (commands.undo_task, "SCENES_PER_PAGE"),
    ):
        monkeypatch.setattr(module, name, 4)
    before = desk.snapshots()
    with at_work(desk) as (worker, _, runs):
        synced = runs.ask(SYNC_ALL, "Sync all scenes", 0.0)
        while runs.is_open(synced):
            worker.step()
    desk.reset()
    given = {"run": synced} if "run" in order else order
    with at_work(desk) as (worker, _, runs):
        undone = runs.ask(UNDO, "Undo", 0.0, **given)
        worker.step()
        assert runs.is_open(undone)
    done = set(desk.looks())
    assert len(done) == 4
    desk.reset()
    with at_work(desk) as (worker, _, runs):
        while runs.is_open(undone):
            worker.step()
        assert newest(runs, UNDO).summary.startswith("Restore: 10 restored, 0 as before already")
    assert done.isdisjoint(desk.looks())
    assert desk.snapshots() == before


def test_an_undo_of_a_run_goes_on_behind_what_was_written_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole page of the run may be none of its business any more."""
    monkeypatch.setattr(ledger.writes, "ROWS_AT_ONCE", 2)
    desk.sync()
    with at_work(desk) as (worker, _, runs):
        synced: list[int] = []
        for scenes in (range(1, 11), (3, 4)):
            for scene_id in scenes:
                desk.edit(scene_id, title=f"Title {len(synced)} of {scene_id}")
            synced.append(runs.ask(SYNC_ALL, "Sync all scenes", 0.0))
            while runs.is_open(synced[-1]):
                worker.step()
    with at_work(desk) as (worker, _, runs):
        undone = runs.ask(UNDO, "Undo", 0.0, run=synced[0])
        for _page in range(2):
            worker.step()
        assert runs.is_open(undone)
    desk.reset()
    with at_work(desk) as (worker, _, runs):
        while runs.is_open(undone):
            worker.step()
        assert newest(runs, UNDO).summary.startswith("Restore: 8 restored, 0 as before already")
    assert sorted(desk.looks()) == [5, 6, 7, 8, 9, 10]
