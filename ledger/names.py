"""What performers, studios, tags and groups were called when all scenes that show them were queued
for it, since no scene's own time tells of that. Kept in `scenes.db`: names without the scenes that
were compared with them would hide what changed in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

COMPLETE_NOTE = "complete"

Rows = Callable[..., list[tuple[Any, ...]]]
Write = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Names:
    """Texts by kind and id, see `stash.overview`, and notes about the look that brought them. All
    methods may raise StorageError."""

    def __init__(self, rows: Rows, write: Write) -> None:
        self._rows = rows
        self._write = write

    def all(self) -> dict[str, dict[int, str]]:
        found: dict[str, dict[int, str]] = {}
        for kind, object_id, text in self._rows("SELECT kind, object_id, text FROM names"):
            found.setdefault(kind, {})[object_id] = text
        return found

    def store(
        self,
        new: Mapping[str, Mapping[int, str]],
        gone: Mapping[str, Iterable[int]],
        notes: Mapping[str, str],
    ) -> None:
        """Put these in place of the former ones, take away what is gone, and set the notes; in one
        transaction."""
        with self._write() as connection:
            connection.executemany(
                "REPLACE INTO names VALUES (?, ?, ?)",
                [(kind, key, text) for kind, each in new.items() for key, text in each.items()],
            )
            connection.executemany(
                "DELETE FROM names WHERE kind = ? AND object_id = ?",
                [(kind, key) for kind, each in gone.items() for key in each],
            )
            connection.executemany("REPLACE INTO notes VALUES (?, ?)", list(notes.items()))

    @property
    def is_complete(self) -> bool:
        """Whether a task has once come to its end with all scenes: from then on whatever isn't
        known is news, and nobody has to be asked before it is synced."""
        return bool(self.note(COMPLETE_NOTE))

    def complete(self) -> None:
        """A task has."""
        self.set_note(COMPLETE_NOTE, "yes")

    def note(self, name: str) -> str:
        """A small fact about these looks; "" if it isn't known."""
        rows = self._rows("SELECT value FROM notes WHERE name = ?", name)
        return str(rows[0][0]) if rows else ""

    def set_note(self, name: str, value: str) -> None:
        with self._write() as connection:
            connection.execute("REPLACE INTO notes VALUES (?, ?)", (name, value))
