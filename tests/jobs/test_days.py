"""What happened by day."""

from __future__ import annotations

import time

import pytest

from jobs import days
from jobs.days import KEPT_DAYS, Day
from jobs.job import Failed
from jobs.schema import LIVE, SCENE, STUDIO, TAG
from jobs.states import FAILED, States
from jobs.store import JobStore
from storage.database import Database

NOON = time.mktime((2026, 11, 30, 12, 0, 0, 0, 0, -1))
DAY_S = 86_400.0


def test_days_on_which_nothing_happened_are_shown_as_well(database: Database) -> None:
    with database.write() as connection:
        days.count(connection, NOON, 3, 1)
        days.count(connection, NOON, 2, 0)
        days.count(connection, NOON, 0, 0)
    assert days.recent(database, NOON, 3) == [
        Day("2026-11-28"),
        Day("2026-11-29"),
        Day("2026-11-30", 5, 1),
    ]


def test_an_outage_over_midnight_counts_for_both_days(database: Database) -> None:
    days.add_outage(database, NOON - 13 * 3600, NOON - 11 * 3600)
    found = days.recent(database, NOON, 2)
    assert [each.outage_s for each in found] == [3600.0, 3600.0]


@pytest.mark.parametrize("lasted_s", [0.0, -5.0, 100 * DAY_S])
def test_a_clock_that_was_set_makes_no_outage(database: Database, lasted_s: float) -> None:
    days.add_outage(database, NOON - lasted_s, NOON)
    assert days.recent(database, NOON, 1) == [Day("2026-11-30")]


def test_old_days_are_dropped(database: Database) -> None:
    for back in reversed(range(KEPT_DAYS + 5)):
        with database.write() as connection:
            days.count(connection, NOON - back * DAY_S, 1, 0)
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM days").fetchone()[0] == KEPT_DAYS


def test_what_failed_and_is_no_scene_is_counted_as_none(database: Database) -> None:
    """Neither among the day's nor among the states, which a page shows as scenes."""
    store = JobStore(database)
    for kind, ids in ((SCENE, [1]), (STUDIO, [1, 2]), (TAG, [3])):
        store.enqueue(kind, ids, LIVE, NOON)
    jobs = store.claim("one", [LIVE], NOON)
    store.settle("one", {each: Failed("plex refused", "no") for each in jobs}, NOON)
    assert days.recent(database, NOON, 1) == [Day("2026-11-30", 0, 1)]
    assert States(database).counts() == {FAILED: 1}
    assert store.failure_counts() == {"plex refused": 4}
