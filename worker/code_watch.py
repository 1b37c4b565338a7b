"""Whether the plugin's own files were replaced or removed while this process runs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

# Stash removes the old files one by one and then unpacks the new ones.
SETTLE_S = 5.0

Stamp = tuple[int, int, int]


class CodeWatch:
    """Watches one file that every update writes anew."""

    def __init__(self, path: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._monotonic = monotonic
        self._first = self._seen = self._stamp()
        self._since_m = monotonic()

    def is_outdated(self) -> bool:
        """True once the file is another one, or gone, and has been so for SETTLE_S."""
        now = self._stamp()
        if now != self._seen:
            self._seen, self._since_m = now, self._monotonic()
        return now != self._first and self._monotonic() - self._since_m >= SETTLE_S

    def _stamp(self) -> Stamp | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        # A zip may give all its versions the same time; the system's own is another then.
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size
