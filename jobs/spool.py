"""Where an event waits when the database can't take it: one small file each.

On the hook path: standard library only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from storage.sqlite import PRIVATE_FILE, StorageError, make_private_folder

FOLDER = "spool"


def put(data_dir: str, kind: str, object_id: int, now: float) -> None:
    """Write the event to a file of its own, atomically and durably. Raises StorageError."""
    folder = os.path.join(data_dir, FOLDER)
    make_private_folder(folder)
    name = os.path.join(folder, f"{now:.6f}-{os.getpid()}-{kind}-{object_id}.json")
    try:
        file = os.open(name + ".new", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, PRIVATE_FILE)
        try:
            os.write(file, json.dumps({"kind": kind, "id": object_id}).encode())
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(name + ".new", name)
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}. Free some disk space or make the folder "
            "writable, then run the task that syncs all scenes: this change was not recorded."
        ) from error


def waiting(data_dir: str) -> Iterator[tuple[str, str, int]]:
    """(path of the file, kind, object id) of every event that waits, oldest first."""
    folder = os.path.join(data_dir, FOLDER)
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for name in names:
        if not name.endswith(".json"):
            continue
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                event = json.load(file)
            yield path, str(event["kind"]), int(event["id"])
        except (OSError, ValueError, KeyError, TypeError):
            # Not ours, or already taken by another process.
            continue
