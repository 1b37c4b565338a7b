"""One process at a time reads Plex's history into Stash: a task may run beside the worker."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from errors import TransientError
from jobs import lock

FILE_NAME = "import.lock"


class SomebodyImports(TransientError):
    """Another process of ours is at it."""

    reason = "import runs"

    def __init__(self) -> None:
        super().__init__(
            "another PlexSync process imports from Plex at the moment",
            advice="Try again in a minute.",
        )


@contextmanager
def turn(data_dir: str) -> Iterator[None]:
    """Nobody else imports within the block. The system ends the turn of a process that dies.
    Raises SomebodyImports, and StorageError."""
    file = lock.claim(data_dir, FILE_NAME)
    if file is None:
        raise SomebodyImports
    lock.sign(file, os.getpid())
    try:
        yield
    finally:
        lock.release(file)
