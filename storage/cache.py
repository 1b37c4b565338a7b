"""A database that may be lost: damaged, it is set aside, and an empty one takes its place."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from storage.database import Database
from storage.sqlite import DatabaseDamaged, set_aside

log = logging.getLogger(__name__)


class DatabaseRenewed(Exception):
    """See `CacheDatabase`."""


class CacheDatabase:
    """`consequence`: what follows from the loss, for the log. `now` gives epoch seconds.

    `read` and `write` may raise StorageError, and what `renewed` makes if the file turns out to be
    damaged: it is empty then, and what was asked of it is not done.
    """

    def __init__(
        self,
        data_dir: str,
        file_name: str,
        migrations: tuple[str, ...],
        now: Callable[[], float],
        consequence: str,
        renewed: Callable[[], Exception] = DatabaseRenewed,
    ) -> None:
        self.now = now
        self._path = os.path.join(data_dir, file_name)
        self._renewed = renewed
        self._consequence = consequence
        # Losing the last writes in a power cut costs no more than asking for them again.
        self._open = partial(Database, data_dir, file_name, migrations, synchronous="NORMAL")
        try:
            self._database = self._open()
        except DatabaseDamaged as error:
            self._set_aside(error)
            self._database = self._open()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for single statements."""
        with self._renewing(), self._database.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction; the block is cut short if the file is damaged."""
        with self._renewing(), self._database.write() as connection:
            yield connection

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _renewing(self) -> Iterator[None]:
        try:
            yield
        except DatabaseDamaged as error:
            self._database.close()
            self._set_aside(error)
            self._database = self._open()
            raise self._renewed() from error

    def _set_aside(self, error: DatabaseDamaged) -> None:
        name = set_aside(self._path, self.now())
        kept = f", the old one is {name}" if name else ""
        log.warning("%s; %s%s", error, self._consequence, kept)
