"""The file of what came from Plex: one that turns out to be damaged is set aside, and everything is
noted anew."""

from __future__ import annotations

from jobs.anew import open_anew
from playback.schema import FILE_NAME, MIGRATIONS
from storage.database import Database
from storage.mended import MendedDatabase

WHAT = "the file of what came from Plex"
ADVICE = "how things stand is noted anew; what came before can't be taken back any more"


def open_file(data_dir: str) -> Database:
    """Raises StorageError."""
    return open_anew(
        lambda: MendedDatabase(data_dir, FILE_NAME, MIGRATIONS, WHAT, ADVICE), WHAT, ADVICE
    )


def has_begun(database: Database, server: str, what: str) -> bool:
    """Whether it is noted how things of this kind stood at the first look at this server."""
    with database.read() as connection:
        found = connection.execute(
            "SELECT 1 FROM begun WHERE server = ? AND what = ?", (server, what)
        ).fetchone()
    return found is not None


def begin(database: Database, server: str, what: str) -> None:
    """From now on it is."""
    with database.write() as connection:
        connection.execute("REPLACE INTO begun VALUES (?, ?)", (server, what))
