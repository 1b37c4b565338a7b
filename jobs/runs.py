"""What was asked for as a whole: a sync of everything, a preview, an undo. Who works on it, how far
it is, how it ended.

A task works on its own run and is gone with its process; what the page asks for is the worker's,
whichever worker that is by then.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from storage.database import Database

KEPT_RUNS = 1000

ASKED, RUNNING, DONE, FAILED, STOPPED = "asked", "running", "done", "failed", "stopped"

# The `what` of those that the worker carries out.
SYNC_ALL, PREVIEW, UNDO, HANDED_OVER = "sync_all", "preview", "undo", "handed_over"
TASK = "task"

_COLUMNS = "id, name, what, args, state, token, asked_at, began_at, ended_at, done, total, summary"
_OPEN = "ended_at IS NULL"
# Among what was asked for, where a run finds all that it has to know.
_KEPT = "kept"


class Run(NamedTuple):
    """Times in epoch seconds, None for not yet. `done` of `total`, 0 while that isn't known.
    `token`: of the process that works on it, see `jobs.registry`."""

    id: int
    name: str
    what: str
    args: Mapping[str, Any]
    state: str
    token: str
    asked_at: float
    began_at: float | None
    ended_at: float | None
    done: int
    total: int
    summary: str

    @property
    def kept(self) -> Any:
        """What a process that is gone has left for the next one; None if it has left nothing."""
        return self.args.get(_KEPT)

    def eta_s(self, now: float) -> float | None:
        """Seconds that it will still take at this pace; None if that can't be told."""
        if not self.began_at or not self.done or self.total <= self.done:
            return None
        return max(now - self.began_at, 0.0) * (self.total - self.done) / self.done

    def as_json(self, now: float) -> dict[str, Any]:
        """For a page."""
        return {
            "id": self.id,
            "name": self.name,
            "what": self.what,
            "state": self.state,
            "done": self.done,
            "total": self.total,
            "began": self.began_at,
            "eta_s": self.eta_s(now),
        }


class Runs:
    """In the job store. All may raise StorageError; `now` in epoch seconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, what: str, name: str, now: float, **args: Any) -> int:
        """Have the worker do this; the run's id. One that waits already and is the same will do."""
        given = json.dumps(args, sort_keys=True)
        with self._database.write() as connection:
            same = connection.execute(
                f"SELECT id FROM runs WHERE {_OPEN} AND what = ? AND args = ? AND state = ?",  # noqa: S608 - a constant
                (what, given, ASKED),
            ).fetchone()
            if same:
                return int(same[0])
            return _insert(connection, now, (name, what, given, ASKED, "", now, None))

    def begin_task(self, name: str, token: str, now: float) -> int:
        """A task of this process has begun; the run's id."""
        with self._database.write() as connection:
            return _insert(connection, now, (name, TASK, "{}", RUNNING, token, now, now))

    def next(self) -> Run | None:
        """What the worker is to go on with, or to begin."""
        return self._one(f"{_OPEN} AND what != '{TASK}' ORDER BY id")

    def begin(self, run_id: int, token: str, now: float) -> None:
        """This process works on it from now on, perhaps in place of one that is gone."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE runs SET state = ?, token = ?, began_at = coalesce(began_at, ?)"
                " WHERE id = ? AND ended_at IS NULL",
                (RUNNING, token, now, run_id),
            )

    def progress(self, run_id: int, done: int, total: int) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE runs SET done = ?, total = ? WHERE id = ?", (done, total, run_id)
            )

    def keep(self, run_id: int, progress: Any) -> None:
        """What whoever goes on with it has to know, beside what was asked for; see `Run.kept`."""
        with self._database.write() as connection:
            row = connection.execute("SELECT args FROM runs WHERE id = ?", (run_id,)).fetchone()
            args = json.dumps({**json.loads(row[0]), _KEPT: progress}) if row else "{}"
            connection.execute("UPDATE runs SET args = ? WHERE id = ?", (args, run_id))

    def end(self, run_id: int, state: str, summary: str, now: float) -> None:
        """How it ended, unless somebody has ended it already."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE runs SET state = ?, summary = ?, ended_at = ?"
                " WHERE id = ? AND ended_at IS NULL",
                (state, summary, now, run_id),
            )

    def stop(self, now: float) -> list[Run]:
        """End all that is under way or asked for; what that was."""
        with self._database.write() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM runs WHERE {_OPEN}").fetchall()  # noqa: S608 - constants
            connection.execute(
                f"UPDATE runs SET state = ?, ended_at = ? WHERE {_OPEN}",  # noqa: S608 - a constant
                (STOPPED, now),
            )
        return [_run(row) for row in rows]

    def is_open(self, run_id: int) -> bool:
        """Whether nobody has ended it."""
        return self._one(f"{_OPEN} AND id = ?", run_id) is not None

    def current(self, living: Collection[str]) -> Run | None:
        """What is under way, or else asked for. `living`: the tokens of processes that live; a task
        that was killed is no more."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM runs WHERE {_OPEN} ORDER BY id"  # noqa: S608 - constants
            ).fetchall()
        found = [_run(row) for row in rows]
        alive = [each for each in found if each.what != TASK or each.token in living]
        return min(alive, key=lambda each: each.state != RUNNING, default=None)

    def last(self) -> Run | None:
        """What was asked for last of all that has come to an end."""
        return self._one("ended_at IS NOT NULL ORDER BY id DESC")

    def newest(self, what: str) -> Run | None:
        """The newest of this kind, whatever became of it."""
        return self._one("what = ? ORDER BY id DESC", what)

    def names(self, run_ids: Collection[int]) -> dict[int, str]:
        """By id, of those that are still known."""
        with self._database.read() as connection:
            found = [
                connection.execute("SELECT id, name FROM runs WHERE id = ?", (each,)).fetchone()
                for each in run_ids
            ]
        return dict(row for row in found if row)

    def _one(self, condition: str, *values: object) -> Run | None:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM runs WHERE {condition} LIMIT 1",  # noqa: S608 - ours
                values,
            ).fetchone()
        return None if row is None else _run(row)


def is_any_open(connection: sqlite3.Connection) -> bool:
    """Whether a worker has anything to carry out, within a transaction of the job store."""
    found = connection.execute(f"SELECT 1 FROM runs WHERE {_OPEN} AND what != '{TASK}' LIMIT 1")  # noqa: S608 - constants
    return found.fetchone() is not None


def _insert(connection: Any, now: float, values: tuple[object, ...]) -> int:
    # The ledger remembers what each run has written, and outlives a job store that is begun anew:
    # no id may come again.
    run_id = connection.execute(
        "INSERT INTO runs (id, name, what, args, state, token, asked_at, began_at)"
        " VALUES (max((SELECT coalesce(max(id), 0) + 1 FROM runs), ?), ?, ?, ?, ?, ?, ?, ?)",
        (int(now), *values),
    ).lastrowid
    connection.execute(
        "DELETE FROM runs WHERE id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?)",
        (KEPT_RUNS,),
    )
    return int(run_id)


def _run(row: tuple[Any, ...]) -> Run:
    run_id, name, what, args, *rest = row
    return Run(run_id, name, what, json.loads(args), *rest)
