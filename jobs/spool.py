"""Where an event waits when the database can't take it: one small file each.

On the hook path: standard library only. The file's name says what changed; the first line of its
content in which lane the job belongs and when it is due, the others what was changed with it, one
id a line.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from jobs.schema import LANE_NAMES, LIVE
from storage.sqlite import PRIVATE_FILE, StorageError, make_private_folder, patiently

FOLDER = "spool"
SUFFIX = ".event"
UNFINISHED = ".new"
# Nobody takes so long to write a file: the hook was killed.
WRITTEN_WITHIN_S = 60.0


def put(
    data_dir: str,
    kind: str,
    object_id: int,
    now: float,
    *,
    lane: int = LIVE,
    due_at: float = 0.0,
    others: Sequence[int] = (),
) -> str:
    """Leave a file for the event, durably; its path. The arguments are those of
    `jobs.inbox.record`. Raises StorageError."""
    folder = os.path.join(data_dir, FOLDER)
    make_private_folder(folder)
    path = os.path.join(folder, f"{now:.6f} {os.getpid()} {kind} {object_id}{SUFFIX}")
    try:
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
        file = os.open(path + UNFINISHED, flags, PRIVATE_FILE)
        try:
            content = "".join(f"{line}\n" for line in (f"{lane} {due_at}", *others))
            _write_all(file, content.encode())
            os.fsync(file)
        finally:
            os.close(file)
        # Nobody reads it before it is complete.
        patiently(lambda: os.replace(path + UNFINISHED, path))
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}. Free some disk space or make the folder "
            "writable, then run the task that syncs all scenes: this change was not recorded."
        ) from error
    return path


def read(path: str) -> tuple[int, float, list[int]]:
    """The event's lane, when it is due (epoch seconds, 0 for at once), and the ids of what was
    changed together with its object.

    Live, at once and alone, as far as the file doesn't tell: its hook may have been killed, or
    another process have taken it. Raises StorageError if it may not be read.
    """
    try:
        content = str(patiently(lambda: _text(path)))
    except FileNotFoundError:
        content = ""
    except OSError as error:
        raise StorageError(_not_ours(path, "read", error)) from error
    first, *others = [*content.splitlines(), ""]
    lane, _, due_at = first.partition(" ")
    ids = [int(line) for line in others if line.isdigit()]
    try:
        known_lane = int(lane) if int(lane) in LANE_NAMES else LIVE
        return known_lane, float(due_at), ids
    except ValueError:
        return LIVE, 0.0, ids


def remove(path: str) -> None:
    """Remove an event that is stored elsewhere now. Raises StorageError."""
    try:
        patiently(lambda: os.unlink(path))
    except FileNotFoundError:
        return  # another process took it as well
    except OSError as error:
        raise StorageError(_not_ours(path, "remove", error)) from error


def earliest_since(data_dir: str, since: float) -> str | None:
    """The path of the first event that waits since this time (epoch seconds) or later."""
    folder = os.path.join(data_dir, FOLDER)
    start = os.path.join(folder, f"{since:.6f}")
    return next((path for path, _, _ in waiting(data_dir) if path >= start), None)


def waiting(data_dir: str, now: float | None = None) -> list[tuple[str, str, int]]:
    """(path of the file, kind, object id) of every event that waits, oldest first; with `now`
    (epoch seconds) also of those whose hook was killed while it wrote them."""
    folder = os.path.join(data_dir, FOLDER)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = []
    for name in names:
        finished = name.removesuffix(UNFINISHED)
        parts = finished.removesuffix(SUFFIX).split(" ")
        if not finished.endswith(SUFFIX) or len(parts) != 4 or not parts[3].isdigit():
            continue
        if name == finished or (now is not None and _is_left_behind(parts[0], now)):
            found.append((os.path.join(folder, name), parts[2], int(parts[3])))
    return found


def changed_at(data_dir: str) -> int:
    """When an event came or went, as the file system tells it; 0 if there never was one."""
    try:
        return os.stat(os.path.join(data_dir, FOLDER)).st_mtime_ns
    except OSError:
        return 0


def _is_left_behind(written_at: str, now: float) -> bool:
    try:
        # Also if the clock was set back.
        return abs(now - float(written_at)) > WRITTEN_WITHIN_S
    except ValueError:
        return False


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _text(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


def _not_ours(path: str, what: str, error: OSError) -> str:
    return (
        f"cannot {what} {path}: {error.strerror}. It must belong to the user that runs Stash, and "
        "no other program may have it open."
    )
