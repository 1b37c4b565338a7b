"""A process on a terminal of its own, as a person starts it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest


def run_on_terminal(
    command: Sequence[str], environment: Mapping[str, str], timeout_s: float = 60.0
) -> tuple[int, str]:
    """The exit status and everything that the terminal was sent."""
    pty = pytest.importorskip("pty")  # not on Windows
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
    ) as process:
        os.close(theirs)
        try:
            shown = _read_all(ours, timeout_s)
            sys.stdout.write(shown)  # is searched for credentials, as all that tests print
        finally:
            process.kill()
            os.close(ours)
    return process.returncode, shown


def _read_all(descriptor: int, timeout_s: float) -> str:
    """Until the other end is closed."""
    parts: list[bytes] = []
    while select.select([descriptor], [], [], timeout_s)[0]:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux's way of telling that the other end is closed
            part = b""
        if not part:
            return b"".join(parts).decode(errors="replace")
        parts.append(part)
    raise TimeoutError(b"".join(parts).decode(errors="replace"))
