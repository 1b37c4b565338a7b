"""The file of what came from Plex: one that turns out to be damaged is set aside, and everything is
noted anew."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.anew import open_anew
from playback.schema import FILE_NAME, MIGRATIONS
from storage.database import Database
from storage.sqlite import DatabaseDamaged, StorageError, open_database, set_aside

WHAT = "the file of what came from Plex"
ADVICE = "how things stand is noted anew; what came before can't be taken back any more"


class PlaybackFile(Database):
    """As a `Database`. Damage that is met in the middle is no reason for a worker to end: what was
    asked fails with StorageError, and finds an empty file the next time."""

    def __init__(self, data_dir: str) -> None:
        super().__init__(data_dir, FILE_NAME, MIGRATIONS)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        with self._mended(), super().write() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._mended(), super().read() as connection:
            yield connection

    @contextmanager
    def _mended(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except DatabaseDamaged as error:
                # First, since Windows renames nothing that is open.
                self._connection.close()
                name = set_aside(error.path, time.time())
                self._connection = open_database(self.path, MIGRATIONS)
                self._file = self._file_now()
                kept = f" and is kept as {name}" if name else ""
                raise StorageError(f"{WHAT} was damaged{kept}; {ADVICE}: {error}") from error


def open_file(data_dir: str) -> Database:
    """Raises StorageError."""
    return open_anew(lambda: PlaybackFile(data_dir), WHAT, ADVICE)
