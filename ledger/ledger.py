"""What we wrote to which item, and what was there before: the memory behind merge and restore.

Written ahead: the intention is stored before the request, so that after a crash we still know
what may be ours. The originals can't be had again; so unlike the path index this is no cache.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from errors import LeaseLost
from ledger.file import LedgerFile
from ledger.former_rows import FormerRows
from ledger.overview import LedgerOverview
from ledger.own_collections import CollectionBook
from ledger.rows import (
    Entry,
    Intent,
    dump_answers,
    dump_overtaken,
    dump_pending,
    dump_pictures,
    dump_state,
    dump_values,
    entry_of,
    item_path,
    still_pending,
    without_refusals,
)
from ledger.schema import NO_SCENE as NO_SCENE
from ledger.writes import Writes, keep, shown, written
from plex.items import PlexItem
from sync.arrival import overtaken
from sync.pictures import TOO_LARGE, PictureMemory
from sync.values import Answer, Memory, Values

ENTRIES_PER_PAGE = 100

_NEW_PICTURES = (
    " ON CONFLICT (server, rating_key) DO UPDATE SET pictures = excluded.pictures"
    " WHERE released = 0"
)

_COLUMNS = "scene_id, path, pictures, original, baseline, pending, released, answers, overtaken"


class Ledger(LedgerOverview):
    """The memories of all items ever written to, by server and rating key. For several threads.

    `may_write` tells whether this process still has its place. Once it hasn't, what it knows of an
    edit may be older than what another process has stored since: such methods raise LeaseLost.
    """

    def __init__(self, data_dir: str, may_write: Callable[[], bool] = lambda: True) -> None:
        super().__init__(LedgerFile(data_dir))
        self._may_write = may_write
        self.data_dir = data_dir
        self.collections = CollectionBook(self.database)
        self.former = FormerRows(self.database)
        self.writes = Writes(self.database)
        self.run = 0
        """What is confirmed from now on is part of this run, see `jobs.runs`; 0 for none."""

    def recall(self, server: str, items: Iterable[tuple[PlexItem, int]]) -> dict[int, Entry]:
        """What we know of each (item, scene id), by rating key; an empty entry if nothing.

        A rating key can pass to another file; what was written to the former one says nothing
        about it, so such an entry counts as none.
        """
        entries = {}
        with self.database.read() as connection:
            for item, scene_id in items:
                row = connection.execute(
                    f"SELECT rating_key, {_COLUMNS} FROM items"  # noqa: S608 - a constant
                    " WHERE server = ? AND rating_key = ?",
                    (server, item.rating_key),
                ).fetchone()
                entry = entry_of(row) if row else None
                is_same_scene = entry and entry.scene_id == scene_id != NO_SCENE
                if entry is None or not (is_same_scene or entry.is_about(item)):
                    # Plex may have it under another key by now: that takes nothing back.
                    is_unmanaged = _is_unmanaged(connection, server, scene_id, item_path(item))
                    memory = Memory(is_unmanaged=is_unmanaged)
                    entry = Entry(item.rating_key, scene_id, item_path(item), memory, {})
                entries[item.rating_key] = entry
        return entries

    def entries(
        self, server: str, scene_id: int | None = None, *, after: int = -1
    ) -> Iterator[list[Entry]]:
        """All entries, or a scene's, in pages ordered by rating key; those `after` one."""
        condition, values = _one_or_all(scene_id)
        # Else SQLite goes through all items of the server for one scene.
        source = "items" if scene_id is None else "items INDEXED BY items_by_scene"
        while True:
            with self.database.read() as connection:
                rows = connection.execute(
                    f"SELECT rating_key, {_COLUMNS} FROM {source}"  # noqa: S608 - ours
                    f" WHERE server = ? AND rating_key > ?{condition} ORDER BY rating_key LIMIT ?",
                    (server, after, *values, ENTRIES_PER_PAGE),
                ).fetchall()
            if not rows:
                return
            yield [entry_of(row) for row in rows]
            after = rows[-1][0]

    def of_items(self, server: str, rating_keys: Iterable[int]) -> list[Entry]:
        """The entries of these items, as far as there are any."""
        with self.database.read() as connection:
            rows = [
                connection.execute(
                    f"SELECT rating_key, {_COLUMNS} FROM items"  # noqa: S608 - a constant
                    " WHERE server = ? AND rating_key = ?",
                    (server, key),
                ).fetchone()
                for key in rating_keys
            ]
        return [entry_of(row) for row in rows if row]

    def of_scenes(self, scene_ids: Iterable[int]) -> list[tuple[str, Entry]]:
        """All entries of these scenes, each with its server."""
        with self.database.read() as connection:
            return [
                (row[0], entry_of(row[1:]))
                for scene_id in scene_ids
                for row in connection.execute(
                    f"SELECT server, rating_key, {_COLUMNS} FROM items"  # noqa: S608 - a constant
                    " WHERE scene_id = ? ORDER BY server, rating_key",
                    (scene_id,),
                )
            ]

    def relocate(self, server: str, intents: Iterable[Intent]) -> None:
        """Note that these items belong to another scene now, or that their file was moved. What
        was there before us stays known."""
        with self.database.write() as connection:
            connection.executemany(
                "UPDATE items SET scene_id = ?, path = ? WHERE server = ? AND rating_key = ?",
                [
                    (each.scene_id, item_path(each.item), server, each.item.rating_key)
                    for each in intents
                ],
            )

    def forget(self, server: str, entries: Iterable[Entry]) -> None:
        """Delete these entries, unless they have passed to another scene."""
        with self.database.write() as connection:
            connection.executemany(
                "DELETE FROM items WHERE server = ? AND rating_key = ? AND scene_id = ?",
                [(server, each.rating_key, each.scene_id) for each in entries],
            )

    def scene_ids(self, server: str, rating_keys: Iterable[int]) -> dict[int, int]:
        """The scenes that these items showed last, as far as we wrote to them."""
        with self.database.read() as connection:
            found = [
                connection.execute(
                    "SELECT rating_key, scene_id FROM items WHERE server = ? AND rating_key = ?",
                    (server, key),
                ).fetchone()
                for key in rating_keys
            ]
        return dict(row for row in found if row)

    def intend(self, server: str, intents: Iterable[Intent]) -> None:
        """Store what is about to be written, and the originals of fields not written before.

        An item that was restored since it was recalled stays unmanaged. Raises LeaseLost.
        """
        with self._write_in_place() as connection:
            connection.executemany(
                "INSERT INTO items (server, rating_key, scene_id, path, original, baseline,"
                " pending, pictures, answers, overtaken) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (server, rating_key) DO UPDATE SET scene_id = excluded.scene_id,"
                " path = excluded.path, original = excluded.original, baseline = excluded.baseline,"
                " pending = excluded.pending, pictures = excluded.pictures,"
                " answers = excluded.answers, overtaken = excluded.overtaken,"
                " released = released AND NOT ?"
                " WHERE released = 0 OR ?",
                [
                    (
                        server,
                        each.item.rating_key,
                        each.scene_id,
                        item_path(each.item),
                        dump_state(each.plan.original),
                        dump_values(each.memory.baseline),
                        dump_pending(each.plan.baseline, each.memory.pending),
                        dump_pictures(each.pictures),
                        dump_answers(each.memory.answers),
                        dump_overtaken(each.memory.overtaken),
                        # Nothing known of it: the row is about another file that had this key.
                        *(each.memory.original is None,) * 2,
                    )
                    for each in intents
                ],
            )

    def confirm(
        self,
        server: str,
        intents: Iterable[Intent],
        now: float,
        answers: Mapping[int, Mapping[str, Answer]] = MappingProxyType({}),
    ) -> None:
        """Plex has confirmed these, or shows what was intended: that is now the baseline, and only
        what is unconfirmed stays intended. What was intended before and never confirmed is
        overtaken: it may arrive yet. `now` in epoch seconds. `answers`: of those that were read
        back, by rating key. Raises LeaseLost."""
        intents = [*intents]
        with self._write_in_place() as connection:
            connection.executemany(
                "UPDATE items SET baseline = ?, pending = ?, overtaken = ?, written_at = ?,"
                " answers = ?"
                " WHERE server = ? AND rating_key = ? AND released = 0",
                [
                    (
                        dump_values(each.plan.baseline),
                        still_pending(each),
                        dump_overtaken(overtaken(each.memory, each.plan.unconfirmed, now)),
                        now,
                        dump_answers(answers.get(each.item.rating_key, each.memory.answers)),
                        server,
                        each.item.rating_key,
                    )
                    for each in intents
                ],
            )
            news = [written(each.item, each.scene_id, each.plan.edits) for each in intents]
            keep(connection, server, self.run, now, news)

    def forget_answers(self, scene_ids: Iterable[int] | None = None) -> None:
        """Have what Plex shows in another way be written once more, for these scenes or all."""
        with self.database.write() as connection:
            for condition, values in _of(scene_ids):
                connection.execute(
                    f"UPDATE items SET answers = '{{}}' WHERE answers != '{{}}'{condition}",  # noqa: S608 - ours
                    values,
                )

    def forget_refusals(self, scene_ids: Iterable[int] | None = None) -> None:
        """Have pictures that were refused for their size be sent once more, of these scenes or
        all."""
        with self.database.write() as connection:
            for condition, values in _of(scene_ids):
                rows = connection.execute(
                    "SELECT pictures, server, rating_key FROM items"  # noqa: S608 - ours
                    f" WHERE pictures LIKE ?{condition}",
                    (f"%{TOO_LARGE}%", *values),
                ).fetchall()
                connection.executemany(
                    "UPDATE items SET pictures = ? WHERE server = ? AND rating_key = ?",
                    [(without_refusals(pictures), *key) for pictures, *key in rows],
                )

    def remember_pictures(
        self,
        server: str,
        known: Iterable[tuple[Intent, Mapping[str, PictureMemory]]],
        *,
        is_sent: bool = False,
        now: float = 0.0,
    ) -> None:
        """Store what is about to be sent, or was found out, about items' pictures; or (`is_sent`)
        that Plex has confirmed what was stored before it was sent, `now` (epoch seconds).

        An item that was restored meanwhile stays as that has left it. Raises LeaseLost.
        """
        with self._write_in_place() as connection:
            for intent, pictures in known:
                key, content = (server, intent.item.rating_key), dump_pictures(pictures)
                if is_sent:
                    connection.execute(
                        "UPDATE items SET pictures = ?"
                        " WHERE server = ? AND rating_key = ? AND released = 0",
                        (content, *key),
                    )
                    news = shown(intent.item, intent.scene_id, intent.pictures, pictures)
                    keep(connection, server, self.run, now, [news])
                    continue
                original = dump_state(intent.plan.original)
                # Nothing stored yet, or only what an item that is gone has left under this key. Of
                # one that was presumed to be known there may be no row either.
                verb, otherwise = ("INSERT", _NEW_PICTURES) if intent.is_stored else ("REPLACE", "")
                connection.execute(
                    f"{verb} INTO items (server, rating_key, scene_id, path, original, pictures)"
                    f" VALUES (?, ?, ?, ?, ?, ?){otherwise}",
                    (*key, intent.scene_id, item_path(intent.item), original, content),
                )

    def unmanage(
        self,
        server: str,
        rating_key: int,
        left: Values | None = None,
        pictures: Mapping[str, PictureMemory] | None = None,
    ) -> None:
        """From now on nothing is written to the item until it is managed again.

        `left`: what remains ours after it was restored; None leaves what is remembered.
        """
        with self.database.write() as connection:
            connection.execute(
                "UPDATE items SET released = 1 WHERE server = ? AND rating_key = ?",
                (server, rating_key),
            )
            if left is not None:
                connection.execute(
                    "UPDATE items SET baseline = ?, pending = NULL, pictures = ?, answers = '{}'"
                    " WHERE server = ? AND rating_key = ?",
                    (dump_values(left), dump_pictures(pictures or {}), server, rating_key),
                )

    def is_unmanaged(self, server: str, rating_key: int) -> bool:
        """Whether the item was restored, perhaps by another process a moment ago."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT released FROM items WHERE server = ? AND rating_key = ?",
                (server, rating_key),
            ).fetchone()
        return bool(row and row[0])

    def manage(self, scene_id: int | None = None) -> int:
        """Let the items of a scene, or all, be written again, since somebody asked for it in so
        many words; how many were unmanaged."""
        condition, values = _one_or_all(scene_id)
        with self.database.write() as connection:
            return connection.execute(
                f"UPDATE items SET released = 0 WHERE released = 1{condition}",  # noqa: S608 - ours
                values,
            ).rowcount

    def manage_scenes(self, scene_ids: Iterable[int]) -> list[int]:
        """The same for several at once; those of which anything was unmanaged."""
        with self.database.write() as connection:
            return [
                each
                for each in scene_ids
                if connection.execute(
                    "UPDATE items SET released = 0 WHERE released = 1 AND scene_id = ?", (each,)
                ).rowcount
            ]

    def count_scenes(self) -> int:
        """The scenes of which something was ever written."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT count(DISTINCT scene_id) FROM items WHERE scene_id != ?", (NO_SCENE,)
            ).fetchone()
        return int(row[0])

    def count(self) -> int:
        with self.database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])

    def knows(self, server: str) -> bool:
        """Whether anything was ever written to it."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM items WHERE server = ? LIMIT 1", (server,)
            ).fetchone()
        return row is not None

    @contextmanager
    def _write_in_place(self) -> Iterator[sqlite3.Connection]:
        """A transaction about an edit, for whoever still has its place."""
        with self.database.write() as connection:
            # Once it has begun: a process may be suspended while it waits.
            if not self._may_write():
                raise LeaseLost("another PlexSync process has taken over; this one stops")
            yield connection


def _of(scene_ids: Iterable[int] | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A further condition for each of these scenes, or an empty one for all. A single statement for
    both would read the whole table for each scene."""
    if scene_ids is None:
        yield "", ()
    for each in scene_ids or ():
        yield " AND scene_id = ?", (each,)


def _one_or_all(scene_id: int | None) -> tuple[str, tuple[int, ...]]:
    return next(_of(None if scene_id is None else [scene_id]))


def _is_unmanaged(connection: sqlite3.Connection, server: str, scene_id: int, path: str) -> bool:
    return scene_id != NO_SCENE and bool(
        connection.execute(
            "SELECT 1 FROM items WHERE scene_id = ? AND server = ? AND path = ? AND released = 1",
            (scene_id, server, path),
        ).fetchone()
    )
