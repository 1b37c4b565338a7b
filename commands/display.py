"""Where the command line's words go: results to stdout, progress and warnings to stderr."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import TextIO

from commands.eta import Estimate, bar_text, left_text
from logs.handlers import clean_line

REDRAW_EVERY_S = 0.1
# Where nobody watches, such as a log file or a cron mail: what is quickly done says nothing.
LINE_EVERY_S = 30.0


class Display:
    """Plain text. On a terminal a bar that rewrites itself, elsewhere a line now and then.

    `clock` in seconds that only go forward.
    """

    def __init__(
        self, out: TextIO, err: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._out, self._err = out, err
        self._clock = clock
        self._estimate = Estimate()
        self._told_at: float | None = None
        self._is_watched = err.isatty()
        self._shown = ""

    def progress(self, fraction: float) -> None:
        """0 to 1. At 1 the bar goes away; a bar may begin anew after that."""
        now = self._clock()
        left_s = self._estimate.left_s(fraction, now)
        if fraction >= 1:
            self._erase_bar()
            self._estimate, self._told_at = Estimate(), None
        elif self._is_watched:
            if self._told_at is None or now - self._told_at >= REDRAW_EVERY_S:
                self._told_at = now
                self._draw_bar(fraction, left_s)
        elif self._told_at is None:
            self._told_at = now
        elif now - self._told_at >= LINE_EVERY_S:
            self._told_at = now
            self.warn(f"{fraction * 100:.0f} %{left_text(left_s)}")

    def say(self, text: str) -> None:
        """A line of the result."""
        self._erase_bar()
        self._out.write(f"{_clean(text)}\n")
        self._out.flush()

    def say_json(self, value: object, *, indent: int | None = None) -> None:
        """For scripts: complete, and in ASCII whatever the terminal takes."""
        self._erase_bar()
        self._out.write(f"{json.dumps(value, indent=indent)}\n")
        self._out.flush()

    def warn(self, text: str) -> None:
        """A line that is not the result."""
        self._erase_bar()
        self._err.write(f"{clean_line(text)}\n")
        self._err.flush()

    def show(self, report: Iterable[str]) -> None:
        """Line by line."""
        for line in report:
            self.say(line)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._erase_bar()

    def _draw_bar(self, fraction: float, left_s: float | None) -> None:
        text = bar_text(fraction, left_s)
        self._err.write(f"\r{text.ljust(len(self._shown))}")
        self._err.flush()
        self._shown = text

    def _erase_bar(self) -> None:
        if self._shown:
            # Blanks, since not every terminal knows a command for it.
            self._err.write(f"\r{' ' * len(self._shown)}\r")
            self._err.flush()
            self._shown = ""


class WarningsTo(logging.Handler):
    """Log lines that deserve attention, without tracebacks: those are in the log file."""

    def __init__(self, display: Display) -> None:
        super().__init__(logging.WARNING)
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        self._display.warn(record.getMessage())


def open_display() -> Display:
    """For this process's streams."""
    for stream in (sys.stdout, sys.stderr):
        # A title may hold letters that a Windows console's code page lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Display(sys.stdout, sys.stderr)


def _clean(text: str) -> str:
    """Names and paths come from elsewhere: they mustn't steer the terminal. Indents are kept."""
    return "\n".join(clean_line(line) for line in text.splitlines())
