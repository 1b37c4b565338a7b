"""What we knew of each scene when it was last looked at, so that the next look can be spared.

A cache: losing it costs one look at each scene. A scene's fingerprint is stored only once Plex is
known to show what it stands for, and is taken back before anything is compared or written again;
so a process that is killed leaves a scene to be looked at, never one wrongly taken for in step.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from jobs.schema import GROUP, PERFORMER, STUDIO, TAG
from ledger.names import Names
from storage.cache import CacheDatabase, DatabaseRenewed

FILE_NAME = "scenes.db"

# Never edit an entry that was released: append one.
#
# items: "<rating key>:<updatedAt>" each; links: " p12 s3 t45 g6 ", with a blank on either side of
# each, so that they can be searched as text; "" if nothing of the scene ever got to Plex.
MIGRATIONS = (
    """
    CREATE TABLE scenes (
        server TEXT NOT NULL,
        scene_id INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        is_settled INTEGER NOT NULL,
        items TEXT NOT NULL,
        links TEXT NOT NULL,
        PRIMARY KEY (scene_id, server)
    ) WITHOUT ROWID;
    CREATE TABLE marks (
        server TEXT PRIMARY KEY,
        updated_at TEXT NOT NULL
    );
    """,
    # rules: by which the fingerprint was made.
    """
    ALTER TABLE scenes ADD COLUMN rules TEXT NOT NULL DEFAULT '';
    DROP TABLE marks;
    CREATE TABLE names (
        kind TEXT NOT NULL,
        object_id INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (kind, object_id)
    ) WITHOUT ROWID;
    CREATE TABLE notes (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    );
    """,
)

_LETTERS = {PERFORMER: "p", STUDIO: "s", TAG: "t", GROUP: "g"}

ROWS_AT_ONCE = 5000
# The greatest that SQLite holds.
MAX_ID = (1 << 63) - 1

_COLUMNS = "fingerprint, updated_at, is_settled, items, rules"

# What a scene has to do with an object of Stash, as in the column `links`.
Link = str


@dataclass(frozen=True, slots=True)
class Known:
    """A scene as it was last looked at.

    `fingerprint`: of what Plex shows of it; "" if that isn't known, so that it needs a look.
    `updated_at`: Stash's text; `is_final`: that second was over, so that nothing else has it.
    `items`: rating key to Plex's time of update, 0 if the item needs a look in any case.
    `links`: what it had to do with. Empty items or links leave what is stored. `rules`: the digest
    of those by which the fingerprint was made.
    """

    fingerprint: str
    updated_at: str
    is_final: bool
    items: Mapping[int, int]
    links: Sequence[Link] = ()
    rules: str = ""

    def is_of(self, updated_at: str) -> bool:
        """Whether the scene was looked at since it was last changed."""
        return self.is_final and self.updated_at == updated_at


class SceneCache:
    """What is known of all scenes, by Plex server and scene id. For several processes.

    A file that turns out to be damaged is set aside, and then nothing is known. All methods may
    raise StorageError. `now` gives epoch seconds. `names`: what all else was called, of which the
    scenes tell nothing.
    """

    def __init__(self, data_dir: str, now: Callable[[], float]) -> None:
        self.names = Names(self._rows, self._write)
        # What was taken back before a power cut could be there again, so Plex's own times are
        # compared in any case.
        self._database = CacheDatabase(
            data_dir, FILE_NAME, MIGRATIONS, now, "all scenes are looked at anew"
        )

    def get(self, server: str, scene_ids: Iterable[int]) -> dict[int, Known]:
        """Those of the scenes that are known, without their links."""
        rows = (
            self._rows(
                f"SELECT scene_id, {_COLUMNS} FROM scenes"  # noqa: S608 - a constant
                " WHERE server = ? AND scene_id = ?",
                server,
                scene_id,
            )
            for scene_id in scene_ids
        )
        return {row[0]: _known(*row[1:]) for found in rows for row in found}

    def between(self, after: int, up_to: int | None) -> list[tuple[int, str, Known]]:
        """What is known of the scenes above one id and up to another (None for no end), by
        ascending id, each with the server. Without their links."""
        rows = self._rows(
            f"SELECT scene_id, server, {_COLUMNS} FROM scenes"  # noqa: S608 - a constant
            " WHERE scene_id > ? AND scene_id <= ? ORDER BY scene_id",
            after,
            MAX_ID if up_to is None else up_to,
        )
        return [(row[0], row[1], _known(*row[2:])) for row in rows]

    def store(self, server: str, known: Mapping[int, Known]) -> None:
        """Replace what is known of these scenes."""
        with self._write() as connection:
            connection.executemany(
                "INSERT INTO scenes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (scene_id, server) DO UPDATE SET"
                " fingerprint = excluded.fingerprint, updated_at = excluded.updated_at,"
                " is_settled = excluded.is_settled, rules = excluded.rules,"
                " items = CASE excluded.items WHEN '' THEN items ELSE excluded.items END,"
                " links = CASE excluded.links WHEN '' THEN links ELSE excluded.links END",
                [
                    (
                        server,
                        scene_id,
                        each.fingerprint,
                        each.updated_at,
                        each.is_final,
                        _dump_items(each.items),
                        _dump_links(each.links),
                        each.rules,
                    )
                    for scene_id, each in known.items()
                ],
            )

    def add_links(self, server: str, links: Mapping[int, Sequence[Link]]) -> None:
        """Have those of these scenes that are known found by these links as well."""
        with self._write() as connection:
            for scene_id, more in links.items():
                key = (server, scene_id)
                for (stored,) in connection.execute(
                    "SELECT links FROM scenes WHERE server = ? AND scene_id = ?", key
                ).fetchall():
                    both = list(dict.fromkeys([*stored.split(), *more]))
                    connection.execute(
                        "UPDATE scenes SET links = ? WHERE server = ? AND scene_id = ?",
                        (_dump_links(both), *key),
                    )

    def invalidate(self, scene_ids: Iterable[int] | None = None) -> None:
        """Have these scenes, or all, compared with Plex the next time, whatever is known."""
        with self._write() as connection:
            if scene_ids is None:
                connection.execute("UPDATE scenes SET fingerprint = '' WHERE fingerprint != ''")
            else:
                connection.executemany(
                    "UPDATE scenes SET fingerprint = '' WHERE scene_id = ?",
                    [(scene_id,) for scene_id in scene_ids],
                )

    def recheck(self, scene_ids: Iterable[int]) -> None:
        """Have these scenes compared with what is known of them, whatever their times say."""
        self._set_rules("", scene_ids)

    def confirm(self, server: str, scene_ids: Iterable[int], rules: str) -> None:
        """These scenes are as they were known, by these rules."""
        self._set_rules(rules, scene_ids, server)

    def _set_rules(self, rules: str, scene_ids: Iterable[int], server: str | None = None) -> None:
        with self._write() as connection:
            connection.executemany(
                "UPDATE scenes SET rules = ?1 WHERE scene_id = ?2 AND (?3 IS NULL OR server = ?3)",
                [(rules, scene_id, server) for scene_id in scene_ids],
            )

    def forget(self, scene_ids: Iterable[int]) -> None:
        """Know nothing of these scenes any more: they are gone from Stash."""
        with self._write() as connection:
            connection.executemany(
                "DELETE FROM scenes WHERE scene_id = ?", [(each,) for each in scene_ids]
            )

    def scenes_with(self, kind: str, *object_ids: int) -> list[int]:
        """The scenes that had any of these performers (or a namesake of one), studios, tags (or one
        below) or groups when they were last synced, ascending; also when Stash no longer knows
        them. Reads every row, once."""
        wanted = {link(kind, each) for each in object_ids}
        found: set[int] = set()
        after = -1
        while rows := self._rows(
            "SELECT scene_id, links FROM scenes WHERE scene_id > ? ORDER BY scene_id LIMIT ?",
            after,
            ROWS_AT_ONCE,
        ):
            found.update(row[0] for row in rows if not wanted.isdisjoint(row[1].split()))
            # A scene has a row for each server: the last one's may not all be among these.
            after = rows[-1][0] - (len(rows) == ROWS_AT_ONCE and rows[0][0] != rows[-1][0])
        return sorted(found)

    def close(self) -> None:
        self._database.close()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the query answers; nothing if the file is damaged."""
        try:
            with self._database.read() as connection:
                return connection.execute(query, values).fetchall()
        except DatabaseRenewed:
            return []

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A transaction; the block is cut short if the file is damaged."""
        with suppress(DatabaseRenewed), self._database.write() as connection:
            yield connection


def link(kind: str, object_id: int) -> Link:
    """How a scene's link to an object is stored."""
    return f"{_LETTERS[kind]}{object_id}"


def _known(fingerprint: str, updated_at: str, is_final: int, items: str, rules: str) -> Known:
    return Known(fingerprint, updated_at, bool(is_final), _load_items(items), (), rules)


def _dump_links(links: Sequence[Link]) -> str:
    return f" {' '.join(links)} " if links else ""


def _dump_items(items: Mapping[int, int]) -> str:
    return " ".join(f"{key}:{updated_at}" for key, updated_at in items.items())


def _load_items(text: str) -> dict[int, int]:
    pairs = (each.split(":") for each in text.split())
    return {int(key): int(updated_at) for key, updated_at in pairs}
