"""Whether a worker exists: whoever is one, or is being started as one, holds a lock of the system.

On the hook path: next to nothing imported. A hook that finds the lock free takes it and hands it
to the worker that it starts, so that of fifty hooks at once one starts a worker; should either of
them die on the way, the system frees it. Who holds it is written in the file. That decides where a
lock can't be handed on (Windows) or a folder knows no locks (some network shares).

Whether a worker gets on is another question: `stands_still`. While events wait that it can't take
in, it marks the file by its time (`mark`).
"""

import errno
import os
import time

from jobs import inbox, liveness
from storage.files import PRIVATE_FILE, StorageError, make_private_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment] # mypy looks at it as on Linux
INHERITED = fcntl is not None

FILE_NAME = "worker.lock"
# Of whoever waits to take the place of a worker that doesn't get on.
SUCCESSOR = "successor.lock"

# A worker takes an event in within a quarter of a second. From so long on a successor is started
# to watch it; it takes the place when the event has waited for TAKE_S.
DOUBT_S = 5.0
TAKE_S = 15.0

# What the system says of a lock that another process has.
_HELD = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK)
# A byte that nothing is written to: on Windows it can't be read while it is locked.
_LOCKED_BYTE = 1 << 20


def to_start(data_dir: str, now: float) -> "tuple[str, int] | None":
    """The name and the descriptor of the lock that a new worker is to get, None if none is
    needed. To be asked after an event was stored. Raises StorageError."""
    found = claim(data_dir, FILE_NAME)
    if found is not None:
        return FILE_NAME, found
    if stands_still(data_dir, now):
        found = claim(data_dir, SUCCESSOR)
    return None if found is None else (SUCCESSOR, found)


def claim(data_dir: str, name: str) -> "int | None":
    """Take a lock; the descriptor that holds it, or None if another process has it. Raises
    StorageError."""
    path = os.path.join(data_dir, name)
    try:
        file = _open(data_dir, path)
    except OSError as error:
        from storage.owner import whose  # noqa: PLC0415 - no hook needs it that gets the lock

        advice = "Free some disk space or make the folder writable for the user that runs Stash."
        raise StorageError(
            f"cannot write {path}: {error.strerror}. {whose(path) or advice} The change is stored."
        ) from error
    is_locked = _lock(file)
    if is_locked is None or (is_locked and not INHERITED):
        is_locked = not _is_named_alive(file)
    if is_locked:
        return file
    os.close(file)
    return None


def release(file: int) -> None:
    """Give a lock back; the file names nobody then."""
    try:
        os.ftruncate(file, 0)
    except OSError:
        return  # whoever it names will be found dead
    finally:
        os.close(file)


def sign(file: int, pid: int) -> None:
    """Write down that this process holds the lock."""
    text = f"{pid} {liveness.started_at(pid) or '-'} {liveness.this_place()}\n"
    try:
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, text.encode())
        os.ftruncate(file, len(text.encode()))
    except OSError:
        return  # a full disk: only a help


def mark(data_dir: str) -> None:
    """Show that this worker gets on, though events wait."""
    try:
        os.utime(os.path.join(data_dir, FILE_NAME))
    except OSError:
        return  # then another process takes the place, which does no harm


def marked_at(data_dir: str) -> float:
    """When a worker was started or last marked (epoch seconds), 0 if never."""
    try:
        return os.stat(os.path.join(data_dir, FILE_NAME)).st_mtime
    except OSError:
        return 0.0


def stands_still(data_dir: str, now: float) -> bool:
    """Whether the worker that holds the lock seems not to get on: it was suspended or killed, or an
    event waits that it should have taken in by now. A wrong yes costs a process that looks
    closer."""
    waits_since = inbox.oldest(data_dir)
    if waits_since is None:
        return False
    # The clock may have been set back.
    in_doubt = abs(now - waits_since) > DOUBT_S and abs(now - marked_at(data_dir)) > DOUBT_S
    return in_doubt or liveness.is_halted(holder(data_dir))


def holder(data_dir: str) -> int:
    """The process id of who holds the worker's lock, or held it last; 0 if that isn't known."""
    return _written(data_dir)[0]


def living_holder(data_dir: str) -> int:
    """The process id of who holds the worker's lock; 0 if nobody does, as far as can be told
    without taking it."""
    pid, started, where = _written(data_dir)
    is_known = bool(pid and started and where == liveness.this_place())
    if is_known and liveness.is_certainly_alive(pid, where, started):
        return pid
    return 0 if is_known or not pid or liveness.is_provably_dead(pid, where) else pid


def _open(data_dir: str, path: str) -> int:
    flags = os.O_CREAT | os.O_RDWR
    try:
        return os.open(path, flags, PRIVATE_FILE)
    except FileNotFoundError:
        make_private_folder(data_dir)
        return os.open(path, flags, PRIVATE_FILE)


def _lock(file: int) -> "bool | None":
    """Whether we have it; None if there are no locks in this folder."""
    try:
        if INHERITED:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            windows = __import__("msvcrt")
            windows.locking(file, windows.LK_NBLCK, 1)
    except OSError as error:
        return False if error.errno in _HELD else None
    return True


def _is_named_alive(file: int) -> bool:
    """Whether the process that the file names may still run."""
    pid, started, where = _named(file)
    if not pid or liveness.is_provably_dead(pid, where, started):
        return False
    if liveness.is_certainly_alive(pid, where, started):
        return True
    # It can't be judged: believed for the time that it takes to start.
    return abs(time.time() - os.fstat(file).st_mtime) < TAKE_S


def _written(data_dir: str) -> "tuple[int, str, str]":
    """What `_named` reads in the worker's lock."""
    try:
        file = os.open(os.path.join(data_dir, FILE_NAME), os.O_RDONLY)
    except OSError:
        return 0, "", ""
    try:
        return _named(file)
    finally:
        os.close(file)


def _named(file: int) -> "tuple[int, str, str]":
    """Process id, start and place as `sign` wrote them; 0 and nothing if it didn't."""
    try:
        os.lseek(file, 0, os.SEEK_SET)
        pid, started, where = os.read(file, 1000).decode().strip().split(" ", 2)
        return int(pid), started.strip("-"), where
    except (OSError, ValueError):
        return 0, "", ""
