"""Which collections we created. Like the rest of the ledger it can't be had again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.database import Database

if TYPE_CHECKING:
    from sync.collection import Source

Place = tuple[str, str]
"""A section's key and a collection's name, casefolded."""


@dataclass(frozen=True, slots=True)
class OwnCollection:
    """A collection that Plex made, or is about to make, since we put the first item into it.

    `kind` and `source_id`: what it is of in Stash. `rating_key`: None until Plex has told.
    `hint`: the source's time of change that it is in step with ("": look again). `sorting`: the
    order that we gave it, "" for none. `failed_at`: when that last failed, in epoch seconds.
    """

    place: Place
    kind: str
    source_id: int
    rating_key: int | None = None
    hint: str = ""
    sorting: str = ""
    failed_at: float | None = None

    def is_of(self, source: Source) -> bool:
        return (self.kind, self.source_id) == (source.kind, source.id)


class CollectionBook:
    """The table of the ledger that holds them, by server. For several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, server: str, places: Iterable[Place]) -> dict[Place, OwnCollection]:
        """Those of these places that are ours."""
        found = {}
        with self._database.read() as connection:
            for place in places:
                row = connection.execute(
                    "SELECT kind, source_id, rating_key, hint, sorting, failed_at FROM collections"
                    " WHERE server = ? AND section = ? AND name = ?",
                    (server, *place),
                ).fetchone()
                if row:
                    found[place] = OwnCollection(place, *row)
        return found

    def unfinished(self, server: str, failed_before: float, most: int) -> list[OwnCollection]:
        """Up to `most` that were never brought in step, but for those that failed since then
        (epoch seconds)."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT section, name, kind, source_id, rating_key, hint, sorting, failed_at"
                " FROM collections WHERE server = ? AND hint = ''"
                " AND (failed_at IS NULL OR failed_at < ?)"
                " ORDER BY section, name LIMIT ?",
                (server, failed_before, most),
            ).fetchall()
        return [OwnCollection((section, name), *rest) for section, name, *rest in rows]

    def invalidate(self, kind: str, source_ids: Iterable[int]) -> None:
        """Have those of these objects compared with Stash and Plex by the next batch."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE collections SET hint = '' WHERE kind = ? AND source_id = ?",
                [(kind, source_id) for source_id in source_ids],
            )

    def remember(self, server: str, collections: Iterable[OwnCollection]) -> None:
        """Store what is known of them now."""
        with self._database.write() as connection:
            connection.executemany(
                "REPLACE INTO collections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        server,
                        *each.place,
                        each.kind,
                        each.source_id,
                        each.rating_key,
                        each.hint,
                        each.sorting,
                        each.failed_at,
                    )
                    for each in collections
                ],
            )

    def forget(self, server: str, places: Iterable[Place]) -> None:
        """They are gone, or were never made."""
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM collections WHERE server = ? AND section = ? AND name = ?",
                [(server, *place) for place in places],
            )
