"""The way of the worker's log lines into Stash's log, where users look.

A detached process has no pipe to Stash. So its lines go to the job store, and any plugin process
that Stash starts next hands them over; so that they don't wait for one, we ask Stash to start one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress

from errors import SyncError
from jobs.schema import FILE_NAME
from jobs.store import KEPT_LINES, JobStore, open_job_database
from logs.handlers import clean_line, stash_letter
from stash.log_lines import write_log_lines
from storage.sqlite import DatabaseDamaged, StorageError, set_aside

log = logging.getLogger(__name__)

FLUSH_S = 0.5
# A process in Stash per delivery: seldom enough to cost nothing, often enough to watch.
DELIVER_EVERY_S = 2.0
DELIVERY_PAUSE_S = 60.0

OPERATION_MODE = "relay_log"

DAMAGED = (
    "the job store was damaged and is kept as {}; run the task that syncs all scenes to find again"
    " what was waiting in it"
)


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


def hand_over(data_dir: str) -> int:
    """Write all that waits to Stash's log; how many lines. Raises StorageError.

    A damaged job store is set aside: a worker that uses it may not notice for long, and begins
    anew as soon as it is gone.
    """
    if not os.path.exists(os.path.join(data_dir, FILE_NAME)):
        return 0
    try:
        return _hand_over(data_dir)
    except DatabaseDamaged as error:
        name = set_aside(error.path, time.time())
        if name is None:
            raise
        write_log_lines([("e", DAMAGED.format(name))])
        return 1


def _hand_over(data_dir: str) -> int:
    number = 0
    with closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        # A page at a time, so that a process that is killed takes few of them along.
        while lines := store.take_log_lines():
            write_log_lines(lines)
            number += len(lines)
    return number
