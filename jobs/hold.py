"""A person's pause: until it ends nobody claims a job, worker or task. Events are stored all the
same, and what is claimed is finished or given back.

It stands in the queue's database, where each claim looks, and in a file beside it: that database
may be damaged, set aside and begun anew while a person counts on the pause.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from contextlib import suppress
from typing import NamedTuple

from storage.database import Database
from storage.files import StorageError, write_private

HOLD_NOTE = "hold"
FILE_NAME = "hold"


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
    """The pause that is under way at `now`, epoch seconds. For whoever is in no transaction. Raises
    StorageError."""
    with database.read() as connection:
        return hold_in(connection, now)


def begin_hold(database: Database, now: float, until: float | None) -> Hold:
    """Pause; one that is under way began when it began. Raises StorageError."""
    path, former = _path(database), None
    try:
        with database.write() as connection:
            former = hold_in(connection, now)
            hold = Hold(former.since if former else now, until)
            _note(connection, hold)
            try:
                write_private(path, hold.dump())
            except OSError as error:
                raise StorageError(f"cannot write {path}: {error.strerror}") from error
    except StorageError:
        # The next process would take up a pause that was refused.
        if former is None:
            with suppress(OSError):
                os.unlink(path)
        raise
    return hold


def end_hold(database: Database) -> bool:
    """Whether there was one, over or not. Raises StorageError."""
    with database.write() as connection:
        # First: a process that ends between the two leaves a pause that can be ended again.
        path = _path(database)
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}") from error
        gone = connection.execute("DELETE FROM notes WHERE name = ?", (HOLD_NOTE,))
    return gone.rowcount > 0


def restore_hold(database: Database) -> None:
    """Have a pause that is under way also where the database was begun anew. Raises
    StorageError."""
    if not os.path.exists(_path(database)):
        return
    with database.read() as connection:
        if _noted(connection):
            return
    with database.write() as connection:
        hold = _kept(_path(database))
        if hold and not _noted(connection) and time.time() < hold.ends_at:
            _note(connection, hold)


def hold_in(connection: sqlite3.Connection, now: float) -> Hold | None:
    """The pause that is under way at `now`, epoch seconds."""
    row = _noted(connection)
    if row is None:
        return None
    hold = Hold(**json.loads(row[0]))
    return hold if now < hold.ends_at else None


def _noted(connection: sqlite3.Connection) -> tuple[str] | None:
    row: tuple[str] | None = connection.execute(
        "SELECT value FROM notes WHERE name = ?", (HOLD_NOTE,)
    ).fetchone()
    return row


def _note(connection: sqlite3.Connection, hold: Hold) -> None:
    connection.execute("REPLACE INTO notes (name, value) VALUES (?, ?)", (HOLD_NOTE, hold.dump()))


def _kept(path: str) -> Hold | None:
    """None if the file is gone by now, or holds something else."""
    try:
        with open(path, encoding="utf-8") as file:
            hold = Hold(**json.load(file))
            return Hold(float(hold.since), None if hold.until is None else float(hold.until))
    except (OSError, ValueError, TypeError):
        return None


def _path(database: Database) -> str:
    return os.path.join(database.data_dir, FILE_NAME)
