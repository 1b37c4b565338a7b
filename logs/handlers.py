"""The two places a log line can go: Stash's log (stderr protocol) and a rotating file."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from logs.redact import redact
from logs.shared_file import SharedFile

FILE_NAME = "plex_sync.log"
FILE_BYTES = 2_000_000
FILE_COUNT = 3

# A line of 64 KiB ends Stash's reader for good (pkg/plugin/log.go); nobody reads that much anyway.
MAX_LINE = 4_000

# Stash drops a value that comes while it is still busy with the one before (pkg/plugin/log.go).
PROGRESS_GAP_S = 0.02

# pkg/logger/plugin.go: 0x01, level letter, 0x02, text.
_LEVELS = ((logging.ERROR, "e"), (logging.WARNING, "w"), (logging.INFO, "i"), (logging.DEBUG, "d"))
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def clean_line(text: str) -> str:
    """One printable line: secrets hidden, control characters gone, length bounded. It keeps its
    indentation, without which a traceback can't be read."""
    line = _CONTROL.sub(" ", redact(text)).rstrip()
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


def _in_one_line(text: str) -> str:
    return " ".join(line for line in text.splitlines() if line.strip())


class CleanFormatter(logging.Formatter):
    """Cleans the finished text, so that a secret in any argument or traceback is caught."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(clean_line(line) for line in super().format(record).split("\n"))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """One line, or a path with a line break in it would forge others."""
        return _in_one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """Its further lines are indented, so that none can look like a line of the log."""
        return super().formatException(ei).replace("\n", "\n    ")


class StashHandler(logging.Handler):
    """Writes to Stash's log. Tracebacks go there at debug level, a line each."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._clock, self._sleep = clock, sleep
        self._progress_at_s = -PROGRESS_GAP_S

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(stash_letter(record.levelno), record.getMessage())
            if record.exc_info:
                text = logging.Formatter().formatException(record.exc_info)
                self._write("d", text)
            self._stream.flush()
        except (OSError, ValueError):
            # Stash has closed its end; the file has the line.
            return

    def progress(self, fraction: float) -> None:
        """Move the bar of Stash's task, 0 to 1. Values in quick succession are left out, but not
        the last one, 1.0."""
        wait_s = self._progress_at_s + PROGRESS_GAP_S - self._clock()
        if wait_s > 0:
            if fraction < 1.0:
                return
            self._sleep(wait_s)
        self._progress_at_s = self._clock()
        try:
            self._stream.write(f"\x01p\x02{min(max(fraction, 0.0), 1.0):.4f}\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    def _write(self, letter: str, text: str) -> None:
        for line in text.splitlines():
            cleaned = clean_line(line)
            if cleaned:
                self._stream.write(f"\x01{letter}\x02{cleaned}\n")


def stash_letter(level: int) -> str:
    """Stash's letter for a level of the logging module."""
    return next((letter for least, letter in _LEVELS if level >= least), "t")


def file_handler(data_dir: str) -> logging.Handler:
    """A rotating file in the data folder that keeps everything, readable by its owner only."""
    path = os.path.join(data_dir, FILE_NAME)
    handler = SharedFile(path, most_bytes=FILE_BYTES, kept=FILE_COUNT)
    handler.setFormatter(
        CleanFormatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    return handler


def install(*handlers: logging.Handler) -> None:
    """Make these the only handlers of the process. Debug lines of others' libraries stay out."""
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(logging.DEBUG)
    for noisy in ("urllib3", "plexapi", "requests", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
