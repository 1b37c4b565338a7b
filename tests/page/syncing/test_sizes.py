"""With a large library the page stays quick: no answer is large, and each costs a look at an
index."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.backlog import Backlog, fill
from jobs.hold import begin_hold, end_hold
from jobs.job import Done
from jobs.schema import LIVE, SCENE, WORKER_LANES
from jobs.states import IN_STEP, Look, States
from jobs.store import JobStore, open_job_database
from page.size import MOST_BYTES
from simulators.rig import Rig
from tests.harness.rig import act, ask

BACKLOG = Backlog()
AFTER_FAILED = BACKLOG.first + BACKLOG.failed


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("large"), count=1) as rig:
        fill(str(rig.data_dir), BACKLOG)
        yield rig


@pytest.mark.parametrize(
    ("what", "args"),
    [
        ("status", {}),
        ("failures", {"limit": 1000}),
        ("failures", {"limit": 1000, "reason": "plex refused", "offset": 2000}),
        ("states", {"scenes": list(range(AFTER_FAILED - 400, AFTER_FAILED + 100))}),
        ("changes", {"limit": 200}),
        ("changes", {"limit": 200, "offset": BACKLOG.changed - 200}),
        ("changes", {"limit": 200, "offset": 5_000, "field": "title"}),
        ("written", {"limit": 500}),
        ("log", {"limit": 1000, "level": "debug"}),
    ],
    ids=str,
)
def test_no_answer_is_large(large: Rig, what: str, args: dict[str, Any]) -> None:
    answer = ask(large, what, **args)
    assert len(json.dumps(answer)) <= MOST_BYTES


def test_what_is_left_out_comes_with_the_next_page(large: Rig) -> None:
    asked = {"reason": "plex refused", "limit": 1000}
    (group,) = ask(large, "failures", **asked)["failures"]
    got = len(group["jobs"])
    assert 0 < got < 1000
    (more,) = ask(large, "failures", **asked, offset=got - 1)["failures"]
    assert more["jobs"][0] == group["jobs"][-1]
    assert more["jobs"][1]["object_id"] > more["jobs"][0]["object_id"]
    assert group["count"] == more["count"] == BACKLOG.failed * 3 // 10


def test_everything_is_counted(large: Rig) -> None:
    counts = ask(large, "status")["counts"]
    found = (counts["waiting"], counts["failed"] + counts["not_in_plex"])
    assert found == (BACKLOG.waiting, BACKLOG.failed)
    assert counts["in_step"] == BACKLOG.changed - BACKLOG.waiting - BACKLOG.failed


def test_a_question_wakes_no_worker_that_gets_on(make_rig: Callable[..., Rig]) -> None:
    """A page asks all day, and a retry may wait for a week."""
    rig = make_rig(count=2, absent=1)
    act(rig, "sync", scenes=[1, 2])
    rig.until(lambda: ask(rig, "status")["counts"]["not_in_plex"] == 1, "the worker")
    before = [each.name for each in (rig.data_dir / "inbox").iterdir()]
    for _ in range(3):
        ask(rig, "status")
    assert [each.name for each in (rig.data_dir / "inbox").iterdir()] == before


def test_a_worker_is_no_slower_beside_all_that(large: Rig, tmp_path: Path) -> None:
    beside_it = steps_of_a_batch(str(large.data_dir))
    assert 0 < beside_it < 1.5 * steps_of_a_batch(str(tmp_path))


def steps_of_a_batch(data_dir: str) -> int:
    """Of SQLite's machine, for what a worker does with the queue for a hundred edits: it counts
    what it does whatever else the computer is busy with."""
    ticks: list[int] = []
    with closing(open_job_database(data_dir)) as database:
        store, now = JobStore(database), time.time()
        had_hold = end_hold(database)
        with database.read() as connection:
            connection.set_progress_handler(lambda: ticks.append(1), 10)
        store.enqueue(SCENE, range(200_001, 200_101), LIVE, now)
        jobs = store.claim("a worker", WORKER_LANES, now)
        store.has_live_edit("a worker", now)
        looks = dict.fromkeys(jobs, Look(IN_STEP, is_written=True))
        store.settle("a worker", dict.fromkeys(jobs, Done()), now, looks)
        store.next_due_at(WORKER_LANES)
        store.count(WORKER_LANES)
        with database.read() as connection:
            connection.set_progress_handler(None, 0)
        States(database).forget([each.object_id for each in jobs])
        if had_hold:
            begin_hold(database, now, None)
    assert len(jobs) == 100
    return len(ticks)
