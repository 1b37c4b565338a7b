"""The inbox: a folder with one small file for each event, written by hooks, emptied by workers.

On the hook path: standard library only, and next to nothing of it. A file is what Stash wrote to
the hook's stdin. Its name begins with the time of the event, so that names sort by age. Nobody
reads it before it is complete: until then it has another ending.
"""

import os

from storage.files import PRIVATE_FILE, StorageError, make_private_folder, patiently

FOLDER = "inbox"
# In it: what could not be read.
ASIDE = "aside"
# Version 0.1.0 left events there when it couldn't reach its database.
FORMER_FOLDER = "spool"
FOLDERS = (FOLDER, FORMER_FOLDER)
SUFFIX = ".event"
# Brings nothing but Stash's connection, for a worker that may have an old one.
CONNECTION = " connection" + SUFFIX
UNFINISHED = ".new"
# Nobody takes so long to write a file: the hook was killed.
WRITTEN_WITHIN_S = 60.0


def put(data_dir: str, document: bytes, now: float, suffix: str = SUFFIX) -> str:
    """Leave a file with the event, durably; its path. `now` in epoch seconds. Raises
    StorageError."""
    folder = os.path.join(data_dir, FOLDER)
    path = os.path.join(folder, f"{now:.6f} {os.getpid()}{suffix}")
    unfinished = path + UNFINISHED
    try:
        file = _create(folder, unfinished)
        try:
            _write_all(file, document)
            os.fsync(file)
        finally:
            os.close(file)
        patiently(lambda: os.replace(unfinished, path))
    except OSError as error:
        from storage.owner import whose  # noqa: PLC0415 - no hook needs it that can store its event

        advice = "Free some disk space or make the folder writable."
        raise StorageError(
            f"cannot write to {folder}: {error.strerror}. {whose(path) or advice} Then run the "
            "task that syncs all scenes: this change was not recorded."
        ) from error
    return path


def waiting(data_dir: str) -> "tuple[str, ...]":
    """The paths of all events that wait, in both folders, the oldest of each first."""
    found: list[str] = []
    for name in (FORMER_FOLDER, FOLDER):
        folder = os.path.join(data_dir, name)
        found += [os.path.join(folder, each) for each in names(folder) if each.endswith(SUFFIX)]
    return tuple(found)


def oldest(data_dir: str) -> "float | None":
    """The time of the oldest event in the inbox (epoch seconds), None if it is empty."""
    for name in names(os.path.join(data_dir, FOLDER)):
        if name.endswith(SUFFIX):
            return written_at(name)
    return None


def left_in(data_dir: str, name: str) -> "list[str]":
    """The names of all events in this folder, also of those that a hook hasn't finished."""
    endings = (SUFFIX, SUFFIX + UNFINISHED)
    return [each for each in names(os.path.join(data_dir, name)) if each.endswith(endings)]


def is_left_behind(name: str, now: float) -> bool:
    """Whether the hook that has not finished this file was killed. `now` in epoch seconds."""
    # Also if the clock was set back.
    return name.endswith(UNFINISHED) and abs(now - written_at(name)) > WRITTEN_WITHIN_S


def has_event(data_dir: str, now: float, folders: "tuple[str, ...]" = FOLDERS) -> bool:
    """Whether anything is to be taken in: an event, or what a killed hook has left."""
    return any(
        not name.endswith(UNFINISHED) or is_left_behind(name, now)
        for folder in folders
        for name in left_in(data_dir, folder)
    )


def names(folder: str) -> "list[str]":
    """What is in a folder of events, sorted; nothing if there is none."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def written_at(name: str) -> float:
    """The time in a file's name, epoch seconds; 0 if it has none."""
    try:
        found = float(name.partition(" ")[0])
    except ValueError:
        return 0.0
    return found if 0 <= found < 1e11 else 0.0  # neither nan nor inf


def _create(folder: str, path: str) -> int:
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, PRIVATE_FILE)
    except FileNotFoundError:
        for each in (os.path.dirname(folder), folder):
            make_private_folder(each)
        return os.open(path, flags, PRIVATE_FILE)


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]
