"""Which processes drain the queue: one worker at most, any number of tasks.

Every process beats; whoever sees another's beat stand still for `LEASE_S` (or its process gone)
removes it and frees its claims. Beats are watched on the observer's monotonic clock, so that
setting the system's clock makes nobody look dead.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from jobs import liveness
from jobs.liveness import Watch
from jobs.runs import is_any_open
from storage.database import Database

# Each beat is a write to the disk of what may be a sleeping NAS. A process that is gone is seen at
# once; LEASE_S is only for one that hangs, or runs where we can't look.
BEAT_S = 5.0
LEASE_S = 30.0

# The note that keeps the time of the last beat, epoch seconds.
TIME_SEEN_NOTE = "time_seen"

WORKER = "worker"
TASK_ROLE = "task"

# Version 0.1.0 announced by an entry of this name that a hook had started a worker.
_STARTING = "starting"


class Process(NamedTuple):
    """A process that is registered. `beat_at` is in epoch seconds, for people to read."""

    token: str
    role: str
    place: str
    pid: int
    beat: int
    beat_at: float

    @property
    def started(self) -> str:
        """What `liveness.started_at` told of it, "" if it didn't."""
        return self.token.partition("@")[2]

    @property
    def is_dead(self) -> bool:
        """True only if it certainly runs no more."""
        return liveness.is_provably_dead(self.pid, self.place, self.started)

    @property
    def is_alive(self) -> bool:
        """True only if it certainly runs; maybe suspended."""
        return liveness.is_certainly_alive(self.pid, self.place, self.started)


class Registry:
    """The entries of all processes, and this process's own. All methods may raise StorageError."""

    def __init__(self, database: Database, role: str) -> None:
        self.database = database
        self.role = role
        pid = os.getpid()
        self.token = f"{role}-{pid}-{os.urandom(6).hex()}@{liveness.started_at(pid)}"
        self._watch = Watch(LEASE_S)

    def enter(self, now: float, monotonic_s: float, instead_of: str = "") -> bool:
        """Register this process. False: it wants to be the worker, and another one is.

        `instead_of`: the token of a worker that is removed, and may write no more.
        """
        self.remove_dead(monotonic_s)
        with self.database.write() as connection:
            if self.role == WORKER:
                _remove(connection, instead_of)
                taken = connection.execute("SELECT 1 FROM processes WHERE role = 'worker'")
                if taken.fetchone():
                    return False
                connection.execute("DELETE FROM processes WHERE token = ?", (_STARTING,))
            connection.execute(
                "REPLACE INTO processes (token, role, place, pid, beat, beat_at)"
                " VALUES (?, ?, ?, ?, 0, ?)",
                (self.token, self.role, liveness.this_place(), os.getpid(), now),
            )
            _note_time(connection, now)
        return True

    def beat(self, now: float) -> bool:
        """Show that this process lives. False: its entry was removed, it must not write.

        Or the whole database was: then its successor is in the new one.
        """
        if not self.database.is_in_place():
            return False
        with self.database.write() as connection:
            changed = connection.execute(
                "UPDATE processes SET beat = beat + 1, beat_at = ? WHERE token = ?",
                (now, self.token),
            ).rowcount
            _note_time(connection, now)
        return changed == 1

    def time_seen(self) -> float:
        """When (epoch seconds) any process beat last, or entered; 0 if there was none."""
        with self.database.read() as connection:
            row = connection.execute("SELECT value FROM notes WHERE name = ?", (TIME_SEEN_NOTE,))
            found = row.fetchone()
        return float(found[0]) if found else 0.0

    def is_entered(self) -> bool:
        """Whether this process may still write; asked right before every write to Plex, and in each
        transaction of the ledger about one."""
        if not self.database.is_in_place():
            return False
        with self.database.read() as connection:
            row = connection.execute("SELECT 1 FROM processes WHERE token = ?", (self.token,))
            return row.fetchone() is not None

    def leave(self) -> None:
        """Remove this process and free its claims."""
        with self.database.write() as connection:
            _remove(connection, self.token)

    def leave_if_idle(self, lanes: Sequence[int]) -> bool:
        """Leave, unless a job of these lanes waits, or what was asked for as a whole, be it for the
        end of a pause: decided in the transaction that leaves, so that a hook either sees the
        worker gone or has its job seen here."""
        with self.database.write() as connection:
            for lane in lanes:
                waiting = connection.execute(
                    "SELECT 1 FROM jobs WHERE state = 'queued' AND lane = ? LIMIT 1", (lane,)
                )
                if waiting.fetchone():
                    return False
            if is_any_open(connection):
                return False
            _remove(connection, self.token)
        return True

    def worker(self) -> Process | None:
        """The worker that is registered, if it isn't this process."""
        return next((each for each in self.others() if each.role == WORKER), None)

    def others(self) -> list[Process]:
        """The other registered processes, the announcement of a starting worker left out."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT token, role, place, pid, beat, beat_at FROM processes"
                " WHERE token NOT IN (?, ?) ORDER BY token",
                (self.token, _STARTING),
            ).fetchall()
        return [Process(*row) for row in rows]

    def living(self, now: float) -> list[Process]:
        """Those of the others that look alive at one look, `now` in epoch seconds. Nothing is
        removed: to judge for good takes two looks."""
        return [
            each
            for each in self.others()
            if liveness.looks_alive(each.pid, each.place, each.beat_at, now, each.started)
        ]

    def remove_dead(self, monotonic_s: float) -> list[Process]:
        """Remove processes that are gone or whose beat stood still for LEASE_S, free their claims.

        Call it again and again, at least every LEASE_S / 2: standing still can only be seen by
        watching.
        """
        self._watch.look(monotonic_s)
        dead = [other for other in self.others() if self._is_dead(other)]
        if dead:
            with self.database.write() as connection:
                for other in dead:
                    _remove(connection, other.token)
        self._free_orphaned_claims()
        return dead

    def _is_dead(self, other: Process) -> bool:
        stands_still = self._watch.stands_still(other.token, other.beat)
        return stands_still or other.is_dead

    def _free_orphaned_claims(self) -> None:
        with self.database.read() as connection:
            found = connection.execute(
                "SELECT 1 FROM jobs WHERE claimed_by IS NOT NULL"
                " AND claimed_by NOT IN (SELECT token FROM processes) LIMIT 1"
            )
            if found.fetchone() is None:
                return
        with self.database.write() as connection:
            connection.execute(
                "UPDATE jobs SET claimed_by = NULL WHERE claimed_by IS NOT NULL"
                " AND claimed_by NOT IN (SELECT token FROM processes)"
            )


def _note_time(connection: sqlite3.Connection, now: float) -> None:
    connection.execute("REPLACE INTO notes (name, value) VALUES (?, ?)", (TIME_SEEN_NOTE, str(now)))


def _remove(connection: sqlite3.Connection, token: str) -> None:
    connection.execute("UPDATE jobs SET claimed_by = NULL WHERE claimed_by = ?", (token,))
    connection.execute("DELETE FROM processes WHERE token = ?", (token,))
