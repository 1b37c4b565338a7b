"""The path index: which Plex item holds which file, kept in SQLite so that no look-up scans Plex.

A cache: it can be deleted at any time and is verified against the fetched item before a write.
Built by paging each section's listing once, one transaction a page and resumable; refreshed by
what Plex added or updated since, on Plex's own clock.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from xml.etree.ElementTree import Element

from plex.client import PlexClient, PlexSection
from plex.items import PlexFile, PlexItem, files_of
from plex.matcher import KnownFile
from plex.paths import base_name, folded
from storage.database import Database
from storage.sqlite import DatabaseDamaged, set_aside

log = logging.getLogger(__name__)

FILE_NAME = "plex-index.db"
PAGE_SIZE = 1000

# Never edit an entry that was released: append one.
MIGRATIONS = (
    """
    CREATE TABLE server (machine_identifier TEXT NOT NULL);
    CREATE TABLE sections (
        key TEXT PRIMARY KEY,
        uuid TEXT NOT NULL,
        listed INTEGER NOT NULL DEFAULT 0,
        complete INTEGER NOT NULL DEFAULT 0,
        newest INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE files (
        section_key TEXT NOT NULL,
        rating_key INTEGER NOT NULL,
        path TEXT NOT NULL,
        folded_path TEXT NOT NULL,
        folded_name TEXT NOT NULL,
        size INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        PRIMARY KEY (section_key, rating_key, path)
    ) WITHOUT ROWID;
    CREATE INDEX files_by_path ON files (folded_path);
    CREATE INDEX files_by_name ON files (folded_name);
    CREATE INDEX files_by_item ON files (rating_key);
    """,
)

_COLUMNS = "SELECT rating_key, section_key, path, size, duration_ms FROM files"


class PathIndex:
    """The index of one Plex server. Look-ups cost no request; `refresh` does.

    Safe for several threads and processes. Methods that ask Plex may raise its errors.
    """

    def __init__(self, data_dir: str, now: Callable[[], float]) -> None:
        self._sections: tuple[str, ...] = ()
        try:
            self._database = _open(data_dir)
        except DatabaseDamaged:
            set_aside(os.path.join(data_dir, FILE_NAME), now())
            log.warning("the path index was damaged and is built anew")
            self._database = _open(data_dir)

    def files_at(self, folded_path: str) -> list[KnownFile]:
        """See `plex.matcher.FileSource`."""
        return self._find("folded_path = ?", folded_path)

    def files_named(self, folded_name: str) -> list[KnownFile]:
        """See `plex.matcher.FileSource`."""
        return self._find("folded_name = ?", folded_name)

    def _find(self, condition: str, argument: str) -> list[KnownFile]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_COLUMNS} WHERE {condition} ORDER BY section_key, rating_key", (argument,)
            ).fetchall()
        return [
            KnownFile(rating_key, section_key, path, size, duration_ms / 1000)
            for rating_key, section_key, path, size, duration_ms in rows
            if section_key in self._sections
        ]

    def use(self, machine_identifier: str, sections: Sequence[PlexSection]) -> None:
        """Answer for these sections of this server from now on; forget any other server's."""
        with self._database.write() as connection:
            row = connection.execute("SELECT machine_identifier FROM server").fetchone()
            if row is None or row[0] != machine_identifier:
                for table in ("server", "sections", "files"):
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608
                connection.execute("INSERT INTO server VALUES (?)", (machine_identifier,))
            for section in sections:
                known = connection.execute(
                    "SELECT uuid FROM sections WHERE key = ?", (section.key,)
                ).fetchone()
                if known is None or known[0] != section.uuid:
                    self._start_section(connection, section)
        self._sections = tuple(section.key for section in sections)

    @staticmethod
    def _start_section(connection: sqlite3.Connection, section: PlexSection) -> None:
        connection.execute("DELETE FROM files WHERE section_key = ?", (section.key,))
        connection.execute(
            "REPLACE INTO sections (key, uuid) VALUES (?, ?)", (section.key, section.uuid)
        )

    def refresh(self, plex: PlexClient, section: PlexSection) -> None:
        """Build the section's index if it isn't complete, else fetch what is new since."""
        complete, newest, listed = self._progress(section)
        if not complete:
            self._build(plex, section, listed)
            return
        # Plex moves updatedAt for most changes; addedAt is for a new item without it. One second
        # back, since several items can share the last one. `>>=` means greater.
        for field in ("updatedAt", "addedAt"):
            for elements in self._pages(plex, section, {f"{field}>>": newest - 1}):
                self._store(section, elements)

    def is_complete(self, section: PlexSection) -> bool:
        return self._progress(section)[0]

    def _progress(self, section: PlexSection) -> tuple[bool, int, int]:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT complete, newest, listed FROM sections WHERE key = ?", (section.key,)
            ).fetchone()
        return (bool(row[0]), int(row[1]), int(row[2])) if row else (False, 0, 0)

    def _build(self, plex: PlexClient, section: PlexSection, listed: int) -> None:
        log.info("section %s: building the path index", section.title)
        # Items may have come and gone since a build was interrupted; one page is read again.
        start = max(listed - PAGE_SIZE, 0)
        for elements in self._pages(plex, section, start=start):
            self._store(section, elements)
        with self._database.write() as connection:
            connection.execute("UPDATE sections SET complete = 1 WHERE key = ?", (section.key,))
        log.info("section %s: the path index knows %d files", section.title, self.count(section))

    def rebuild(self, plex: PlexClient, section: PlexSection) -> None:
        """Forget the section and read its whole listing again."""
        with self._database.write() as connection:
            self._start_section(connection, section)
        self._build(plex, section, 0)

    def count(self, section: PlexSection) -> int:
        """How many files of the section are known."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM files WHERE section_key = ?", (section.key,)
            ).fetchone()
        return int(row[0])

    def correct(self, rating_key: int, item: PlexItem | None) -> None:
        """Replace what is known of an item by what Plex just answered; None: it is gone."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM files WHERE rating_key = ?", (rating_key,))
            if item is not None:
                _insert(connection, item.section_key, rating_key, item.files)

    def close(self) -> None:
        self._database.close()

    def _pages(
        self,
        plex: PlexClient,
        section: PlexSection,
        filters: dict[str, int] | None = None,
        *,
        start: int = 0,
    ) -> Iterator[list[Element]]:
        """Page through a listing by what arrived, since Plex may send fewer than asked."""
        while True:
            root = plex.listing(section, start=start, size=PAGE_SIZE, filters=filters)
            elements = list(root.iterfind("Video"))
            if elements:
                yield elements
            start += len(elements)
            if not elements or start >= int(root.get("totalSize") or 0):
                return

    def _store(self, section: PlexSection, elements: Sequence[Element]) -> None:
        newest = 0
        with self._database.write() as connection:
            for element in elements:
                rating_key = int(element.get("ratingKey", "0"))
                connection.execute("DELETE FROM files WHERE rating_key = ?", (rating_key,))
                _insert(connection, section.key, rating_key, files_of(element))
                moved_at = (element.get("updatedAt"), element.get("addedAt"))
                newest = max(newest, *(int(each or 0) for each in moved_at))
            connection.execute(
                "UPDATE sections SET newest = max(newest, ?), listed = listed + ? WHERE key = ?",
                (newest, len(elements), section.key),
            )


def _open(data_dir: str) -> Database:
    # Only a cache: losing the last page in a power cut costs asking for it again.
    return Database(data_dir, FILE_NAME, MIGRATIONS, synchronous="NORMAL")


def _insert(
    connection: sqlite3.Connection, section_key: str, rating_key: int, files: Iterable[PlexFile]
) -> None:
    connection.executemany(
        "REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                section_key,
                rating_key,
                file.path,
                folded(file.path),
                base_name(file.path).casefold(),
                file.size,
                file.duration_ms,
            )
            for file in files
        ],
    )
