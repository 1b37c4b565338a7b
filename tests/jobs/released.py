"""Job databases as every released version wrote them: what an update finds on people's disks.

Frozen copies on purpose. With a new version of the schema comes a new entry here; an entry is
never changed, so that a changed migration in `jobs.schema` shows.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jobs.schema import FILE_NAME


@dataclass(frozen=True, slots=True)
class Released:
    """`schema` as that version created it, `rows` as it filled them: a job that waits, one that
    is retried, one that failed, one claimed by a process that is gone, and a note."""

    schema: str
    rows: str


_FIRST_SCHEMA = """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        object_id INTEGER NOT NULL,
        lane INTEGER NOT NULL,
        generation INTEGER NOT NULL DEFAULT 1,
        state TEXT NOT NULL DEFAULT 'queued',
        due_at REAL NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        created_at REAL NOT NULL,
        claimed_by TEXT,
        reason TEXT,
        error TEXT,
        advice TEXT,
        failed_at REAL,
        UNIQUE (kind, object_id)
    );
    CREATE INDEX jobs_by_turn ON jobs (state, lane, due_at, id);
    CREATE INDEX jobs_by_claim ON jobs (claimed_by) WHERE claimed_by IS NOT NULL;
    CREATE TABLE processes (
        token TEXT PRIMARY KEY,
        role TEXT NOT NULL,
        place TEXT NOT NULL,
        pid INTEGER NOT NULL,
        beat INTEGER NOT NULL,
        beat_at REAL NOT NULL
    );
    CREATE UNIQUE INDEX one_worker ON processes (role) WHERE role = 'worker';
    CREATE TABLE notes (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    );
"""

_FIRST_ROWS = """
    INSERT INTO jobs (kind, object_id, lane, created_at) VALUES ('scene', 1, 0, 1000);
    INSERT INTO jobs (kind, object_id, lane, due_at, attempts, created_at, reason, error, advice)
        VALUES ('scene', 2, 0, 2000, 3, 1000, 'plex error', 'Plex failed', '');
    INSERT INTO jobs (kind, object_id, lane, state, attempts, created_at, reason, error, advice,
        failed_at) VALUES ('scene', 3, 2, 'failed', 1, 1000, 'no file', 'no file', 'Ignore', 1500);
    INSERT INTO jobs (kind, object_id, lane, created_at, claimed_by)
        VALUES ('scene', 4, 2, 1000, 'worker-1-abc');
    INSERT INTO notes VALUES ('last_sync', '{"at": 1400, "summary": "3 synced"}');
"""

_LOG_LINES_SCHEMA = """
    CREATE TABLE log_lines (
        id INTEGER PRIMARY KEY,
        letter TEXT NOT NULL,
        line TEXT NOT NULL
    );
"""

_LOG_LINES_ROWS = """
    INSERT INTO log_lines (letter, line) VALUES ('i', 'scene 1: wrote title');
"""

_SET_AT_SCHEMA = """
    ALTER TABLE jobs ADD COLUMN set_at REAL NOT NULL DEFAULT 0;
    CREATE INDEX jobs_put_off ON jobs (set_at) WHERE due_at > 0;
"""

_SET_AT_ROWS = "UPDATE jobs SET set_at = created_at;"

_SHOWN_SCHEMA = """
    CREATE INDEX jobs_failed ON jobs (reason, failed_at, id) WHERE state = 'failed';
    CREATE TABLE states (
        scene_id INTEGER PRIMARY KEY,
        state TEXT NOT NULL,
        why TEXT NOT NULL
    );
    CREATE INDEX states_by_state ON states (state);
    CREATE INDEX states_by_why ON states (why) WHERE why != '';
    CREATE TABLE days (
        day TEXT PRIMARY KEY,
        written INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        outage_s REAL NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        what TEXT NOT NULL,
        args TEXT NOT NULL,
        state TEXT NOT NULL,
        token TEXT NOT NULL DEFAULT '',
        asked_at REAL NOT NULL,
        began_at REAL,
        ended_at REAL,
        done INTEGER NOT NULL DEFAULT 0,
        total INTEGER NOT NULL DEFAULT 0,
        summary TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX runs_open ON runs (id) WHERE ended_at IS NULL;
"""

_COUNTED_SCHEMA = """
    CREATE TABLE job_counts (
        kind TEXT NOT NULL,
        lane INTEGER NOT NULL,
        shown TEXT NOT NULL,
        reason TEXT NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (kind, lane, shown, reason)
    ) WITHOUT ROWID;
    CREATE TABLE state_counts (
        state TEXT PRIMARY KEY,
        number INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE VIEW shown_jobs AS
        SELECT id, kind, object_id, lane, coalesce(reason, '') AS reason, claimed_by,
            CASE WHEN state = 'failed' THEN 'failed' WHEN attempts > 0 THEN 'retrying'
                WHEN reason IS NOT NULL THEN 'put off' ELSE 'queued' END AS shown
        FROM jobs;
    CREATE VIEW waiting_scenes AS
        SELECT id, object_id AS scene_id FROM shown_jobs
        WHERE kind = 'scene' AND shown IN ('queued', 'retrying');
    CREATE TRIGGER job_comes AFTER INSERT ON jobs BEGIN
        INSERT INTO job_counts SELECT kind, lane, shown, reason, 1 FROM shown_jobs
            WHERE id = new.id
            ON CONFLICT (kind, lane, shown, reason) DO UPDATE SET number = number + 1;
        UPDATE state_counts SET number = number - 1 WHERE state = (
            SELECT state FROM waiting_scenes JOIN states USING (scene_id) WHERE id = new.id);
    END;
    CREATE TRIGGER job_goes BEFORE DELETE ON jobs BEGIN
        UPDATE job_counts SET number = number - 1 WHERE (kind, lane, shown, reason) = (
            SELECT kind, lane, shown, reason FROM shown_jobs WHERE id = old.id);
        UPDATE state_counts SET number = number + 1 WHERE state = (
            SELECT state FROM waiting_scenes JOIN states USING (scene_id) WHERE id = old.id);
    END;
    CREATE TRIGGER job_changes BEFORE UPDATE OF lane, state, attempts, reason ON jobs
    WHEN old.lane != new.lane OR old.state != new.state
        OR (old.attempts > 0) != (new.attempts > 0) OR old.reason IS NOT new.reason
    BEGIN
        UPDATE job_counts SET number = number - 1 WHERE (kind, lane, shown, reason) = (
            SELECT kind, lane, shown, reason FROM shown_jobs WHERE id = old.id);
        UPDATE state_counts SET number = number + 1 WHERE state = (
            SELECT state FROM waiting_scenes JOIN states USING (scene_id) WHERE id = old.id);
    END;
    CREATE TRIGGER job_changed AFTER UPDATE OF lane, state, attempts, reason ON jobs
    WHEN old.lane != new.lane OR old.state != new.state
        OR (old.attempts > 0) != (new.attempts > 0) OR old.reason IS NOT new.reason
    BEGIN
        INSERT INTO job_counts SELECT kind, lane, shown, reason, 1 FROM shown_jobs
            WHERE id = new.id
            ON CONFLICT (kind, lane, shown, reason) DO UPDATE SET number = number + 1;
        UPDATE state_counts SET number = number - 1 WHERE state = (
            SELECT state FROM waiting_scenes JOIN states USING (scene_id) WHERE id = new.id);
    END;
    CREATE TRIGGER state_comes AFTER INSERT ON states BEGIN
        INSERT INTO state_counts VALUES (new.state, NOT EXISTS (
            SELECT 1 FROM waiting_scenes WHERE scene_id = new.scene_id))
            ON CONFLICT (state) DO UPDATE SET number = number + excluded.number;
    END;
    CREATE TRIGGER state_goes AFTER DELETE ON states BEGIN
        UPDATE state_counts SET number = number - 1 WHERE state = old.state AND NOT EXISTS (
            SELECT 1 FROM waiting_scenes WHERE scene_id = old.scene_id);
    END;
    CREATE TRIGGER state_changed AFTER UPDATE OF state ON states WHEN old.state != new.state
    BEGIN
        UPDATE state_counts SET number = number - 1 WHERE state = old.state AND NOT EXISTS (
            SELECT 1 FROM waiting_scenes WHERE scene_id = old.scene_id);
        INSERT INTO state_counts VALUES (new.state, NOT EXISTS (
            SELECT 1 FROM waiting_scenes WHERE scene_id = new.scene_id))
            ON CONFLICT (state) DO UPDATE SET number = number + excluded.number;
    END;
    CREATE INDEX jobs_retrying ON jobs (due_at, id) WHERE state = 'queued' AND attempts > 0;
    CREATE INDEX jobs_by_reason ON jobs (reason, due_at)
        WHERE state = 'queued' AND attempts = 0 AND reason IS NOT NULL;
"""

RELEASED = {
    1: Released(_FIRST_SCHEMA, _FIRST_ROWS),
    2: Released(_FIRST_SCHEMA + _LOG_LINES_SCHEMA, _FIRST_ROWS + _LOG_LINES_ROWS),
    3: Released(
        _FIRST_SCHEMA + _LOG_LINES_SCHEMA + _SET_AT_SCHEMA,
        _FIRST_ROWS + _LOG_LINES_ROWS + _SET_AT_ROWS,
    ),
    4: Released(
        _FIRST_SCHEMA + _LOG_LINES_SCHEMA + _SET_AT_SCHEMA + _SHOWN_SCHEMA,
        _FIRST_ROWS + _LOG_LINES_ROWS + _SET_AT_ROWS,
    ),
    5: Released(
        _FIRST_SCHEMA + _LOG_LINES_SCHEMA + _SET_AT_SCHEMA + _SHOWN_SCHEMA + _COUNTED_SCHEMA,
        _FIRST_ROWS + _LOG_LINES_ROWS + _SET_AT_ROWS,
    ),
}
"""By schema version."""


def write_released(data_dir: Path, version: int) -> None:
    """The job database of that version, as its last process left it."""
    path = data_dir / FILE_NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(RELEASED[version].schema)
        connection.executescript(RELEASED[version].rows)
        connection.execute(f"PRAGMA user_version={version}")
        connection.commit()
    path.chmod(0o600)
