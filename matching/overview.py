"""What the status tells of the path index. Imports little: see `commands.status`."""

from __future__ import annotations

from matching.evidence import Mapping, read_mappings
from matching.left_out import LeftOut, read_left_out
from storage.cache import CacheDatabase


class IndexOverview:
    """All methods may raise IndexRenewed and StorageError."""

    def __init__(self, store: CacheDatabase) -> None:
        self._store = store

    def learned_mappings(self) -> list[Mapping]:
        """Every pair of folders that a file spoke for or against, the best confirmed first."""
        return read_mappings(self._store)

    def items_left_out(self) -> list[LeftOut]:
        """Those that Plex can't list, of whatever server."""
        return read_left_out(self._store)

    def close(self) -> None:
        self._store.close()
