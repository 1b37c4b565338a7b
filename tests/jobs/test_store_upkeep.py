"""The store's housekeeping: failures brought back or cleared, retries listed, log lines kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from jobs.job import Failed, Later, Retry
from jobs.schema import BACKGROUND, LIVE, TASK
from jobs.store import KEPT_LINES, JobStore
from storage.database import Database

NOW = 1000.0


def fail(store: JobStore, *object_ids: int, lane: int = LIVE, reason: str = "plex refused") -> None:
    store.enqueue("scene", object_ids, lane, NOW)
    jobs = store.claim("token", [lane], NOW)
    verdict = Failed(reason, f"{reason}: because", "do something")
    store.settle("token", dict.fromkeys(jobs, verdict), NOW)


def test_failed_jobs_come_back_as_if_they_had_just_changed(store: JobStore) -> None:
    fail(store, 1, 2)
    assert store.retry_failed(NOW + 5, TASK) == 2
    jobs = store.claim("token", [LIVE], NOW + 5)
    assert [(job.object_id, job.attempts) for job in jobs] == [(1, 0), (2, 0)]
    assert store.failures() == []


def test_bringing_back_never_moves_a_job_to_a_slower_lane(store: JobStore) -> None:
    fail(store, 1, lane=BACKGROUND)
    store.retry_failed(NOW, TASK)
    assert store.counts() == {(BACKGROUND, "queued"): 1}


def test_failures_are_counted_and_listed_by_reason(store: JobStore) -> None:
    fail(store, 1, 2, reason="not in Plex")
    fail(store, 3, reason="ambiguous")
    assert store.failure_counts() == {"not in Plex": 2, "ambiguous": 1}
    assert [each.object_id for each in store.failures(reason="ambiguous")] == [3]


def test_clearing_tells_what_it_removed_and_leaves_what_is_being_worked_on(
    store: JobStore,
) -> None:
    fail(store, 1)
    store.enqueue("scene", [2], LIVE, NOW)
    claimed = store.claim("token", [LIVE], NOW)
    store.enqueue("scene", [3, 4], TASK, NOW)
    assert store.clear() == {(LIVE, "failed"): 1, (TASK, "queued"): 2}
    assert store.counts() == {(LIVE, "claimed"): 1}
    store.settle("token", dict.fromkeys(claimed, Later()), NOW)
    assert store.count() == 1


def test_clearing_removes_what_the_dead_have_claimed(store: JobStore) -> None:
    store.enqueue("scene", [1, 2, 3], TASK, NOW)
    store.claim("killed", [TASK], NOW, limit=1)
    store.claim("alive", [TASK], NOW, limit=1)
    assert store.counts(["alive"]) == {(TASK, "claimed"): 1, (TASK, "queued"): 2}
    assert store.clear(["alive"]) == {(TASK, "queued"): 2}
    assert store.counts() == {(TASK, "claimed"): 1}


def test_what_clearing_tells_is_what_it_removed(
    store: JobStore, open_another: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with a hook's job that came just before the transaction."""
    store.enqueue("scene", [1, 2], LIVE, NOW)
    hook, begin = JobStore(open_another()), store.database.write

    def begin_after_hook() -> AbstractContextManager[sqlite3.Connection]:
        hook.enqueue("scene", [3], LIVE, NOW)
        return begin()

    monkeypatch.setattr(store.database, "write", begin_after_hook)
    assert store.clear() == {(LIVE, "queued"): 3}
    assert store.counts() == {}


def test_retries_are_listed_with_the_next_one_first(store: JobStore) -> None:
    store.enqueue("scene", [1, 2, 3], LIVE, NOW)
    one, two, three = store.claim("token", [LIVE], NOW)
    store.settle(
        "token",
        {
            one: Retry(NOW + 60, "not in Plex", "scene 1 is not in Plex"),
            two: Retry(NOW + 30, "plex error", "Plex failed"),
            three: Later(),
        },
        NOW,
    )
    assert [(each.object_id, each.due_at, each.attempts) for each in store.retries()] == [
        (2, NOW + 30, 1),
        (1, NOW + 60, 1),
    ]


def test_log_lines_are_taken_once_and_in_order(store: JobStore) -> None:
    lines = [("i", f"line {number}") for number in range(5)]
    store.add_log_lines(lines)
    assert store.has_log_lines()
    assert store.take_log_lines() == lines
    assert store.take_log_lines() == []
    assert not store.has_log_lines()


def test_only_the_newest_log_lines_are_kept(store: JobStore) -> None:
    for start in range(0, 2 * KEPT_LINES, 500):
        store.add_log_lines([("d", str(start + number)) for number in range(500)])
    taken: list[str] = []
    while lines := store.take_log_lines():
        taken += [text for _, text in lines]
    assert taken == [str(number) for number in range(KEPT_LINES, 2 * KEPT_LINES)]
