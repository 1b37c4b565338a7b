"""The scenes that a person wants left alone, whether or not Plex has them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from storage.database import Database

BY_A_PERSON = "left alone, as somebody has said of this scene"


def left_alone_by(setting: str) -> str:
    """What is told of a scene that this setting excludes."""
    return f"left alone by {setting}"


class Exclusions:
    """In the ledger's own database, and so in its second copy. Stash never uses an id again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, scene_ids: Iterable[int]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO exclusions VALUES (?, ?)",
                [(scene_id, time.time()) for scene_id in scene_ids],
            )

    def remove(self, scene_ids: Iterable[int]) -> None:
        with self._database.write() as connection:
            connection.executemany(
                "DELETE FROM exclusions WHERE scene_id = ?", [(each,) for each in scene_ids]
            )

    def among(self, scene_ids: Iterable[int]) -> frozenset[int]:
        """Those of the scenes that are to be left alone."""
        with self._database.read() as connection:
            return frozenset(
                scene_id
                for scene_id in scene_ids
                if connection.execute(
                    "SELECT 1 FROM exclusions WHERE scene_id = ?", (scene_id,)
                ).fetchone()
            )

    def all(self) -> list[int]:
        """Ascending."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT scene_id FROM exclusions ORDER BY scene_id")
            return [row[0] for row in rows.fetchall()]

    def count(self) -> int:
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM exclusions").fetchone()[0])
