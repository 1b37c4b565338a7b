"""Items that Plex can't list, by their place: left out of the path index, and looked for again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from storage.cache import CacheDatabase

if TYPE_CHECKING:
    from plex.client import PlexSection


class LeftOut(NamedTuple):
    """An item of a library that Plex can't list: at `place` in the order of ids, counted from 0,
    behind the item `after_key` (0: behind none that is known)."""

    library: str
    place: int
    after_key: int

    def __str__(self) -> str:
        behind = f", behind the one of rating key {self.after_key}" if self.after_key else ""
        return f"item {self.place + 1} of library {self.library}{behind}"


class LeftOutItems:
    """Kept in the path index, which tells a section's id in it by `id_of` its key.

    Methods may raise IndexRenewed and StorageError.
    """

    def __init__(self, store: CacheDatabase, id_of: Callable[[str], int]) -> None:
        self._store = store
        self._id_of = id_of

    def remember(self, section: PlexSection, found: LeftOut, reading_round: int) -> bool:
        """Note what this round of reading met; whether it is news."""
        own = self._id_of(section.key)
        with self._store.write() as connection:
            known = connection.execute(
                "SELECT 1 FROM left_out WHERE section = ? AND place = ?", (own, found.place)
            ).fetchone()
            connection.execute(
                "INSERT OR REPLACE INTO left_out VALUES (?, ?, ?, ?, ?, ?)",
                (
                    own,
                    found.place,
                    found.after_key,
                    found.library,
                    reading_round,
                    self._store.now(),
                ),
            )
        return known is None

    def count(self, section: PlexSection, *, older_s: float = -1.0) -> int:
        """How many of the section's there are that were looked at so long ago."""
        with self._store.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM left_out WHERE section = ? AND ? - looked_at > ?",
                (self._id_of(section.key), self._store.now(), older_s),
            ).fetchone()
        return int(row[0])


def read_left_out(store: CacheDatabase) -> list[LeftOut]:
    """Those of whatever server. May raise IndexRenewed and StorageError."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT title, place, after_key FROM left_out ORDER BY section, place"
        ).fetchall()
    return [LeftOut(*row) for row in rows]


def forget_older(connection: sqlite3.Connection, section_id: int, reading_round: int) -> None:
    """Drop what earlier rounds of reading met, in the transaction that ends this one."""
    connection.execute(
        "DELETE FROM left_out WHERE section = ? AND round < ?", (section_id, reading_round)
    )
