"""A log file that several processes write at once, and that any of them may rotate."""

from __future__ import annotations

import contextlib
import logging
import os
import time

from storage.sqlite import PRIVATE_FILE

# A process that was killed while it rotated leaves its lock behind; nobody needs this long.
_ABANDONED_S = 60.0

_APPEND = os.O_CREAT | os.O_APPEND | os.O_WRONLY | getattr(os, "O_BINARY", 0)


class SharedFile(logging.Handler):
    """Appends to `path`, readable by its owner only. A line with which it would pass `most_bytes`
    goes to a new file; the former become path.1, path.2 … path.`kept`.

    The file is opened for every line: nobody writes on into one that another process has renamed,
    and Windows renames none that is open. Where it can't be rotated it grows on.
    """

    def __init__(self, path: str, *, most_bytes: int, kept: int) -> None:
        super().__init__()
        self._path = path
        self._most_bytes = most_bytes
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        # Names may hold half a character (JSON allows it); that mustn't cost the line.
        line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        try:
            if not self._append(line, self._most_bytes):
                self._rotate(len(line))
                self._append(line, None)
        except OSError:
            return  # a full disk, or no folder any more: there is nowhere to say so

    def _append(self, line: bytes, most_bytes: int | None) -> bool:
        """Whether it was written, as the file has room for it. None: it has, in any case."""
        descriptor = os.open(self._path, _APPEND, PRIVATE_FILE)
        try:
            size = os.fstat(descriptor).st_size
            if most_bytes is not None and size and size + len(line) > most_bytes:
                return False
            os.write(descriptor, line)
            return True
        finally:
            os.close(descriptor)

    def _rotate(self, needed: int) -> None:
        """Leaves things as they are if another process is at it, or has just done it."""
        lock = f"{self._path}.lock"
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        except OSError:
            _remove_abandoned(lock)
            return
        try:
            if os.path.getsize(self._path) + needed > self._most_bytes:
                self._shift()
        except OSError:
            return  # On Windows another process has one of the files open: rotate another time.
        finally:
            with contextlib.suppress(OSError):
                os.unlink(lock)

    def _shift(self) -> None:
        # The file in use first: if that fails, no older one has been lost for nothing.
        names = [f"{self._path}.{number}" for number in range(self._kept + 1)]
        os.replace(self._path, names[0])
        for number in range(self._kept, 0, -1):
            if os.path.exists(names[number - 1]):
                os.replace(names[number - 1], names[number])


def _remove_abandoned(lock: str) -> None:
    with contextlib.suppress(OSError):
        # Either way, since the clock may have been set back.
        if abs(time.time() - os.path.getmtime(lock)) > _ABANDONED_S:
            os.unlink(lock)
