"""A person's pause: until it ends nobody claims a job, worker or task. Events are stored all the
same, and what is claimed is finished or given back."""

from __future__ import annotations

import json
import math
import sqlite3
from typing import NamedTuple

from storage.database import Database

HOLD_NOTE = "hold"


class Hold(NamedTuple):
    """Since when and until when, epoch seconds; `until` None: until somebody ends it."""

    since: float
    until: float | None = None

    @property
    def ends_at(self) -> float:
        """Infinity if nobody knows."""
        return math.inf if self.until is None else self.until

    def dump(self) -> str:
        return json.dumps({"since": self.since, "until": self.until})


def hold_of(database: Database, now: float) -> Hold | None:
    """The same, for whoever isn't in a transaction. Raises StorageError."""
    with database.read() as connection:
        return hold_in(connection, now)


def begin_hold(database: Database, now: float, until: float | None) -> Hold:
    """Pause; one that is under way began when it began. Raises StorageError."""
    with database.write() as connection:
        former = hold_in(connection, now)
        hold = Hold(former.since if former else now, until)
        connection.execute(
            "REPLACE INTO notes (name, value) VALUES (?, ?)", (HOLD_NOTE, hold.dump())
        )
    return hold


def end_hold(database: Database) -> bool:
    """Whether there was one, over or not. Raises StorageError."""
    with database.write() as connection:
        gone = connection.execute("DELETE FROM notes WHERE name = ?", (HOLD_NOTE,))
    return gone.rowcount > 0


def hold_in(connection: sqlite3.Connection, now: float) -> Hold | None:
    """The pause that is under way at `now`, epoch seconds."""
    row = connection.execute("SELECT value FROM notes WHERE name = ?", (HOLD_NOTE,)).fetchone()
    if row is None:
        return None
    hold = Hold(**json.loads(row[0]))
    return hold if now < hold.ends_at else None
