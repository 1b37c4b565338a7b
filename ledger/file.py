"""The ledger's database: one that turns out to be damaged is set aside and its copy used."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from jobs.anew import open_anew
from ledger.schema import FILE_NAME, MIGRATIONS
from storage.database import Database
from storage.sqlite import DatabaseDamaged, StorageError, open_database, set_aside

log = logging.getLogger(__name__)

_ADVICE = (
    "syncing goes on with its copy, if there is one; what was in Plex before our first edits can "
    "otherwise be restored only from that file or a backup of it"
)

Opened = TypeVar("Opened")


def open_ledger(open_it: Callable[[], Opened]) -> Opened:
    """What `open_it` returns. A damaged file is set aside first. Raises StorageError."""
    return open_anew(open_it, "the ledger", _ADVICE)


class LedgerFile(Database):
    """As a `Database`. Damage that is met in the middle is mended as far as it can be; what was
    asked fails with StorageError all the same and may be asked again."""

    def __init__(self, data_dir: str) -> None:
        _recover(data_dir)
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
                raise StorageError(
                    f"the ledger was damaged{f' and is kept as {name}' if name else ''}: {error}"
                ) from error

    def _open_anew(self) -> None:
        self._connection.close()
        _recover(self.data_dir)
        self._connection = open_database(self.path, MIGRATIONS)
        self._file = self._file_now()


def _recover(data_dir: str) -> None:
    """Where the ledger is gone, have its copy in its place."""
    try:
        is_there = os.stat(os.path.join(data_dir, FILE_NAME)).st_size > 0
    except OSError:
        is_there = False
    if not is_there:
        from ledger.second_copy import recover  # noqa: PLC0415 - large, and seldom needed

        recover(data_dir)
