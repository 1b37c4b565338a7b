"""Whether the plugin's own files were replaced or removed while this process runs."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a watcher
if TYPE_CHECKING:
    from collections.abc import Callable

# Stash removes the old files one by one and then unpacks the new ones.
SETTLE_S = 5.0


class CodeWatch:
    """Watches one file that every update writes anew."""

    def __init__(
        self, path: str, monotonic: Callable[[], float] = time.monotonic, first: str | None = None
    ) -> None:
        self._path = path
        self._monotonic = monotonic
        self._seen = self._stamp()
        self.first = self._seen if first is None else first
        self._since_m = monotonic()

    def is_outdated(self) -> bool:
        """True once the file is another one, or gone, and has been so for SETTLE_S."""
        now = self._stamp()
        if now != self._seen:
            self._seen, self._since_m = now, self._monotonic()
        return now != self.first and self._monotonic() - self._since_m >= SETTLE_S

    @property
    def is_changing(self) -> bool:
        """Whether `is_outdated` may say so soon; it has to be asked before."""
        return self._seen != self.first

    def _stamp(self) -> str:
        """Empty if it is gone."""
        try:
            found = os.stat(self._path)
        except OSError:
            return ""
        # A zip may give all its versions the same time; the system's own is another then.
        return f"{found.st_mtime_ns} {found.st_ctime_ns} {found.st_size}"
