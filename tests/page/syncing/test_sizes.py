"""With a large library the page stays quick: no answer is large, and each costs a look at an
index."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from jobs.store import open_job_database
from ledger.ledger import Ledger
from ledger.preview_store import Change, PreviewStore
from ledger.writes import NewWrite, keep
from page.size import MOST_BYTES
from simulators.rig import Rig
from sync.values import Before
from tests.harness.rig import act, ask

FAILED, WAITING, CHANGED = 10_000, 30_000, 100_000
LONG = "Человек с киноаппаратом " * 12


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("large"), count=1) as rig:
        folder = str(rig.data_dir)
        with closing(open_job_database(folder)) as database, database.write() as connection:
            connection.execute(
                "INSERT INTO notes VALUES ('hold', ?)", (json.dumps({"since": 1.0, "until": None}),)
            )
            connection.executemany(
                "INSERT INTO jobs (kind, object_id, lane, created_at) VALUES ('scene', ?, 1, 1)",
                [(number,) for number in range(1, WAITING + 1)],
            )
            connection.executemany(
                "INSERT INTO jobs (kind, object_id, lane, state, created_at, failed_at, attempts,"
                " reason, error, advice) VALUES ('scene', ?, 2, 'failed', 1, ?, 1, ?, ?, ?)",
                [
                    (WAITING + number, float(number), f"reason {number % 4}", LONG, LONG)
                    for number in range(1, FAILED + 1)
                ],
            )
            connection.executemany(
                "INSERT INTO states VALUES (?, 'in_step', '')",
                [
                    (number,)
                    for number in range(1, CHANGED + 1)
                    if not WAITING < number <= WAITING + FAILED
                ],
            )
        _keep_changes(folder)
        yield rig


def _keep_changes(folder: str) -> None:
    with closing(PreviewStore(folder)) as store:
        number = store.begin(1.0)
        for first in range(0, CHANGED, 10_000):
            rows = [
                Change(first + each, ["title"], {"scene": first + each, "title": LONG, "new": LONG})
                for each in range(10_000)
            ]
            store.add(number, rows, 0, 0)
        store.finish(number, 2.0)
    with closing(Ledger(folder)) as ledger, ledger.database.write() as connection:
        fields = {"title": Before("before", False)}
        writes = (NewWrite(each, each, LONG, fields) for each in range(1, 2_001))
        keep(connection, "server", 7, time.time(), writes)


@pytest.mark.parametrize(
    ("what", "args"),
    [
        ("status", {}),
        ("failures", {"limit": 1000}),
        ("failures", {"limit": 1000, "reason": "reason 2", "offset": 2000}),
        ("states", {"scenes": list(range(WAITING - 100, WAITING + 400))}),
        ("changes", {"limit": 200, "offset": CHANGED - 200}),
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
    (group,) = ask(large, "failures", reason="reason 1", limit=1000)["failures"]
    got = len(group["jobs"])
    assert 0 < got < 1000
    (more,) = ask(large, "failures", reason="reason 1", limit=10, offset=got)["failures"]
    assert more["jobs"][0]["object_id"] == group["jobs"][-1]["object_id"] - 4
    assert (group["count"], more["count"]) == (FAILED // 4, FAILED // 4)


def test_everything_is_counted(large: Rig) -> None:
    counts = ask(large, "status")["counts"]
    assert (counts["waiting"], counts["failed"]) == (WAITING, FAILED)
    assert counts["in_step"] == CHANGED - WAITING - FAILED


def test_a_question_wakes_no_worker_that_gets_on(make_rig: Callable[..., Rig]) -> None:
    """A page asks all day, and a retry may wait for a week."""
    rig = make_rig(count=2, absent=1)
    act(rig, "sync", scenes=[1, 2])
    rig.until(lambda: ask(rig, "status")["counts"]["not_in_plex"] == 1, "the worker")
    before = [each.name for each in (rig.data_dir / "inbox").iterdir()]
    for _ in range(3):
        ask(rig, "status")
    assert [each.name for each in (rig.data_dir / "inbox").iterdir()] == before
