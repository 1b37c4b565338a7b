"""Whether we may go on: somebody may disable or remove the plugin amid a batch of writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from errors import SyncError
from stash.exceptions import PluginDisabled

# An answer that old is asked for again before a write.
FRESH_S = 0.5


class Wanted:
    """For several threads. `ask` raises PluginDisabled; whatever else goes wrong with it says
    nothing about the plugin."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._asked_m = 0.0
        self._refusal: PluginDisabled | None = None

    def answered(self) -> None:
        """Stash has just said so, on another occasion."""
        self._asked_m, self._refusal = time.monotonic(), None

    def check(self) -> None:
        """Raises PluginDisabled."""
        with self._lock:
            if time.monotonic() - self._asked_m >= FRESH_S:
                self._refusal = self._refused()
                self._asked_m = time.monotonic()
            if self._refusal:
                raise self._refusal

    def _refused(self) -> PluginDisabled | None:
        try:
            self._ask()
        except PluginDisabled as refusal:
            return refusal
        except SyncError:
            return None
        return None
