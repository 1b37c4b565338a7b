"""The job store's file and its schema, version by version."""

from __future__ import annotations

FILE_NAME = "jobs.db"

# Kinds of jobs: the Stash object that may differ from Plex.
SCENE = "scene"
PERFORMER = "performer"
STUDIO = "studio"
TAG = "tag"
GROUP = "group"

# Lanes in the order in which they are served.
LIVE = 0  # a person edited something just now
BACKGROUND = 1  # follows from an event, e.g. the scenes of a renamed performer
TASK = 2  # queued by a task, drained by tasks only
RUN = 3  # queued by what a person asked the worker to do as a whole, or handed over by a task
CHECK = 4  # a look at what nobody said had changed

# What a person changes in one go is live; more than so many objects are background work.
MOST_LIVE = 100

LANE_NAMES = {LIVE: "live", BACKGROUND: "background", TASK: "task", RUN: "run", CHECK: "check"}

# Whose jobs a worker serves.
WORKER_LANES = (LIVE, BACKGROUND, RUN, CHECK)

# And a task.
TASK_LANES = (LIVE, BACKGROUND, TASK, RUN)

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
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
    """,
    """
    CREATE TABLE log_lines (
        id INTEGER PRIMARY KEY,
        letter TEXT NOT NULL,
        line TEXT NOT NULL
    );
    """,
    # When `due_at` was set: where that lies ahead, the clock was set back since.
    """
    ALTER TABLE jobs ADD COLUMN set_at REAL NOT NULL DEFAULT 0;
    UPDATE jobs SET set_at = created_at;
    CREATE INDEX jobs_put_off ON jobs (set_at) WHERE due_at > 0;
    """,
    # What people are shown: how each scene came out last (`jobs.states`), what happened by day
    # (`jobs.days`), what was asked for as a whole (`jobs.runs`). And a lane between two others.
    """
    UPDATE jobs SET lane = 4 WHERE lane = 3;
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
    """,
    # A page asks every few seconds how many there are of what: nobody is to count 100,000 rows for
    # it. `job_counts` is by what is shown of a job, whoever has claimed it; `state_counts` leaves
    # out the scenes whose job says that they wait. Numbers may be 0.
    """
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
    INSERT INTO job_counts
        SELECT kind, lane, shown, reason, count(*) FROM shown_jobs
        GROUP BY kind, lane, shown, reason;
    INSERT INTO state_counts
        SELECT state, sum(scene_id NOT IN (SELECT scene_id FROM waiting_scenes)) FROM states
        GROUP BY state;
    CREATE INDEX jobs_retrying ON jobs (due_at, id) WHERE state = 'queued' AND attempts > 0;
    CREATE INDEX jobs_by_reason ON jobs (reason, due_at)
        WHERE state = 'queued' AND attempts = 0 AND reason IS NOT NULL;
    """,
)
