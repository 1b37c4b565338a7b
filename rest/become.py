"""Become another program of ours in the same process, which keeps its id and the worker's lock.

Next to nothing imported.
"""

from __future__ import annotations

import os
import signal
import sys

from jobs.liveness import SCRIPT as SCRIPT
from jobs.lock import FILE_NAME

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a watcher
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

WORKER = "worker"
WATCH = "watch"
ASK = "ask"

# What a person or a system ends a process by.
SIGNALS = (signal.SIGTERM, signal.SIGINT)

# Elsewhere it would be another process.
IN_PLACE = os.name == "posix"


def become(role: str, arguments: Sequence[str], document: bytes, file: int | None) -> NoReturn:
    """Go on as this role, with the document on stdin: it holds what nobody else is to read. `file`
    holds the worker's lock. Raises OSError, with nothing changed but stdin.

    All other descriptors are closed by the system, since Python makes none that are inherited.
    """
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        # Nobody reads as yet. The system keeps some 16 kB at least.
        if os.write(writing, document) < len(document):
            raise OSError(f"a pipe cannot hold {len(document)} bytes")
        os.dup2(reading, 0)
    finally:
        os.close(reading)
        os.close(writing)
    if file is not None:
        os.set_inheritable(file, True)
    # The worker needs packages, and so what the site module does.
    flags = [] if role == WORKER else ["-S"]
    if role != WORKER:
        # Until its handlers are there a signal would end it without a look at the inbox.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        os.execv(sys.executable, [sys.executable, *flags, SCRIPT, role, *arguments])
    finally:
        hear()


def hear() -> None:
    """Get the signals that came while this process became another program, and those to come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def become_worker(document: bytes, file: int | None) -> NoReturn:
    """With the arguments by which a hook starts one. Raises OSError."""
    hear()
    become(WORKER, [] if file is None else [FILE_NAME, str(file)], document, file)
