"""Where an event waits when the database can't take it: one small file each.

On the hook path: standard library only. The file's name says what changed, its content which
others were changed with it, one id a line.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from storage.sqlite import PRIVATE_FILE, StorageError, make_private_folder

FOLDER = "spool"
SUFFIX = ".event"


def put(data_dir: str, kind: str, object_id: int, now: float, others: Sequence[int] = ()) -> str:
    """Leave a file for the event, durably; its path. `others`: what was changed together with the
    object. Raises StorageError."""
    folder = os.path.join(data_dir, FOLDER)
    make_private_folder(folder)
    path = os.path.join(folder, f"{now:.6f} {os.getpid()} {kind} {object_id}{SUFFIX}")
    try:
        file = os.open(f"{path}.new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE)
        try:
            # A byte at least, so that a full disk is noticed here and not by its victim.
            content = "".join(f"{each}\n" for each in others) or "\n"
            _write_all(file, content.encode())
            os.fsync(file)
        finally:
            os.close(file)
        # Nobody reads it before it is complete.
        os.replace(f"{path}.new", path)
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}. Free some disk space or make the folder "
            "writable, then run the task that syncs all scenes: this change was not recorded."
        ) from error
    return path


def others(path: str) -> list[int]:
    """The ids of what was changed together with the object of this event; none if another process
    has taken it."""
    try:
        with open(path, encoding="ascii") as file:
            return [int(line) for line in file if line.strip().isdigit()]
    except FileNotFoundError:
        return []


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def earliest_since(data_dir: str, since: float) -> str | None:
    """The path of the first event that waits since this time (epoch seconds) or later."""
    folder = os.path.join(data_dir, FOLDER)
    start = os.path.join(folder, f"{since:.6f}")
    return next((path for path, _, _ in waiting(data_dir) if path >= start), None)


def waiting(data_dir: str) -> list[tuple[str, str, int]]:
    """(path of the file, kind, object id) of every event that waits, oldest first."""
    folder = os.path.join(data_dir, FOLDER)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = []
    for name in names:
        parts = name.removesuffix(SUFFIX).split(" ")
        if name.endswith(SUFFIX) and len(parts) == 4 and parts[3].isdigit():
            found.append((os.path.join(folder, name), parts[2], int(parts[3])))
    return found
