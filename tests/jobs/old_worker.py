"""A worker of version 0.1.0, as far as others notice it: what it did to the files of the data
folder. Run as a process: `python -m tests.jobs.old_worker FOLDER`.

Frozen on purpose. It enters the registry, beats, takes in `spool/` and the jobs, and "writes" each
to the file `written`, but asks before each write whether its entry is still there. It knows neither
the inbox nor the lock.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from pathlib import Path

from jobs.liveness import this_place

_UPSERT = """
    INSERT INTO jobs (kind, object_id, lane, due_at, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, object_id) DO UPDATE SET generation = generation + 1,
        lane = min(lane, excluded.lane), state = 'queued', due_at = min(due_at, excluded.due_at),
        attempts = 0, reason = NULL, error = NULL, advice = NULL, failed_at = NULL
"""


def main(folder: Path) -> None:
    """Ends when its entry was taken from it."""
    token = f"worker-{os.getpid()}-0123456789ab"
    connection = sqlite3.connect(folder / "jobs.db", timeout=10, isolation_level=None)
    connection.execute(
        "REPLACE INTO processes (token, role, place, pid, beat, beat_at)"
        " VALUES (?, 'worker', ?, ?, 0, ?)",
        (token, this_place(), os.getpid(), time.time()),
    )
    sys.stdout.write("entered\n")
    sys.stdout.flush()
    while _beat(connection, token):
        _take_spooled(connection, folder)
        _work(connection, token, folder)
        time.sleep(0.05)


def _beat(connection: sqlite3.Connection, token: str) -> bool:
    changed = connection.execute(
        "UPDATE processes SET beat = beat + 1, beat_at = ? WHERE token = ?", (time.time(), token)
    )
    return changed.rowcount == 1


def _take_spooled(connection: sqlite3.Connection, folder: Path) -> None:
    for path in sorted((folder / "spool").glob("*.event")):
        _, _, kind, object_id = path.stem.split(" ")
        connection.execute(_UPSERT, (kind, int(object_id), 0, 0.0, time.time()))
        path.unlink()


def _work(connection: sqlite3.Connection, token: str, folder: Path) -> None:
    for job_id, object_id in connection.execute(
        "SELECT id, object_id FROM jobs WHERE state = 'queued' AND claimed_by IS NULL"
    ).fetchall():
        entered = connection.execute("SELECT 1 FROM processes WHERE token = ?", (token,))
        if entered.fetchone() is None:
            return
        with (folder / "written").open("a", encoding="ascii") as file:
            file.write(f"{object_id}\n")
        connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
