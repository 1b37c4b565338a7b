"""A database that is needed for long: one that turns out to be damaged, or that another process has
set aside, is opened anew in the midst of the work."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from storage.database import Database
from storage.sqlite import DatabaseDamaged, StorageError, open_database, set_aside


class MendedDatabase(Database):
    """As a `Database`. What meets the damage fails with StorageError all the same, and may be asked
    again. `what` and `consequence`: what it is and what follows from its loss, for the error. The
    argument `prepare` is called before each opening, with the data folder."""

    def __init__(
        self,
        data_dir: str,
        file_name: str,
        migrations: tuple[str, ...],
        what: str,
        consequence: str = "",
        prepare: Callable[[str], None] = lambda _data_dir: None,
    ) -> None:
        self._migrations = migrations
        self._what = what
        self._consequence = consequence
        self._prepare = prepare
        prepare(data_dir)
        super().__init__(data_dir, file_name, migrations)

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
            if not self.is_in_place():
                # Another process has set it aside.
                self._open_anew()
            try:
                yield
            except DatabaseDamaged as error:
                # First, since Windows renames nothing that is open.
                self._connection.close()
                name = set_aside(error.path, time.time())
                self._open_anew()
                kept = f" and is kept as {name}" if name else ""
                then = f"; {self._consequence}" if self._consequence else ""
                raise StorageError(f"{self._what} was damaged{kept}{then}: {error}") from error

    def _open_anew(self) -> None:
        self._connection.close()
        self._prepare(self.data_dir)
        self._connection = open_database(self.path, self._migrations)
        self._file = self._file_now()
