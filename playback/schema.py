"""The file of what came from Plex, and its schema, version by version."""

from __future__ import annotations

FILE_NAME = "playback.db"

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE plays (
        server TEXT NOT NULL,
        key TEXT NOT NULL,
        viewed_at INTEGER NOT NULL,
        account_id INTEGER NOT NULL,
        rating_key INTEGER NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL,
        scene_id INTEGER,
        file TEXT NOT NULL DEFAULT '',
        beside INTEGER NOT NULL DEFAULT 0,
        changed_at REAL NOT NULL,
        PRIMARY KEY (server, key, viewed_at, account_id)
    ) WITHOUT ROWID;
    CREATE INDEX plays_by_state ON plays (server, state, viewed_at);
    CREATE INDEX plays_by_scene ON plays (scene_id) WHERE scene_id IS NOT NULL;
    CREATE TABLE marks (
        server TEXT PRIMARY KEY,
        noted_at REAL NOT NULL,
        newest INTEGER NOT NULL
    );
    CREATE TABLE positions (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        scene_id INTEGER,
        plex_s REAL NOT NULL,
        stash_s REAL,
        pending_s REAL,
        view_count INTEGER NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    CREATE TABLE rated (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        rated_at INTEGER NOT NULL,
        rating100 INTEGER NOT NULL,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    CREATE TABLE ratings (
        server TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        plex INTEGER,
        stash INTEGER,
        PRIMARY KEY (server, rating_key)
    ) WITHOUT ROWID;
    CREATE TABLE own_writes (
        scene_id INTEGER PRIMARY KEY,
        fingerprint TEXT NOT NULL
    );
    CREATE TABLE accounts (
        server TEXT NOT NULL,
        account_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (server, account_id)
    ) WITHOUT ROWID;
    CREATE TABLE begun (
        server TEXT NOT NULL,
        what TEXT NOT NULL,
        PRIMARY KEY (server, what)
    ) WITHOUT ROWID;
    CREATE TABLE told (
        server TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (server, text)
    ) WITHOUT ROWID;
    """,
    # `stays`: what both sides have is known to differ, and neither is to follow the other.
    """
    ALTER TABLE ratings ADD COLUMN stays INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE brought (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        server TEXT NOT NULL,
        what TEXT NOT NULL,
        scene_id INTEGER NOT NULL,
        title TEXT NOT NULL,
        items TEXT NOT NULL,
        before REAL,
        after REAL,
        seen TEXT NOT NULL DEFAULT '',
        state TEXT NOT NULL,
        at REAL NOT NULL
    );
    CREATE INDEX brought_by_scene ON brought (scene_id, what, id);
    """,
)
