"""What was written when, newest first, as long as it is kept: for people, and for undoing a run.

That everything can be put back as it was before us doesn't hang on this: the ledger's items know.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.rows import load_value, plain_value
from plex.items import PlexItem
from storage.database import Database
from sync.pictures import PictureMemory
from sync.plan import Edit
from sync.values import Before

KEPT_WRITES = 100_000
KEPT_S = 30 * 86_400.0
# Not at each write: it costs a look at the eldest.
CLEARED_EVERY = 100
ROWS_AT_ONCE = 100

_COLUMNS = "id, at, run, server, rating_key, scene_id, title, fields"


@dataclass(frozen=True, slots=True)
class Write:
    """What Plex has confirmed of one item at once. `at` in epoch seconds; `run`: see `jobs.runs`,
    0 for an edit that a hook told of; `title`: the item's, before it was written."""

    id: int
    at: float
    run: int
    server: str
    rating_key: int
    scene_id: int
    title: str
    fields: Mapping[str, Before]


@dataclass(frozen=True, slots=True)
class NewWrite:
    """One that is to be kept."""

    rating_key: int
    scene_id: int
    title: str
    fields: Mapping[str, Before]


class Writes:
    """In the ledger's own database. All may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, limit: int, before: int | None = None) -> list[Write]:
        """The newest, or those before the one of this id."""
        return self._rows("id < ?", before or 1 << 62, limit=limit)

    def before_run(
        self, run: int, server: str, *, force: bool = False, after: int = -1
    ) -> Iterator[dict[int, dict[str, Before]]]:
        """What the items of a run had before it, by rating key and field, in pages; without the
        fields that were written again since, unless `force`. Those `after` one."""
        while True:
            with self._database.read() as connection:
                keys = [
                    row[0]
                    for row in connection.execute(
                        "SELECT DISTINCT rating_key FROM writes WHERE run = ? AND rating_key > ?"
                        " ORDER BY rating_key LIMIT ?",
                        (run, after, ROWS_AT_ONCE),
                    )
                ]
                found = {key: _before(connection, run, server, key, force) for key in keys}
            if not keys:
                return
            yield {key: fields for key, fields in found.items() if fields}
            after = keys[-1]

    def of_scene(self, scene_id: int, limit: int) -> list[Write]:
        """The newest of a scene."""
        return self._rows("scene_id = ?", scene_id, limit=limit)

    def count(self, run: int) -> tuple[int, int]:
        """How many scenes and items a run has written to, as far as it is kept."""
        with self._database.read() as connection:
            found = connection.execute(
                "SELECT count(DISTINCT scene_id), count(DISTINCT server || rating_key) FROM writes"
                " WHERE run = ?",
                (run,),
            ).fetchone()
        return int(found[0]), int(found[1])

    def fields_of(self, run: int) -> dict[str, int]:
        """The fields that a run has written, each with the number of items."""
        counts: dict[str, int] = {}
        with self._database.read() as connection:
            for (fields,) in connection.execute("SELECT fields FROM writes WHERE run = ?", (run,)):
                for name in json.loads(fields):
                    counts[name] = counts.get(name, 0) + 1
        return counts

    def _rows(self, condition: str, *values: object, limit: int) -> list[Write]:
        with self._database.read() as connection:
            return _writes(connection, condition, *values, limit=limit)


def written(item: PlexItem, scene_id: int, edits: Iterable[Edit]) -> NewWrite:
    """What Plex had before these edits."""
    locked = item.state.locked
    fields = {each.field: Before(each.old, each.field in locked) for each in edits}
    return NewWrite(item.rating_key, scene_id, item.title, fields)


def shown(
    item: PlexItem,
    scene_id: int,
    before: Mapping[str, PictureMemory],
    after: Mapping[str, PictureMemory],
) -> NewWrite:
    """As `written`, of pictures."""
    fields = {
        name: Before(was, name in item.state.locked)
        for name, each in after.items()
        if each.sha1 != (was := before.get(name, PictureMemory()).sha1)
    }
    return NewWrite(item.rating_key, scene_id, item.title, fields)


def keep(
    connection: sqlite3.Connection, server: str, run: int, now: float, writes: Iterable[NewWrite]
) -> None:
    """Within a transaction of the ledger; `now` in epoch seconds. What has no fields is no news,
    and what is written to collections belongs to no scene."""
    for each in writes:
        if not (each.fields and each.scene_id):
            continue
        cursor = connection.execute(
            "INSERT INTO writes (at, run, server, rating_key, scene_id, title, fields)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (now, run, server, each.rating_key, each.scene_id, each.title, _dump(each.fields)),
        )
        if (cursor.lastrowid or 0) % CLEARED_EVERY == 0:
            connection.execute(
                "DELETE FROM writes WHERE id <= ? OR (at < ? AND id < ?)",
                ((cursor.lastrowid or 0) - KEPT_WRITES, now - KEPT_S, cursor.lastrowid),
            )


def _before(
    connection: sqlite3.Connection, run: int, server: str, rating_key: int, force: bool
) -> dict[str, Before]:
    # Under this key there may be another scene's item by now: that was never like this.
    owner = connection.execute(
        "SELECT scene_id FROM items WHERE server = ? AND rating_key = ?", (server, rating_key)
    ).fetchone()
    mine = [
        each
        for each in _writes(connection, "run = ? AND rating_key = ?", run, rating_key)
        if each.server == server and owner == (each.scene_id,)
    ]
    # The first of a field wins: what was there before the run.
    fields = {name: each for write in mine for name, each in write.fields.items()}
    if not mine or force:
        return fields
    later = _writes(
        connection,
        "scene_id = ? AND id > ? AND rating_key = ? AND server = ?",
        mine[0].scene_id,
        mine[0].id,
        rating_key,
        server,
    )
    again = {name for write in later if write.run != run for name in write.fields}
    return {name: each for name, each in fields.items() if name not in again}


def _writes(
    connection: sqlite3.Connection, condition: str, *values: object, limit: int = -1
) -> list[Write]:
    """Newest first; -1 for all."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE {condition} ORDER BY id DESC LIMIT ?",  # noqa: S608 - ours
        (*values, limit),
    ).fetchall()
    return [_write(row) for row in rows]


def _dump(fields: Mapping[str, Before]) -> str:
    return json.dumps(
        {name: [plain_value(each.value), each.is_locked] for name, each in fields.items()}
    )


def _write(row: tuple[Any, ...]) -> Write:
    fields = {
        name: Before(load_value(value), is_locked)
        for name, (value, is_locked) in json.loads(row[-1]).items()
    }
    write_id, at, run, server, rating_key, scene_id, title, _ = row
    return Write(write_id, at, run, server, rating_key, scene_id, title, fields)
