"""The ledger's database: one that turns out to be damaged is set aside and its copy used."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from jobs.anew import open_anew
from ledger.schema import FILE_NAME, MIGRATIONS
from storage.mended import MendedDatabase

_ADVICE = (
    "syncing goes on with its copy, if there is one; what was in Plex before our first edits can "
    "otherwise be restored only from that file or a backup of it"
)

Opened = TypeVar("Opened")


def open_ledger(open_it: Callable[[], Opened]) -> Opened:
    """What `open_it` returns. A damaged file is set aside first. Raises StorageError."""
    return open_anew(open_it, "the ledger", _ADVICE)


class LedgerFile(MendedDatabase):
    """In place of a damaged one comes its copy."""

    def __init__(self, data_dir: str) -> None:
        super().__init__(data_dir, FILE_NAME, MIGRATIONS, "the ledger", prepare=_recover)


def _recover(data_dir: str) -> None:
    """Where the ledger is gone, have its copy in its place."""
    try:
        is_there = os.stat(os.path.join(data_dir, FILE_NAME)).st_size > 0
    except OSError:
        is_there = False
    if not is_there:
        from ledger.second_copy import recover  # noqa: PLC0415 - large, and seldom needed

        recover(data_dir)
