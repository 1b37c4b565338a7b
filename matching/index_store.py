"""The SQLite file behind the path index. Only a cache: a damaged one is set aside, begun anew."""

from __future__ import annotations

from collections.abc import Callable

from errors import TransientError
from storage.cache import CacheDatabase

FILE_NAME = "plex-index.db"

# Never edit an entry that was released: append one.
#
# sections: `round` is the reading of the whole listing that is under way or done last, `done` the
# last that was finished; `listed` and `last_key` say how far the one under way has come;
# `added_at` and `updated_at` are the newest times seen, on Plex's clock; `read_at` is when the
# last reading was finished, on ours.
# left_out: items that Plex can't list, by their place in the order of ids, in the library of this
# `title`, behind the item `after_key`; `round` and `looked_at` are of the reading that met them.
# files: hashes instead of texts in the indexes keep them small and quick to fill; a hit is
# compared with the text. evidence: see matching/learning.py.
MIGRATIONS = (
    """
    CREATE TABLE sections (
        id INTEGER PRIMARY KEY,
        server TEXT NOT NULL,
        key TEXT NOT NULL,
        uuid TEXT NOT NULL,
        round INTEGER NOT NULL DEFAULT 1,
        done INTEGER NOT NULL DEFAULT 0,
        listed INTEGER NOT NULL DEFAULT 0,
        last_key INTEGER NOT NULL DEFAULT 0,
        added_at INTEGER NOT NULL DEFAULT 0,
        updated_at INTEGER NOT NULL DEFAULT 0,
        UNIQUE (server, key)
    );
    CREATE TABLE items (
        section INTEGER NOT NULL,
        rating_key INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        round INTEGER NOT NULL,
        PRIMARY KEY (section, rating_key)
    ) WITHOUT ROWID;
    CREATE TABLE files (
        section INTEGER NOT NULL,
        rating_key INTEGER NOT NULL,
        path TEXT NOT NULL,
        path_hash INTEGER NOT NULL,
        name_hash INTEGER NOT NULL,
        size INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL
    );
    CREATE INDEX files_by_item ON files (rating_key);
    CREATE INDEX files_by_path ON files (path_hash);
    CREATE INDEX files_by_name ON files (name_hash);
    CREATE TABLE evidence (
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        file TEXT NOT NULL,
        agrees INTEGER NOT NULL,
        PRIMARY KEY (source, target, file)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE sections ADD COLUMN read_at REAL NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE left_out (
        section INTEGER NOT NULL,
        place INTEGER NOT NULL,
        after_key INTEGER NOT NULL,
        title TEXT NOT NULL,
        round INTEGER NOT NULL,
        looked_at REAL NOT NULL,
        PRIMARY KEY (section, place)
    ) WITHOUT ROWID;
    """,
)


LOOKUP_INDEXES = {"files_by_path": "path_hash", "files_by_name": "name_hash"}
"""Those of `files` that look-ups need, by column. Hashes come in no order: while a library is
read for the first time they do without, see `matching.index.PathIndex.begin_reading`."""


class IndexRenewed(TransientError):
    """The index turned out to be damaged and is empty now: prepare it again."""

    reason = "index renewed"

    def __init__(self) -> None:
        super().__init__("the path index was damaged and is built anew")


def open_index(data_dir: str, now: Callable[[], float]) -> CacheDatabase:
    """`now` gives epoch seconds. Raises StorageError; `read` and `write` also IndexRenewed."""
    return CacheDatabase(data_dir, FILE_NAME, MIGRATIONS, now, "it is built anew", IndexRenewed)
