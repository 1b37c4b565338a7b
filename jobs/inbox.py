"""The hook's side of the job store: one durable insert, and the question who will work on it.

On the hook path: it imports the standard library only, and little of it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence

from jobs import place, spool
from jobs.schema import FILE_NAME, LIVE, MIGRATIONS
from storage.sqlite import (
    DatabaseDamaged,
    StorageError,
    make_private_folder,
    open_database,
    set_aside,
    storage_error,
)

HOOK_BUSY_TIMEOUT_S = 2.0
START_GRACE_S = 15.0  # a worker that was started must have taken the lease by then
STARTING = "starting"
LINES_AT_ONCE = 200
DAMAGED = (
    "the job store was damaged and is kept as {}; run the task that syncs all scenes to find again"
    " what was waiting in it"
)
SPOOLED = "a change waits in a file, since the queue cannot take it: {}"

# A new event makes a job due at once and forgets earlier failures: the object has changed, so
# what failed before may work now. A row that is claimed keeps its claim; the raised generation
# tells the claimer on acknowledging that it has to run again.
UPSERT_JOB = """
    INSERT INTO jobs (kind, object_id, lane, due_at, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, object_id) DO UPDATE SET
        generation = generation + 1,
        lane = min(lane, excluded.lane),
        state = 'queued',
        due_at = min(due_at, excluded.due_at),
        attempts = 0, reason = NULL, error = NULL, advice = NULL, failed_at = NULL
"""


class Recorded:
    """What came of an event: whether the caller `must_start` a worker, and the worker's log
    `lines`, (level letter, text) each, that the caller is to hand to Stash."""

    __slots__ = ("lines", "must_start")

    def __init__(self, must_start: bool, lines: list[tuple[str, str]]) -> None:
        self.must_start = must_start
        self.lines = lines


def record(
    data_dir: str,
    kind: str,
    object_id: int,
    now: float,
    *,
    lane: int = LIVE,
    due_at: float = 0.0,
    others: Sequence[int] = (),
) -> Recorded:
    """Store a job durably, and those of the `others` that were changed with it.

    Insert and look at the lease are one transaction, so that a worker which leaves at the same
    moment either sees the job or is seen to be gone. `now` and `due_at` are epoch seconds; a
    `due_at` of 0 means at once. Raises StorageError when nothing could be stored.
    """
    make_private_folder(data_dir)
    path = os.path.join(data_dir, FILE_NAME)
    rows = [(kind, each, lane, due_at, now) for each in (object_id, *others)]
    try:
        try:
            return _insert(path, rows, now)
        except DatabaseDamaged:
            aside = set_aside(path, now)
            recorded = _insert(path, rows, now)
            if aside:
                recorded.lines.append(("e", DAMAGED.format(aside)))
            return recorded
    except StorageError as error:
        # Locked for long, say. The worker picks the file up; if that can't be written
        # either, its error is the one to report.
        spooled = spool.put(data_dir, kind, object_id, now, lane=lane, due_at=due_at, others=others)
        # Who has to start it can't be asked of the database: of fifty hooks, the first.
        first = spool.earliest_since(data_dir, now - START_GRACE_S)
        is_first = first in (None, spooled)
        # Nobody else can tell: what a worker has to say goes through the same database.
        return Recorded(is_first, [("w", SPOOLED.format(error))] if is_first else [])


def announce_pid(data_dir: str, pid: int) -> None:
    """Say which process was started as the worker, so that its death is seen before it could
    register. Only a help: errors are of no consequence."""
    path = os.path.join(data_dir, FILE_NAME)
    try:
        connection = open_database(path, MIGRATIONS, busy_timeout_s=HOOK_BUSY_TIMEOUT_S)
    except StorageError:
        return
    try:
        connection.execute(
            "UPDATE processes SET pid = ?, place = ? WHERE token = ?",
            (pid, place.this_place(), STARTING),
        )
    except sqlite3.Error:
        return
    finally:
        connection.close()


def _insert(path: str, rows: Sequence[tuple[str, int, int, float, float]], now: float) -> Recorded:
    connection = open_database(path, MIGRATIONS, busy_timeout_s=HOOK_BUSY_TIMEOUT_S)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(UPSERT_JOB, rows)
        must_start = not _worker_is_alive(connection, now)
        if must_start:
            _announce_worker(connection, now)
        lines = take_log_lines(connection)
        connection.execute("COMMIT")
        return Recorded(must_start, lines)
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
    finally:
        connection.close()


def take_log_lines(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The worker's undelivered log lines, now taken from the store; within a transaction."""
    rows = connection.execute(
        "SELECT id, letter, line FROM log_lines ORDER BY id LIMIT ?", (LINES_AT_ONCE,)
    ).fetchall()
    if rows:
        connection.execute("DELETE FROM log_lines WHERE id <= ?", (rows[-1][0],))
    return [(letter, line) for _, letter, line in rows]


def _worker_is_alive(connection: sqlite3.Connection, now: float) -> bool:
    rows = connection.execute(
        "SELECT role, place, pid, beat_at FROM processes WHERE role IN ('worker', 'starting')"
    )
    for role, where, pid, beat_at in rows:
        stale_s = START_GRACE_S if role == STARTING else place.BEAT_STALE_S
        # A wrong "dead" costs one process that looks closer and leaves again.
        if place.looks_alive(pid, where, beat_at, now, stale_s):
            return True
    return False


def _announce_worker(connection: sqlite3.Connection, now: float) -> None:
    """Say that a worker is being started, so that fifty hooks at once start one.

    Until `announce_pid` by our own process id: should we be killed before we start it, the next
    hook needn't wait for a worker that nobody has started.
    """
    connection.execute(
        "REPLACE INTO processes (token, role, place, pid, beat, beat_at) VALUES (?, ?, ?, ?, 0, ?)",
        (STARTING, STARTING, place.this_place(), os.getpid(), now),
    )
