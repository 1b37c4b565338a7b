"""The rows of the path index: a library's section, its items and their files, as SQL."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from errors import TransientError
from plex.items import PlexFile
from plex.paths import base_name, folded

if TYPE_CHECKING:
    from plex.client import PlexSection


class SectionReplaced(TransientError):
    """The section is no longer in the index: another process found that the server or the section
    was replaced. Prepare the index again."""

    reason = "library replaced"


@dataclass(frozen=True, slots=True)
class ListedItem:
    """An item of a listing. Times in epoch seconds on Plex's clock, 0 = not told."""

    rating_key: int
    added_at: int
    updated_at: int
    files: tuple[PlexFile, ...]


def section_id(connection: sqlite3.Connection, server: str, section: PlexSection) -> int:
    row = connection.execute(
        "SELECT id, uuid FROM sections WHERE server = ? AND key = ?", (server, section.key)
    ).fetchone()
    if row is not None and row[1] == section.uuid:
        return int(row[0])
    if row is not None:
        forget_section(connection, row[0])
    cursor = connection.execute(
        "INSERT INTO sections (server, key, uuid) VALUES (?, ?, ?)",
        (server, section.key, section.uuid),
    )
    return int(cursor.lastrowid or 0)


def forget_section(connection: sqlite3.Connection, own: int) -> None:
    tables = ("files", "items", "left_out")
    for table, column in (*((each, "section") for each in tables), ("sections", "id")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (own,))  # noqa: S608


def current_round(connection: sqlite3.Connection, own: int, section: PlexSection) -> int:
    row = connection.execute("SELECT uuid, round FROM sections WHERE id = ?", (own,)).fetchone()
    if row is None or row[0] != section.uuid:
        raise replaced(section)
    return int(row[1])


def replaced(section: PlexSection) -> SectionReplaced:
    return SectionReplaced(f"the Plex library {section.title} was replaced by another one")


def known_times(
    connection: sqlite3.Connection, own: int, items: Iterable[ListedItem]
) -> dict[int, int]:
    """When each of the items that are known was updated, as far as we knew."""
    rows = (
        connection.execute(
            "SELECT rating_key, updated_at FROM items WHERE section = ? AND rating_key = ?",
            (own, item.rating_key),
        ).fetchone()
        for item in items
    )
    return {row[0]: row[1] for row in rows if row}


def delete_files(connection: sqlite3.Connection, own: int, rating_keys: Iterable[int]) -> None:
    connection.executemany(
        "DELETE FROM files WHERE rating_key = ? AND section = ?",
        [(rating_key, own) for rating_key in rating_keys],
    )


def insert_files(connection: sqlite3.Connection, own: int, items: Iterable[ListedItem]) -> None:
    connection.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                own,
                item.rating_key,
                file.path,
                text_hash(folded(file.path)),
                text_hash(base_name(file.path).casefold()),
                file.size,
                file.duration_ms,
            )
            for item in items
            for file in dict.fromkeys(item.files)
        ],
    )


def text_hash(text: str) -> int:
    return zlib.crc32(text.encode(errors="surrogatepass"))
