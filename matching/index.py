"""The path index: which Plex item holds which file, kept in SQLite so that no look-up scans Plex.

A cache: it can be deleted at any time and is verified against the fetched item before a write.
`matching.indexing` fills it. Several processes may use and fill it at the same time.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import Stopped
from matching.index_rows import (
    ListedItem,
    current_round,
    delete_files,
    forget_section,
    insert_files,
    known_times,
    replaced,
    section_id,
    text_hash,
)
from matching.index_store import LOOKUP_INDEXES, open_index
from matching.learned_store import LearnedMappings
from matching.left_out import LeftOutItems, forget_older
from matching.overview import IndexOverview
from plex.items import PlexItem
from plex.matcher import KnownFile
from plex.paths import base_name, folded
from storage.times import is_recent

if TYPE_CHECKING:
    from plex.client import PlexSection

log = logging.getLogger(__name__)

# Plex's clock may be ahead of ours; a date beyond this is no time at which anything happened.
FUTURE_S = 3600

_FIND = (
    "SELECT sections.key, rating_key, path, size, duration_ms"
    " FROM files JOIN sections ON sections.id = files.section"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far the reading of a section's whole listing has come: `listed` items, the last of
    which is `last_key`. `round` counts the readings."""

    round: int
    is_done: bool
    listed: int
    last_key: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest times of which the index knows everything, on Plex's clock."""

    added_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class News:
    """What a page told: the items that weren't known, and those with another time of update (the
    former among them), by rating key."""

    added: frozenset[int]
    updated: frozenset[int]


class PathIndex(IndexOverview):
    """The index of the sections of one Plex server. `use` first; no method asks Plex.

    `is_stopping`: whether the process was told to end; asked after each page that is stored.
    `page_size`: how many items at a time Plex has turned out to list, if not as many as asked for.
    """

    def __init__(
        self, data_dir: str, now: Callable[[], float], is_stopping: Callable[[], bool] = bool
    ) -> None:
        super().__init__(open_index(data_dir, now))
        self._is_stopping = is_stopping
        self._ids: dict[str, int] | None = None
        self.learned = LearnedMappings(self._store)
        self.left_out = LeftOutItems(self._store, self._id)
        self.page_size: int | None = None

    def use(self, machine_identifier: str, sections: Sequence[PlexSection]) -> None:
        """Answer for these sections of this server from now on; forget any other server's.

        A section under the key of a former one is told from it by its uuid.
        """
        with self._store.write() as connection:
            for (foreign,) in connection.execute(
                "SELECT id FROM sections WHERE server != ?", (machine_identifier,)
            ).fetchall():
                forget_section(connection, foreign)
                self.learned.forget_all(connection)
            self._ids = {
                section.key: section_id(connection, machine_identifier, section)
                for section in sections
            }

    def forget(self) -> None:
        """Another server was met: what was read may be that one's already."""
        self.use("", [])

    # Looking up

    def files_at(self, folded_path: str) -> list[KnownFile]:
        """See `plex.matcher.FileSource`."""
        found = self._find("path_hash = ?", text_hash(folded_path))
        return [each for each in found if folded(each.path) == folded_path]

    def files_named(self, folded_name: str) -> list[KnownFile]:
        """See `plex.matcher.FileSource`."""
        found = self._find("name_hash = ?", text_hash(folded_name))
        return [each for each in found if base_name(each.path).casefold() == folded_name]

    def updated_at(self, files: Iterable[KnownFile]) -> dict[int, int]:
        """When each of these files' items was updated, by rating key; 0 if that isn't known."""
        wanted = {file.rating_key: self._id(file.section_key) for file in files}
        found = dict.fromkeys(wanted, 0)
        with self._store.read() as connection:
            for rating_key, own in wanted.items():
                row = connection.execute(
                    "SELECT updated_at FROM items WHERE section = ? AND rating_key = ?",
                    (own, rating_key),
                ).fetchone()
                found[rating_key] = int(row[0]) if row else 0
        return found

    def all_updated_at(self) -> dict[int, int]:
        """`updated_at` of every item of the sections, by rating key."""
        ids = set(self._used().values())
        with self._store.read() as connection:
            rows = connection.execute("SELECT section, rating_key, updated_at FROM items")
            return {key: updated_at for own, key, updated_at in rows if own in ids}

    def files_digest(self) -> str:
        """Another text once an item of the sections has other files than before."""
        ids = sorted(self._used().values())
        found = hashlib.blake2b(repr(ids).encode(), digest_size=16)
        with self._store.read() as connection:
            for row in connection.execute(
                "SELECT section, rating_key, path_hash, size, duration_ms FROM files"
                " ORDER BY section, rating_key, path_hash, size, duration_ms"
            ):
                if row[0] in ids:
                    found.update(repr(row).encode())
        return found.hexdigest()

    def count(self, section: PlexSection) -> int:
        """How many items of the section are known."""
        with self._store.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM items WHERE section = ?", (self._id(section.key),)
            ).fetchone()
        return int(row[0])

    def _find(self, condition: str, argument: int) -> list[KnownFile]:
        ids = self._used()
        with self._store.read() as connection:
            rows = connection.execute(f"{_FIND} WHERE {condition}", (argument,)).fetchall()
        return sorted(
            (
                KnownFile(rating_key, key, path, size, duration_ms / 1000)
                for key, rating_key, path, size, duration_ms in rows
                if key in ids
            ),
            key=lambda file: (file.section_key, file.rating_key),
        )

    # Filling

    def reading(self, section: PlexSection) -> Reading:
        """How far the reading of the whole listing is."""
        row = self._section_row(section, "round, done, listed, last_key")
        return Reading(row[0], row[1] >= row[0], row[2], row[3])

    def is_complete(self, section: PlexSection) -> bool:
        """Whether the whole listing has been read once."""
        return bool(self._section_row(section, "done")[0])

    def is_stale(self, section: PlexSection, after_s: float) -> bool:
        """Whether the last complete reading is longer ago than that, or its time says nothing."""
        with self._store.read() as connection:
            row = connection.execute(
                "SELECT read_at FROM sections WHERE id = ?", (self._id(section.key),)
            ).fetchone()
        return row is None or not is_recent(row[0], self._store.now(), after_s)

    def begin_reading(self, section: PlexSection, seen: Seen) -> None:
        """Note what belongs to a later refresh, before the first page is asked for.

        The first files of all are stored without the look-up indexes, which `finish_reading` then
        makes in one go. Each page would touch nearly all of their leaves, since hashes come in no
        order: of 100,000 files they'd be written a hundred times over.
        """
        self.set_seen(section, seen)
        with self._store.write() as connection:
            if connection.execute("SELECT 1 FROM files LIMIT 1").fetchone() is None:
                for name in LOOKUP_INDEXES:
                    connection.execute(f"DROP INDEX IF EXISTS {name}")

    def read_again(self, section: PlexSection) -> None:
        """Begin to read the whole listing anew. Until that is done the old entries answer."""
        with self._store.write() as connection:
            connection.execute(
                "UPDATE sections SET round = round + 1, listed = 0, last_key = 0 WHERE id = ?",
                (self._id(section.key),),
            )

    def store_page(
        self, section: PlexSection, items: Sequence[ListedItem], reading: Reading | None = None
    ) -> News:
        """Replace what is known of these items, in one transaction with how far `reading` is.

        Raises SectionReplaced, and Stopped: the page is stored, the next process goes on after it.
        """
        own = self._id(section.key)
        with self._store.write() as connection:
            current = current_round(connection, own, section)
            known = known_times(connection, own, items)
            delete_files(connection, own, known)
            # A process that is still at a former reading must not undo what a later one noted.
            connection.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?)"
                " ON CONFLICT (section, rating_key) DO UPDATE SET"
                " updated_at = excluded.updated_at, round = max(round, excluded.round)",
                [
                    (own, x.rating_key, x.updated_at, reading.round if reading else current)
                    for x in items
                ],
            )
            insert_files(connection, own, items)
            if reading:
                connection.execute(
                    "UPDATE sections SET listed = ?, last_key = ?"
                    " WHERE id = ? AND round = ? AND listed < ?",
                    (reading.listed, reading.last_key, own, reading.round, reading.listed),
                )
        if self._is_stopping():
            raise Stopped("told to end while the list of Plex's files was being read")
        return News(
            frozenset(x.rating_key for x in items if x.rating_key not in known),
            frozenset(x.rating_key for x in items if known.get(x.rating_key) != x.updated_at),
        )

    def finish_reading(self, section: PlexSection, reading: Reading, *, expected: int) -> bool:
        """Drop what the reading didn't meet; False, and begin anew, if it met too few items."""
        own = self._id(section.key)
        with self._store.write() as connection:
            met = connection.execute(
                "SELECT count(*) FROM items WHERE section = ? AND round >= ?", (own, reading.round)
            ).fetchone()[0]
            if met < expected:
                connection.execute(
                    "UPDATE sections SET listed = 0, last_key = 0 WHERE id = ? AND round = ?",
                    (own, reading.round),
                )
                return False
            forget_older(connection, own, reading.round)
            for table in ("files", "items"):
                connection.execute(
                    f"DELETE FROM {table} WHERE section = ? AND rating_key IN (SELECT rating_key"  # noqa: S608
                    " FROM items WHERE section = ? AND round < ?)",
                    (own, own, reading.round),
                )
            for name, column in LOOKUP_INDEXES.items():
                connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON files ({column})")
            connection.execute(
                "UPDATE sections SET done = max(done, ?), read_at = ? WHERE id = ?",
                (reading.round, self._store.now(), own),
            )
        return True

    def latest(self) -> int:
        """The latest time on Plex's clock at which anything can have happened by now."""
        return int(self._store.now()) + FUTURE_S

    def seen(self, section: PlexSection) -> Seen:
        return Seen(*self._section_row(section, "added_at, updated_at"))

    def set_seen(self, section: PlexSection, seen: Seen) -> None:
        """Note up to when the index knows everything."""
        with self._store.write() as connection:
            connection.execute(
                "UPDATE sections SET added_at = max(added_at, ?), updated_at = max(updated_at, ?)"
                " WHERE id = ?",
                (seen.added_at, seen.updated_at, self._id(section.key)),
            )

    def correct(self, rating_key: int, item: PlexItem | None) -> None:
        """Replace what is known of an item by what Plex just answered; None: it is gone.

        Where Plex doesn't tell the item's section, it stays in the one that it was in.
        """
        with self._store.write() as connection:
            section = self._used().get(item.section_key) if item else None
            for own in self._used().values():
                delete_files(connection, own, [rating_key])
                was_there = connection.execute(
                    "DELETE FROM items WHERE section = ? AND rating_key = ?", (own, rating_key)
                ).rowcount
                if was_there and item and not item.section_key:
                    section = own
            if item and section:
                # A time that a refresh is yet to meet isn't noted, so that it counts as news there.
                # A former one is: nothing may ever move it again.
                connection.execute(
                    "INSERT INTO items SELECT id, ?, CASE WHEN ? < updated_at THEN ? ELSE 0 END,"
                    " round FROM sections WHERE id = ?",
                    (rating_key, item.updated_at, item.updated_at, section),
                )
                insert_files(connection, section, [ListedItem(rating_key, 0, 0, item.files)])

    def _section_row(self, section: PlexSection, columns: str) -> tuple[int, ...]:
        with self._store.read() as connection:
            row = connection.execute(
                f"SELECT {columns} FROM sections WHERE id = ?",  # noqa: S608
                (self._id(section.key),),
            ).fetchone()
        if row is None:
            raise replaced(section)
        return tuple(int(each) for each in row)

    def _used(self) -> dict[str, int]:
        if self._ids is None:
            # Answering "not there" instead would send every job into the schedule of lost files.
            raise LookupError("the path index must be told which sections to use")
        return self._ids

    def _id(self, section_key: str) -> int:
        return self._used()[section_key]
