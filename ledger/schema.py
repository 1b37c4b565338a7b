"""The ledger's file and its schema, version by version."""

from __future__ import annotations

FILE_NAME = "ledger.db"

# What is written to a collection belongs to no scene.
NO_SCENE = 0

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE items (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        scene_id INTEGER NOT NULL,
        path TEXT NOT NULL,
        original TEXT NOT NULL,
        baseline TEXT NOT NULL DEFAULT '{}',
        pending TEXT,
        written_at REAL,
        PRIMARY KEY (server, rating_key)
    );
    CREATE INDEX items_by_scene ON items (scene_id);
    """,
    """
    ALTER TABLE items ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE items ADD COLUMN pictures TEXT NOT NULL DEFAULT '{}';
    """,
    """
    CREATE TABLE collections (
        server TEXT NOT NULL,
        section TEXT NOT NULL,
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        source_id INTEGER NOT NULL,
        rating_key INTEGER,
        hint TEXT NOT NULL DEFAULT '',
        sorting TEXT NOT NULL DEFAULT '',
        failed_at REAL,
        PRIMARY KEY (server, section, name)
    );
    """,
    """
    ALTER TABLE items ADD COLUMN answers TEXT NOT NULL DEFAULT '{}';
    """,
    """
    CREATE INDEX items_by_time ON items (written_at);
    """,
    """
    ALTER TABLE items ADD COLUMN overtaken TEXT NOT NULL DEFAULT '[]';
    """,
    """
    CREATE TABLE recoveries (copied_at REAL NOT NULL, used_at REAL NOT NULL);
    CREATE TABLE doubts (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    """,
    # What was written when, see `ledger.writes`.
    """
    CREATE TABLE writes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        run INTEGER NOT NULL,
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        scene_id INTEGER NOT NULL,
        title TEXT NOT NULL,
        fields TEXT NOT NULL
    );
    CREATE INDEX writes_by_run ON writes (run, rating_key, id);
    CREATE INDEX writes_by_scene ON writes (scene_id, id);
    CREATE INDEX items_unmanaged ON items (scene_id) WHERE released = 1;
    """,
    """
    CREATE TABLE exclusions (scene_id INTEGER PRIMARY KEY, since REAL NOT NULL);
    """,
)
