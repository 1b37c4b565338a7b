"""What the ledger knew of items before they were written, for writes that are taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ledger.rows import dump_pictures, load_pictures
from storage.database import Database
from sync.pictures import PictureMemory

_COLUMNS = (
    "scene_id, path, original, baseline, pending, written_at, released, pictures, answers,"
    " overtaken"
)
_PICTURES = 7

Row = tuple[Any, ...]


class FormerRows:
    """In the ledger's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, server: str, rating_keys: Iterable[int]) -> dict[int, Row | None]:
        """As they are now; None for items that were never written to."""
        with self._database.read() as connection:
            return {key: _row(connection, server, key) for key in rating_keys}

    def bring_back(self, server: str, rows: Mapping[int, Row | None]) -> None:
        """What was confirmed since counts no more. What was uploaded is remembered all the same,
        since Plex keeps it for ever."""
        with self._database.write() as connection:
            for key, row in rows.items():
                now = _row(connection, server, key)
                if now is None:
                    continue
                connection.execute(
                    "DELETE FROM items WHERE server = ? AND rating_key = ?", (server, key)
                )
                uploads = load_pictures(now[_PICTURES])
                former = load_pictures(row[_PICTURES]) if row else {}
                pictures = {
                    name: replace(former.get(name, PictureMemory()), uploaded=each.uploaded)
                    for name, each in uploads.items()
                }
                if row is None and not any(each.uploaded for each in pictures.values()):
                    continue
                kept = row or (*now[:3], "{}", None, None, 0, "{}", "{}", "[]")
                content = (*kept[:_PICTURES], dump_pictures(pictures), *kept[_PICTURES + 1 :])
                connection.execute(
                    f"INSERT INTO items (server, rating_key, {_COLUMNS})"  # noqa: S608 - a constant
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (server, key, *content),
                )


def _row(connection: sqlite3.Connection, server: str, key: int) -> Row | None:
    row: Row | None = connection.execute(
        f"SELECT {_COLUMNS} FROM items WHERE server = ? AND rating_key = ?",  # noqa: S608 - a constant
        (server, key),
    ).fetchone()
    return row
