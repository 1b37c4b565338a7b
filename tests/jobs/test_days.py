"""What happened by day."""

from __future__ import annotations

import time

import pytest

from jobs import days
from jobs.days import KEPT_DAYS, Day
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
