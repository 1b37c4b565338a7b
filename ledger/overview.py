"""What the status tells of the ledger. Imports little: see `commands.status`."""

from __future__ import annotations

from ledger.doubts import Doubts
from ledger.exclusions import Exclusions
from ledger.file import LedgerFile
from ledger.schema import NO_SCENE


class LedgerOverview:
    """All methods may raise StorageError."""

    def __init__(self, database: LedgerFile) -> None:
        self.database = database
        self.doubts = Doubts(database)
        self.exclusions = Exclusions(database)

    def count_unmanaged(self) -> int:
        """The scenes of which an item was restored or handed over."""
        with self.database.read() as connection:
            row = connection.execute(
                "SELECT count(DISTINCT scene_id) FROM items WHERE released = 1 AND scene_id != ?",
                (NO_SCENE,),
            ).fetchone()
        return int(row[0])

    def written_at(self) -> float | None:
        """When Plex last confirmed fields of an item (epoch seconds), None if it never did."""
        with self.database.read() as connection:
            row = connection.execute("SELECT max(written_at) FROM items").fetchone()
        return None if row[0] is None else float(row[0])

    def close(self) -> None:
        self.database.close()
