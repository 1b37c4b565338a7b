"""Where the evidence for learned mappings is kept: in the path index, and gone with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from matching.evidence import Evidence, Mapping, read_mappings
from plex.matcher import PathRule
from storage.cache import CacheDatabase

# More files say nothing more. Pairs that never become mappings are forgotten when they are many.
MOST_PER_MAPPING = 20
MOST_PAIRS = 500


class LearnedMappings:
    """The mappings learned from this server's files, shared by all processes."""

    def __init__(self, store: CacheDatabase) -> None:
        self._store = store

    def rules(self) -> list[PathRule]:
        """The mappings that are believed."""
        return [mapping.rule for mapping in self.all() if mapping.is_believed]

    def all(self) -> list[Mapping]:
        """Every pair of folders that a file spoke for or against, the best confirmed first."""
        return read_mappings(self._store)

    def remember(self, evidence: Iterable[Evidence]) -> None:
        """Store what files say. A file that says otherwise later is counted once, as it is now."""
        with self._store.write() as connection:
            for each in evidence:
                if not each.agrees or _has_room(connection, each):
                    connection.execute(
                        "REPLACE INTO evidence VALUES (?, ?, ?, ?)",
                        (each.source, each.target, each.file, int(each.agrees)),
                    )
            _forget_strays(connection)

    @staticmethod
    def forget_all(connection: sqlite3.Connection) -> None:
        """Within the caller's transaction."""
        connection.execute("DELETE FROM evidence")


def _has_room(connection: sqlite3.Connection, evidence: Evidence) -> bool:
    """Whether more files are wanted, or this one had said otherwise."""
    count, known = connection.execute(
        "SELECT count(*), total(file = ?) FROM evidence WHERE source = ? AND target = ?",
        (evidence.file, evidence.source, evidence.target),
    ).fetchone()
    return bool(known or count < MOST_PER_MAPPING)


def _forget_strays(connection: sqlite3.Connection) -> None:
    """A library without any order makes a pair of each file."""
    pairs = connection.execute(
        "SELECT count(*) FROM (SELECT DISTINCT source, target FROM evidence)"
    ).fetchone()[0]
    if pairs > MOST_PAIRS:
        connection.execute(
            "DELETE FROM evidence WHERE (source, target) IN"
            " (SELECT source, target FROM evidence GROUP BY source, target HAVING count(*) = 1)"
        )
