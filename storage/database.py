"""One SQLite connection shared by the threads of a process."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from storage.sqlite import make_private_folder, open_database, storage_error


class Database:
    """A connection under a lock. Keep transactions short: no network within one.

    All methods may raise StorageError; see `storage.sqlite.open_database` for the arguments.
    """

    def __init__(
        self, data_dir: str, file_name: str, migrations: tuple[str, ...], synchronous: str = "FULL"
    ) -> None:
        make_private_folder(data_dir)
        self.data_dir = data_dir
        self.path = os.path.join(data_dir, file_name)
        self._lock = threading.RLock()
        self._connection = open_database(self.path, migrations, synchronous=synchronous)
        self._file = self._file_now()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed at the end, or rolled back."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for single statements."""
        with self._lock, self._translated():
            yield self._connection

    def data_version(self) -> int:
        """A number that changes when another process has committed something. Costs next to
        nothing (https://www.sqlite.org/pragma.html#pragma_data_version)."""
        with self.read() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def is_in_place(self) -> bool:
        """False once the file was deleted or set aside: we write to what nobody else sees."""
        return self._file == self._file_now()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _file_now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise storage_error(self.path, error) from error
