"""What happened on each of the last days: scenes written and failed, and how long a server was
away. Days are those of this machine's clock."""

from __future__ import annotations

import sqlite3
import time
from typing import NamedTuple

from storage.database import Database

KEPT_DAYS = 60
_LONGEST_S = KEPT_DAYS * 86_400.0


class Day(NamedTuple):
    """`day`: like 2026-11-30. `written` and `failed`: scenes, each time that it happened."""

    day: str
    written: int = 0
    failed: int = 0
    outage_s: float = 0.0


def count(connection: sqlite3.Connection, now: float, written: int, failed: int) -> None:
    """Within a transaction of the job store; `now` in epoch seconds."""
    if written or failed:
        _add(connection, Day(_day(now), written, failed))


def add_outage(database: Database, since: float, until: float) -> None:
    """A server was away between these moments, epoch seconds. Raises StorageError."""
    if not 0 < until - since < _LONGEST_S:
        return  # a clock was set meanwhile
    with database.write() as connection:
        for day, outage_s in _parts(since, until):
            _add(connection, Day(day, outage_s=outage_s))


def recent(database: Database, now: float, number: int) -> list[Day]:
    """The last days up to today, the eldest first, also those on which nothing happened. Raises
    StorageError."""
    names = [_day(now - 86_400.0 * back) for back in reversed(range(number))]
    with database.read() as connection:
        rows = connection.execute(
            "SELECT day, written, failed, outage_s FROM days WHERE day >= ?", (names[0],)
        ).fetchall()
    known = {row[0]: Day(*row) for row in rows}
    # An hour more or less in a day may name one twice.
    return [known.get(each, Day(each)) for each in dict.fromkeys(names)]


def _add(connection: sqlite3.Connection, day: Day) -> None:
    changed = connection.execute(
        "UPDATE days SET written = written + ?, failed = failed + ?, outage_s = outage_s + ?"
        " WHERE day = ?",
        (day.written, day.failed, day.outage_s, day.day),
    ).rowcount
    if not changed:
        connection.execute(
            "INSERT INTO days VALUES (?, ?, ?, ?)", (day.day, day.written, day.failed, day.outage_s)
        )
        connection.execute(
            "DELETE FROM days WHERE day NOT IN (SELECT day FROM days ORDER BY day DESC LIMIT ?)",
            (KEPT_DAYS,),
        )


def _parts(since: float, until: float) -> list[tuple[str, float]]:
    """The days between, each with its seconds."""
    parts = []
    while since < until:
        here = time.localtime(since)
        midnight = time.mktime((here.tm_year, here.tm_mon, here.tm_mday + 1, 0, 0, 0, 0, 0, -1))
        end = min(max(midnight, since + 1.0), until)
        parts.append((_day(since), end - since))
        since = end
    return parts


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))
