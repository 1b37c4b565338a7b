"""What a sync would write, as the last preview has found: for a page, which looks at it in parts.

A cache of its own file: it can be deleted at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.database import Database

FILE_NAME = "preview.db"

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE rounds (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        began_at REAL NOT NULL,
        ended_at REAL,
        same INTEGER NOT NULL DEFAULT 0,
        not_synced INTEGER NOT NULL DEFAULT 0,
        by_field TEXT NOT NULL DEFAULT '{}',
        changed INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        round INTEGER NOT NULL,
        scene_id INTEGER NOT NULL,
        content TEXT NOT NULL
    );
    CREATE INDEX changes_by_round ON changes (round, id);
    CREATE TABLE fields (
        round INTEGER NOT NULL,
        field TEXT NOT NULL,
        change INTEGER NOT NULL,
        PRIMARY KEY (round, field, change)
    ) WITHOUT ROWID;
    """,
)


_OF_FIELD = "fields JOIN changes ON changes.id = change WHERE fields.round = ? AND field = ?"


@dataclass(frozen=True, slots=True)
class Round:
    """One preview of everything. `ended_at` None: it is under way, or was left. `by_field`: how
    many items would change in each; `same`: items that would not; `not_synced`: scenes."""

    id: int
    began_at: float
    ended_at: float | None
    same: int
    not_synced: int
    by_field: dict[str, int]
    changed: int


@dataclass(frozen=True, slots=True)
class Change:
    """An item that would be written: what to show of it, and in which fields."""

    scene_id: int
    fields: Sequence[str]
    content: Any


class PreviewStore:
    """All may raise StorageError; times in epoch seconds."""

    def __init__(self, data_dir: str) -> None:
        self._database = Database(data_dir, FILE_NAME, MIGRATIONS, synchronous="NORMAL")

    def begin(self, now: float) -> int:
        """A new round, beside the last complete one."""
        with self._database.write() as connection:
            left = [
                row[0] for row in connection.execute("SELECT id FROM rounds WHERE ended_at IS NULL")
            ]
            for each in left:
                _forget(connection, each)
            return int(
                connection.execute("INSERT INTO rounds (began_at) VALUES (?)", (now,)).lastrowid
                or 0
            )

    def add(self, number: int, changes: Sequence[Change], same: int, not_synced: int) -> None:
        """One page of a round."""
        counts: Counter[str] = Counter()
        with self._database.write() as connection:
            for each in changes:
                row = connection.execute(
                    "INSERT INTO changes (round, scene_id, content) VALUES (?, ?, ?)",
                    (number, each.scene_id, json.dumps(each.content)),
                ).lastrowid
                fields = set(each.fields)
                connection.executemany(
                    "INSERT INTO fields VALUES (?, ?, ?)", [(number, name, row) for name in fields]
                )
                counts.update(fields)
            known = connection.execute("SELECT by_field FROM rounds WHERE id = ?", (number,))
            counts.update(json.loads(known.fetchone()[0]))
            connection.execute(
                "UPDATE rounds SET changed = changed + ?, same = same + ?,"
                " not_synced = not_synced + ?, by_field = ? WHERE id = ?",
                (len(changes), same, not_synced, json.dumps(counts), number),
            )

    def finish(self, number: int, now: float) -> None:
        """It takes the place of former ones."""
        with self._database.write() as connection:
            connection.execute("UPDATE rounds SET ended_at = ? WHERE id = ?", (now, number))
            former = connection.execute("SELECT id FROM rounds WHERE id < ?", (number,)).fetchall()
            for (each,) in former:
                _forget(connection, each)

    def newest(self) -> Round | None:
        """The last complete one; if there is none, the one under way."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT id, began_at, ended_at, same, not_synced, by_field, changed FROM rounds"
                " ORDER BY ended_at IS NULL, id DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        round_id, began_at, ended_at, same, not_synced, by_field, changed = row
        return Round(round_id, began_at, ended_at, same, not_synced, json.loads(by_field), changed)

    def page(self, number: int, offset: int, limit: int, field: str | None = None) -> list[Any]:
        """What to show of so many changes, in the order of the scenes; of one field if given."""
        source, values = "changes WHERE round = ?", [number, limit, offset]
        if field is not None:
            source, values = _OF_FIELD, [number, field, limit, offset]  # type: ignore[list-item]
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT content FROM {source} ORDER BY changes.id LIMIT ? OFFSET ?",  # noqa: S608 - ours
                values,
            ).fetchall()
        return [json.loads(content) for (content,) in rows]

    def scenes_with(self, number: int, field: str) -> list[int]:
        """The scenes of which an item would change in this field."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT DISTINCT scene_id FROM {_OF_FIELD} ORDER BY scene_id",  # noqa: S608 - ours
                (number, field),
            ).fetchall()
        return [row[0] for row in rows]

    def close(self) -> None:
        self._database.close()


def _forget(connection: Any, number: int) -> None:
    for table in ("changes", "fields"):
        connection.execute(f"DELETE FROM {table} WHERE round = ?", (number,))  # noqa: S608 - ours
    connection.execute("DELETE FROM rounds WHERE id = ?", (number,))
