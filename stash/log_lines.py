"""Ready lines written in Stash's log protocol. On the hook path: next to nothing imported."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def speak_utf8() -> None:
    """Have stderr write what Stash reads: on Windows a pipe gets the ANSI code page otherwise.

    For the start of a process. Half a character is written as an escape, and costs no line.
    """
    reconfigure = getattr(sys.stderr, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def write_log_lines(lines: Iterable[tuple[str, str]]) -> None:
    """Write (level letter, text) lines, cleaned before, to Stash's log: 0x01, letter, 0x02, text
    (pkg/logger/plugin.go). A closed pipe is no error: the log file has the lines as well."""
    try:
        for letter, line in lines:
            sys.stderr.write(f"\x01{letter}\x02{line}\n")
        sys.stderr.flush()
    except OSError:
        return
