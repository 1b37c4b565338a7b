"""What was asked for as a whole, and a person's pause."""

from __future__ import annotations

import math
from contextlib import closing
from pathlib import Path

from jobs import runs as run_states
from jobs.hold import begin_hold, end_hold, hold_of
from jobs.runs import KEPT_RUNS, PREVIEW, SYNC_ALL, UNDO, Runs
from jobs.schema import LIVE, SCENE
from jobs.store import JobStore, open_job_database
from storage.database import Database

NOW = 1_000_000.0


def test_what_was_asked_for_twice_is_done_once(database: Database) -> None:
    runs = Runs(database)
    first = runs.ask(PREVIEW, "Preview changes", NOW)
    assert runs.ask(PREVIEW, "Preview changes", NOW + 1) == first
    assert runs.ask(UNDO, "Undo", NOW, scenes=[1]) != runs.ask(UNDO, "Undo", NOW, scenes=[2])
    runs.begin(first, "worker-1", NOW + 2)
    # It may have passed the scene that was changed since.
    assert runs.ask(PREVIEW, "Preview changes", NOW + 3) != first


def test_a_run_outlives_its_worker_but_not_its_task(database: Database) -> None:
    runs = Runs(database)
    task = runs.begin_task("Sync all scenes", "task-1", NOW)
    asked = runs.ask(SYNC_ALL, "Sync all scenes", NOW)
    runs.begin(asked, "worker-1", NOW)
    current = runs.current(["task-1"])
    assert current
    assert current.id == task
    assert runs.next() == runs.current([])
    runs.end(asked, run_states.DONE, "done", NOW)
    assert runs.current([]) is None
    assert not runs.is_open(asked)


def test_the_time_left_goes_by_the_pace(database: Database) -> None:
    runs = Runs(database)
    run_id = runs.begin_task("Sync all scenes", "task-1", NOW)
    runs.progress(run_id, 0, 400)
    current = runs.current(["task-1"])
    assert current
    assert current.eta_s(NOW + 10) is None
    runs.progress(run_id, 100, 400)
    current = runs.current(["task-1"])
    assert current
    assert current.eta_s(NOW + 10) == 30.0


def test_only_the_newest_runs_are_kept(database: Database) -> None:
    runs = Runs(database)
    ids = [runs.begin_task("x", "task-1", NOW) for _ in range(KEPT_RUNS + 3)]
    assert runs.names(ids[:3]) == {}
    assert runs.names(ids[3:5]) == {ids[3]: "x", ids[4]: "x"}


def test_nobody_claims_anything_during_a_pause(database: Database) -> None:
    store = JobStore(database)
    store.enqueue(SCENE, [1], LIVE, NOW)
    begin_hold(database, NOW, NOW + 60)
    assert store.claim("worker-1", [LIVE], NOW) == []
    assert store.next_due_at([LIVE]) == NOW + 60
    # Whoever is busy puts back what was not begun.
    assert store.has_live_edit("worker-1", NOW)
    assert [job.object_id for job in store.claim("worker-1", [LIVE], NOW + 60)] == [1]


def test_a_pause_that_is_changed_began_when_it_began(database: Database) -> None:
    begin_hold(database, NOW, NOW + 60)
    hold = begin_hold(database, NOW + 30, None)
    assert (hold.since, hold.ends_at) == (NOW, math.inf)
    assert hold_of(database, NOW + 1e9) == hold
    assert (end_hold(database), end_hold(database)) == (True, False)


def test_no_run_has_the_id_of_one_in_a_job_store_that_is_gone(tmp_path: Path) -> None:
    # Undoing the new one would take back what the former one has written.
    ids: list[int] = []
    for folder in ("former", "anew"):
        with closing(open_job_database(str(tmp_path / folder))) as opened:
            for _ in range(3):
                ids.append(Runs(opened).ask(UNDO, "Undo", NOW + len(ids), number=len(ids)))
    assert len(set(ids)) == len(ids)
