"""Where an event waits when the database can't take it: one small file each.

On the hook path: standard library only. The file's name says it all; there is no content to tear.
"""

from __future__ import annotations

import os

from storage.sqlite import PRIVATE_FILE, StorageError, make_private_folder

FOLDER = "spool"
SUFFIX = ".event"


def put(data_dir: str, kind: str, object_id: int, now: float) -> str:
    """Leave a file for the event, durably; its path. Raises StorageError."""
    folder = os.path.join(data_dir, FOLDER)
    make_private_folder(folder)
    path = os.path.join(folder, f"{now:.6f} {os.getpid()} {kind} {object_id}{SUFFIX}")
    try:
        file = os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE)
        try:
            # A byte, so that a full disk is noticed here and not by its victim.
            os.write(file, b"\n")
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}. Free some disk space or make the folder "
            "writable, then run the task that syncs all scenes: this change was not recorded."
        ) from error
    return path


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
