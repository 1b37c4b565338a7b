"""The durable job queue: one row per Stash object, claimed in batches, settled in one transaction.

At least once: a job is deleted only after the work was confirmed, so a process that dies in
between leaves it claimed, and the claim is taken back (see `registry`). Nothing is lost to an
event that comes meanwhile: it raises the row's generation, and a claim settles only the
generation that it took.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from jobs import days, inbox, states
from jobs.events import Event
from jobs.hold import hold_in, restore_hold
from jobs.intake import Intake
from jobs.job import Failed, FailedJob, Job, PutOff, Verdict, WaitingJob
from jobs.schema import FILE_NAME, LIVE, MIGRATIONS, SCENE
from jobs.settle import settle
from jobs.states import Look
from storage.database import Database
from storage.files import StorageError

KEPT_LINES = 2000
LINES_AT_ONCE = 200

# A clock is set by fractions of a second all the time.
CLOCK_STEP_S = 30.0

# A new event makes a job due at once and forgets earlier failures: the object has changed, so
# what failed before may work now. A row that is claimed keeps its claim; the raised generation
# tells the claimer on acknowledging that it has to run again.
_UPSERT = """
    INSERT INTO jobs (kind, object_id, lane, due_at, set_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, object_id) DO UPDATE SET
        generation = generation + 1,
        lane = min(lane, excluded.lane),
        state = 'queued',
        due_at = min(due_at, excluded.due_at), set_at = excluded.set_at,
        attempts = 0, reason = NULL, error = NULL, advice = NULL, failed_at = NULL
"""


_RETRY = (
    "UPDATE jobs SET state = 'queued', lane = min(lane, ?), due_at = 0, attempts = 0,"
    " created_at = ?, reason = NULL, error = NULL, advice = NULL, failed_at = NULL"
    " WHERE state = 'failed'"
)


def open_job_database(data_dir: str) -> Database:
    """The job store's database, shared by `JobStore` and `jobs.registry.Registry`."""
    database = Database(data_dir, FILE_NAME, MIGRATIONS)
    try:
        restore_hold(database)
    except BaseException:
        database.close()
        raise
    return database


class JobStore:
    """The queue's operations, each of them one transaction. All may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.intake = Intake(database.data_dir, self._add_events)

    def enqueue(self, kind: str, object_ids: Iterable[int], lane: int, now: float) -> None:
        """Add jobs, or mark those that exist as due again. A waiting job never gets slower."""
        with self.database.write() as connection:
            _upsert(connection, kind, object_ids, lane, now)

    def enqueue_absent(
        self,
        kind: str,
        object_ids: Sequence[int],
        lane: int,
        now: float,
        *,
        note: tuple[str, str] | None = None,
    ) -> None:
        """Like `enqueue`, but what has a job already keeps it as it is: a retry goes on waiting, a
        failure stays one, and what a task has left stays in its lane. `note`: how far a long list
        got, kept in the same transaction."""
        with self.database.write() as connection:
            connection.executemany(
                "INSERT INTO jobs (kind, object_id, lane, created_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, object_id) DO NOTHING",
                [(kind, object_id, lane, now) for object_id in object_ids],
            )
            if note:
                connection.execute("REPLACE INTO notes (name, value) VALUES (?, ?)", note)

    def version(self) -> tuple[int, tuple[str, ...]]:
        """Changes when another process has stored something in the database, or a hook an event.
        Costs next to nothing."""
        return self.database.data_version(), self.intake.waiting()

    def take_in(self, now: float) -> int:
        """Bring in the events that wait in the inbox; how many there were."""
        return self.intake.take_in(now)

    def _add_events(self, events: Sequence[Event], now: float) -> None:
        with self.database.write() as connection:
            for each in events:
                _upsert(connection, each.kind, each.object_ids, each.lane, now, each.due_at)
        # Else their files would go, and they with what nobody else sees.
        if not self.database.is_in_place():
            raise StorageError(f"{self.database.path} was deleted or replaced")

    def claim(self, token: str, lanes: Sequence[int], now: float, limit: int = 100) -> list[Job]:
        """Up to `limit` due jobs of the first lane that has any, now claimed by `token`; none
        while a person's pause lasts."""
        with self.database.write() as connection:
            _undo_clock_steps(connection, now)
            if hold_in(connection, now):
                return []
            for lane in sorted(lanes):
                rows = connection.execute(
                    "SELECT id, kind, object_id, lane, generation, attempts, created_at,"
                    " coalesce(reason, '') FROM jobs"
                    " WHERE state = 'queued' AND lane = ? AND due_at <= ? AND claimed_by IS NULL"
                    " ORDER BY due_at, id LIMIT ?",
                    (lane, now, limit),
                ).fetchall()
                if rows:
                    connection.executemany(
                        "UPDATE jobs SET claimed_by = ? WHERE id = ?",
                        [(token, row[0]) for row in rows],
                    )
                    return [Job(*row) for row in rows]
        return []

    def settle(
        self,
        token: str,
        verdicts: Mapping[Job, Verdict],
        now: float,
        looks: Mapping[Job, Look] = MappingProxyType({}),
    ) -> None:
        """End claims. A job whose generation has moved on runs again, whatever the verdict.

        Claims that `token` has lost in the meantime are left to their new holder. `looks`: what was
        found of those that were looked at, for people.
        """
        written = sum(each.is_written for each in looks.values())
        failed = sum(
            job.kind == SCENE and isinstance(each, Failed) for job, each in verdicts.items()
        )
        with self.database.write() as connection:
            for job, verdict in verdicts.items():
                settle(connection, token, job, verdict, now)
            found = {job.object_id: look for job, look in looks.items() if job.kind == SCENE}
            states.store(connection, found)
            days.count(connection, now, written, failed)

    def release_claims(self, token: str) -> int:
        """Put everything that `token` has claimed back into the queue; how many jobs."""
        with self.database.write() as connection:
            return connection.execute(
                "UPDATE jobs SET claimed_by = NULL WHERE claimed_by = ?", (token,)
            ).rowcount

    def next_due_at(self, lanes: Sequence[int]) -> float | None:
        """When the next unclaimed job of these lanes is due (epoch seconds), None without any. A
        person's pause puts all of them off to its end, infinity if nobody knows that."""
        with self.database.read() as connection:
            hold = hold_in(connection, 0.0)
            found = [
                connection.execute(
                    "SELECT due_at FROM jobs WHERE state = 'queued' AND lane = ?"
                    " AND claimed_by IS NULL ORDER BY due_at LIMIT 1",
                    (lane,),
                ).fetchone()
                for lane in lanes
            ]
        due_at = min((row[0] for row in found if row), default=None)
        return due_at if due_at is None or hold is None else max(due_at, hold.ends_at)

    def has_live_edit(self, token: str, now: float) -> bool:
        """Whether a live job is due, or came in for an object that `token` has claimed; or a person
        has asked for a pause, which is to begin as soon."""
        with self.database.read() as connection:
            if hold_in(connection, now):
                return True
            found = connection.execute(
                "SELECT 1 FROM jobs WHERE state = 'queued' AND lane = ?"
                " AND (claimed_by = ? OR (claimed_by IS NULL AND due_at <= ?)) LIMIT 1",
                (LIVE, token, now),
            ).fetchone()
        return found is not None

    def count(self, lanes: Sequence[int] | None = None, kind: str | None = None) -> int:
        """How many jobs (of a kind) wait or are being worked on, without those that are only put
        off."""
        with self.database.read() as connection:
            counts = _counts(connection, None, kind)
        return sum(
            number
            for (lane, state), number in counts.items()
            if state not in ("failed", "put off") and (lanes is None or lane in lanes)
        )

    def counts(self, living: Collection[str] | None = None) -> dict[tuple[int, str], int]:
        """Jobs by (lane, state); the states are queued, retrying, put off, claimed and failed.

        `living`: the tokens whose claims count, None for every claim. What the dead have claimed
        waits like anything else.
        """
        with self.database.read() as connection:
            return _counts(connection, living)

    def events_waiting(self) -> int:
        """How many events wait in the inbox."""
        return sum(not each.endswith(inbox.CONNECTION) for each in self.intake.waiting())

    def failures(
        self, limit: int = 1000, reason: str | None = None, offset: int = 0
    ) -> list[FailedJob]:
        """The jobs that failed for good, newest first; those of one reason if it is given."""
        of_reason = "" if reason is None else " AND reason = ?"
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT kind, object_id, reason, error, advice, failed_at FROM jobs"  # noqa: S608 - ours
                f" WHERE state = 'failed'{of_reason}"
                " ORDER BY failed_at DESC, id DESC LIMIT ? OFFSET ?",
                (*([] if reason is None else [reason]), limit, offset),
            ).fetchall()
        return [FailedJob(*row) for row in rows]

    def failure_counts(self) -> dict[str, int]:
        """How many jobs failed for good, by reason, the most frequent first."""
        with self.database.read() as connection:
            return dict(
                connection.execute(
                    "SELECT reason, sum(number) AS failed FROM job_counts"
                    " WHERE shown = 'failed' AND number > 0"
                    " GROUP BY reason ORDER BY failed DESC, reason"
                ).fetchall()
            )

    def retry_failed(
        self,
        now: float,
        lane: int,
        *,
        reason: str | None = None,
        scene_ids: Sequence[int] | None = None,
    ) -> int:
        """Queue what failed again, as if it had just changed: everything, what failed for one
        reason, or these scenes; how many jobs."""
        with self.database.write() as connection:
            if scene_ids is None:
                of_reason = "" if reason is None else " AND reason = ?"
                values = () if reason is None else (reason,)
                return connection.execute(_RETRY + of_reason, (lane, now, *values)).rowcount
            return sum(
                connection.execute(
                    f"{_RETRY} AND kind = ? AND object_id = ?", (lane, now, SCENE, each)
                ).rowcount
                for each in scene_ids
            )

    def move(self, lane: int, to: int) -> int:
        """Leave what waits in one lane to those who serve another; how many jobs."""
        with self.database.write() as connection:
            return connection.execute(
                "UPDATE jobs SET lane = ? WHERE lane = ? AND state = 'queued'", (to, lane)
            ).rowcount

    def clear(self, living: Collection[str] | None = None) -> dict[tuple[int, str], int]:
        """Remove every job that nobody is working on; what was removed, as `counts` tells it."""
        with self.database.write() as connection:
            if living is not None:
                _free_all_but(connection, living)
            counts = _counts(connection, None)
            connection.execute("DELETE FROM jobs WHERE claimed_by IS NULL")
        return {key: number for key, number in counts.items() if key[1] != "claimed"}

    def retries(self, limit: int = 100) -> list[WaitingJob]:
        """The jobs that wait for another try, the next one first."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT kind, object_id, due_at, attempts, reason, error"
                " FROM jobs INDEXED BY jobs_retrying"
                " WHERE state = 'queued' AND attempts > 0 ORDER BY due_at, id LIMIT ?",
                (limit,),
            ).fetchall()
        return [WaitingJob(*row) for row in rows]

    def put_off(self) -> list[PutOff]:
        """What is to be looked at again, by reason."""
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT reason, count(*), min(due_at) FROM jobs INDEXED BY jobs_by_reason"
                " WHERE state = 'queued' AND attempts = 0 AND reason IS NOT NULL"
                " GROUP BY reason ORDER BY reason"
            ).fetchall()
        return [PutOff(*row) for row in rows]

    def add_log_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        """Keep (level letter, text) lines until a process that has a way to Stash's log comes by.
        Only the newest KEPT_LINES are kept; all of them are in the log file anyway."""
        with self.database.write() as connection:
            connection.executemany("INSERT INTO log_lines (letter, line) VALUES (?, ?)", lines)
            connection.execute(
                "DELETE FROM log_lines WHERE id <= (SELECT max(id) FROM log_lines) - ?",
                (KEPT_LINES,),
            )

    def take_log_lines(self) -> list[tuple[str, str]]:
        """Up to a few hundred undelivered lines, now the caller's to deliver."""
        with self.database.write() as connection:
            rows = connection.execute(
                "SELECT id, letter, line FROM log_lines ORDER BY id LIMIT ?", (LINES_AT_ONCE,)
            ).fetchall()
            if rows:
                connection.execute("DELETE FROM log_lines WHERE id <= ?", (rows[-1][0],))
        return [(letter, line) for _, letter, line in rows]

    def has_log_lines(self) -> bool:
        with self.database.read() as connection:
            return connection.execute("SELECT 1 FROM log_lines LIMIT 1").fetchone() is not None

    def note(self, name: str) -> str | None:
        """A small fact that outlives the process."""
        with self.database.read() as connection:
            row = connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, name: str, value: str | None) -> None:
        """Remember a small fact, or forget it (None)."""
        with self.database.write() as connection:
            if value is None:
                connection.execute("DELETE FROM notes WHERE name = ?", (name,))
            else:
                connection.execute("REPLACE INTO notes (name, value) VALUES (?, ?)", (name, value))


def _upsert(
    connection: sqlite3.Connection,
    kind: str,
    object_ids: Iterable[int],
    lane: int,
    now: float,
    due_at: float = 0.0,
) -> None:
    connection.executemany(
        _UPSERT, [(kind, object_id, lane, due_at, now, now) for object_id in object_ids]
    )


def _undo_clock_steps(connection: sqlite3.Connection, now: float) -> None:
    """What was put off at a time that lies ahead is due: the clock was set back, by years maybe,
    and nobody knows how long it has waited."""
    connection.execute(
        "UPDATE jobs SET due_at = 0 WHERE due_at > 0 AND set_at > ?", (now + CLOCK_STEP_S,)
    )


def _counts(
    connection: sqlite3.Connection, living: Collection[str] | None, kind: str | None = None
) -> dict[tuple[int, str], int]:
    # What is claimed, never many, is among those that the triggers have counted.
    rows = connection.execute(
        "SELECT lane, shown, NULL, number FROM job_counts WHERE ? IS NULL OR kind = ?"
        " UNION ALL SELECT lane, shown, claimed_by, count(*) FROM shown_jobs"
        " WHERE claimed_by IS NOT NULL AND (? IS NULL OR kind = ?)"
        " GROUP BY lane, shown, claimed_by",
        (kind,) * 4,
    )
    counts: Counter[tuple[int, str]] = Counter()
    for lane, shown, claimer, number in rows:
        if claimer is None:
            counts[lane, shown] += number
        elif living is None or claimer in living:
            counts[lane, shown] -= number
            counts[lane, "claimed"] += number
    return {key: number for key, number in counts.items() if number}


def _free_all_but(connection: sqlite3.Connection, living: Collection[str]) -> None:
    claimers = connection.execute(
        "SELECT DISTINCT claimed_by FROM jobs WHERE claimed_by IS NOT NULL"
    ).fetchall()
    connection.executemany(
        "UPDATE jobs SET claimed_by = NULL WHERE claimed_by = ?",
        [claimer for claimer in claimers if claimer[0] not in living],
    )
