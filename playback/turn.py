"""One process at a time reads Plex's history into Stash: a task may run beside the worker."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from errors import TransientError
from jobs import lock

FILE_NAME = "import.lock"
LOOK_EVERY_S = 0.1


class SomebodyImports(TransientError):
    """Another process of ours is at it."""

    reason = "import runs"

    def __init__(self) -> None:
        super().__init__(
            "another PlexSync process imports from Plex at the moment",
            advice="Try again in a minute.",
        )


@contextmanager
def turn(data_dir: str, patience_s: float = 0.0) -> Iterator[None]:
    """Nobody else imports within the block, which begins after so many seconds at most. The system
    ends the turn of a process that dies. Raises SomebodyImports, and StorageError."""
    end_m = time.monotonic() + patience_s
    while (file := lock.claim(data_dir, FILE_NAME)) is None:
        if time.monotonic() >= end_m:
            raise SomebodyImports
        time.sleep(LOOK_EVERY_S)
    lock.sign(file, os.getpid())
    try:
        yield
    finally:
        lock.release(file)
