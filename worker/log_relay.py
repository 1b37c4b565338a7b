"""The way of the worker's log lines into Stash's log, where users look.

A detached process has no pipe to Stash. So its lines go to the job store, and any plugin process
that Stash starts next hands them over; so that they don't wait for one, we ask Stash to start one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from errors import SyncError
from jobs.store import KEPT_LINES, JobStore
from logs.handlers import clean_line, stash_letter
from storage.sqlite import DatabaseDamaged, StorageError

log = logging.getLogger(__name__)

FLUSH_S = 0.5
# A process in Stash per delivery: seldom enough to cost nothing, often enough to watch.
DELIVER_EVERY_S = 2.0
DELIVERY_PAUSE_S = 60.0

OPERATION_MODE = "relay_log"


class LineBuffer(logging.Handler):
    """Keeps lines of level info and above until the relay takes them."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        letter = stash_letter(record.levelno)
        text = record.getMessage()
        self._lines += [(letter, clean_line(line)) for line in text.splitlines() if line.strip()]

    def take(self) -> list[tuple[str, str]]:
        with self.lock or threading.RLock():
            taken, self._lines = self._lines, []
        return taken

    def give_back(self, lines: list[tuple[str, str]]) -> None:
        """Keep lines that were taken in vain, before those that have come since."""
        with self.lock or threading.RLock():
            self._lines = [*lines, *self._lines][-KEPT_LINES:]


class LogRelay(AbstractContextManager["LogRelay"]):
    """A thread that stores the buffer's lines and has them delivered, while the block runs.

    `deliver` makes Stash start a plugin process that takes the stored lines; it may raise
    SyncError.
    """

    def __init__(self, store: JobStore, buffer: LineBuffer, deliver: Callable[[], None]) -> None:
        self._store = store
        self._buffer = buffer
        self._deliver = deliver
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log relay", daemon=True)
        self._wait_s = 0.0

    def __enter__(self) -> LogRelay:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(timeout=10.0)
        self.turn(float("inf"))

    def turn(self, elapsed_s: float) -> None:
        """Store what has come, and have it delivered if that is due. `elapsed_s`: since the last
        turn."""
        try:
            self._wait_s -= elapsed_s
            self._store_lines()
            if self._wait_s <= 0 and self._store.has_log_lines():
                self._wait_s = DELIVER_EVERY_S
                self._deliver()
        except DatabaseDamaged:
            # Whoever delivers sets it aside, see `entry.pending_log`; we may not notice for long.
            self._wait_s = DELIVER_EVERY_S
            with suppress(SyncError):
                self._deliver()
        except StorageError:
            self._wait_s = DELIVERY_PAUSE_S  # the worker meets the same database, and says so
        except SyncError as error:
            # Not worth a line in Stash's log: it is Stash's log that can't be reached.
            log.debug("log lines wait for the next hook or task: %s", error)
            self._wait_s = DELIVERY_PAUSE_S

    def _store_lines(self) -> None:
        lines = self._buffer.take()
        if not lines:
            return
        try:
            self._store.add_log_lines(lines)
        except StorageError:
            self._buffer.give_back(lines)
            raise

    def _run(self) -> None:
        while not self._ended.wait(FLUSH_S):
            self.turn(FLUSH_S)
