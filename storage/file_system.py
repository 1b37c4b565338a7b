"""What the file system of a folder lacks of what SQLite relies on, found by trying it there.

Not on the hook's path but for the first event of all and for one that can't be stored.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Iterator

# As much as SQLite maps at first (https://www.sqlite.org/walformat.html, the WAL-index file).
_BYTES = 32_768
_POSIX = os.name == "posix"


def shares_maps(folder: str) -> bool:
    """Whether several processes can map a file of this folder into their memory and write to it,
    without which SQLite has no write-ahead log. FUSE with direct I/O (mergerfs, unionfs) and 9p
    refuse it. True if that can't be tried."""
    try:
        with _file_in(folder) as file:
            os.ftruncate(file, _BYTES)
            try:
                with mmap.mmap(file, _BYTES) as shared:
                    shared[0] = 1
            except OSError:
                return False
    except OSError:
        return True
    return True


def what_is_lacking(folder: str) -> str:
    """In a sentence, what keeps any SQLite database from working there; "" if nothing does."""
    try:
        with _file_in(folder) as file:
            os.write(file, b"\0" * 512)
            for act, name in ((_lock, "file locks"), (os.fsync, "fsync")):
                try:
                    act(file)
                except OSError as error:
                    return (
                        f"The file system of {folder} refuses {name} ({error.strerror}), and "
                        "SQLite needs them: keep the folder of Stash's config file on a disk of "
                        "this machine, or mount it with them."
                    )
    except OSError:
        return ""
    return ""


def _lock(file: int) -> None:
    if _POSIX:
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def _file_in(folder: str) -> Iterator[int]:
    """An empty file of nobody else's, which is gone in the end. Raises OSError."""
    path = os.path.join(folder, f".trial-{os.getpid()}-{os.urandom(4).hex()}")
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o600)
    try:
        yield file
    finally:
        os.close(file)
        with contextlib.suppress(OSError):
            os.unlink(path)
