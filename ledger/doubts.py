"""What may have been written between a copy of the ledger and the loss of the ledger itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from storage.database import Database


class Recovery(NamedTuple):
    """A copy of `copied_at` took the ledger's place at `used_at` (epoch seconds). `items`: how many
    may have been written in between."""

    copied_at: float
    used_at: float
    items: int


class Doubts:
    """In the ledger's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recovery(self) -> Recovery | None:
        """The newest one; None if the ledger was never lost."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT copied_at, used_at, (SELECT count(*) FROM doubts) FROM recoveries"
                " ORDER BY used_at DESC LIMIT 1"
            ).fetchone()
        return None if row is None else Recovery(*row)

    def among(self, server: str, rating_keys: Iterable[int]) -> frozenset[int]:
        """Those that may have been written meanwhile: known to the copy, or unknown to it."""
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM recoveries").fetchone() is None:
                return frozenset()
            return frozenset(
                key
                for key in rating_keys
                if connection.execute(
                    "SELECT EXISTS (SELECT 1 FROM doubts WHERE server = ? AND rating_key = ?)"
                    " OR NOT EXISTS (SELECT 1 FROM items WHERE server = ? AND rating_key = ?)",
                    (server, key, server, key),
                ).fetchone()[0]
            )

    def remember(self, server: str, rating_keys: Iterable[int]) -> None:
        """What was there before is not known of these either."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO doubts VALUES (?, ?)",
                [(server, key) for key in rating_keys],
            )
