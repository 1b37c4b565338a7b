"""Which scenes are unmanaged, without all that is known of their items."""

from __future__ import annotations

from collections.abc import Iterable

from storage.database import Database


def unmanaged_among(database: Database, scene_ids: Iterable[int]) -> set[int]:
    """Those of which nothing may be written, since all their items were restored or handed over.
    Raises StorageError."""
    with database.read() as connection:
        return {
            scene_id
            for scene_id in scene_ids
            if connection.execute(
                "SELECT min(released) FROM items WHERE scene_id = ?", (scene_id,)
            ).fetchone()[0]
        }
