"""From the inbox into the queue: reads the files of events, one by one, and removes what is stored.

Whatever a file turns out to be, it stops nobody else's: one that can't be read is moved aside.
"""

from __future__ import annotations

import errno
import logging
import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from jobs import inbox
from jobs.events import BadEvent, Event, read_event, read_former
from storage.files import PRIVATE_FOLDER, StorageError, patiently

log = logging.getLogger(__name__)

# A hook shortens what is longer than a few hundred kB; this is for what others may put there.
MOST_BYTES = 100_000_000
# Stored by one commit.
PORTION = 100


class Intake:
    """Takes events in, for all threads of a process. `store` puts events into the queue, durably
    and all of them or none."""

    def __init__(self, data_dir: str, store: Callable[[Sequence[Event], float], None]) -> None:
        self.connection: Mapping[str, Any] | None = None
        """Stash's server_connection of the newest event taken in so far; None without any."""
        self.taken_in = 0
        """How many events so far that ask for jobs."""
        self.last_ones = 0
        """How many of these are the last of their kind for now; see `jobs.events.more_follow`."""
        self._data_dir = data_dir
        self._store = store
        self._lock = Lock()
        self._stuck: set[str] = set()

    def take_in(self, now: float) -> int:
        """Take in what waits, oldest first; how many events that were. Raises StorageError, with
        what is left where it was."""
        with self._lock:
            paths = self.waiting() + tuple(self._left_behind(now))
            portions = (paths[at : at + PORTION] for at in range(0, len(paths), PORTION))
            return sum(self._take(portion, now) for portion in portions)

    def waiting(self) -> tuple[str, ...]:
        """The paths of what waits to be taken in, without those that can't even be moved aside."""
        return tuple(each for each in inbox.waiting(self._data_dir) if each not in self._stuck)

    def set_aside(self) -> int:
        """How many files are kept aside, since they could not be read."""
        return len(inbox.names(os.path.join(self._data_dir, inbox.FOLDER, inbox.ASIDE)))

    def _take(self, paths: Sequence[str], now: float) -> int:
        found = [(path, event) for path in paths if (event := self._read(path)) is not None]
        if found:
            self._store([event for _, event in found], now)
        asking = [event for _, event in found if event.object_ids]
        self.taken_in += len(asking)
        self.last_ones += sum(not event.more_follow for event in asking)
        for path, event in found:
            self.connection = event.connection or self.connection
            # Not before it is stored; twice does no harm.
            _remove(path)
        return len(found)

    def _read(self, path: str) -> Event | None:
        """None for what isn't there any more, and what is no event: that is then moved aside."""
        try:
            content = _content(path)
            return None if content is None else _event(path, content)
        except BadEvent as error:
            # Its hook was killed while it wrote: Stash never heard "ok".
            if not (path.endswith(inbox.UNFINISHED) and _is_dropped(path)):
                self._put_aside(path, str(error))
            return None

    def _put_aside(self, path: str, why: str) -> None:
        folder = os.path.join(self._data_dir, inbox.FOLDER, inbox.ASIDE)
        try:
            os.makedirs(folder, mode=PRIVATE_FOLDER, exist_ok=True)
            name = os.path.basename(path)
            patiently(lambda: os.rename(path, os.path.join(folder, name)))
            where = f"It is kept in {folder}"
        except FileNotFoundError:
            return  # another process has moved it
        except OSError as error:
            self._stuck.add(path)
            where = f"It stays there, since it cannot be moved: {error.strerror}"
        log.warning(
            "the event in %s cannot be read: %s. %s; if a change is missing in Plex, run the task "
            "that syncs all scenes",
            path,
            why,
            where,
        )

    def _left_behind(self, now: float) -> list[str]:
        """What hooks have left unfinished that were killed."""
        return [
            os.path.join(self._data_dir, folder, each)
            for folder in (inbox.FORMER_FOLDER, inbox.FOLDER)
            for each in inbox.left_in(self._data_dir, folder)
            if inbox.is_left_behind(each, now)
        ]


def _event(path: str, content: bytes) -> Event:
    folder, name = os.path.split(path)
    if os.path.basename(folder) == inbox.FORMER_FOLDER:
        name = name.removesuffix(inbox.UNFINISHED).removesuffix(inbox.SUFFIX)
        return read_former(name, content)
    return read_event(content, inbox.written_at(name) or time.time())


def _content(path: str) -> bytes | None:
    """What is in a regular file, opened without waiting; None if it is gone. Raises BadEvent."""
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):
        flags |= getattr(os, name, 0)
    try:
        file = int(str(patiently(lambda: os.open(path, flags))))
    except FileNotFoundError:
        if os.path.lexists(path):
            raise BadEvent("it is no regular file") from None
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.EMLINK):
            raise BadEvent("it is no regular file") from error
        raise BadEvent(f"it cannot be opened: {error.strerror}") from error
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise BadEvent("it is no regular file")
        if found.st_size > MOST_BYTES:
            raise BadEvent(f"it has {found.st_size} bytes")
        with os.fdopen(file, "rb", closefd=False) as opened:
            return opened.read()
    except OSError as error:
        raise BadEvent(f"it cannot be read: {error.strerror}") from error
    finally:
        os.close(file)


def _is_dropped(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False  # a folder, say
    return True


def _remove(path: str) -> None:
    try:
        patiently(lambda: os.unlink(path))
    except FileNotFoundError:
        return  # another process took it as well
    except OSError as error:
        raise StorageError(
            f"cannot remove {path}: {error.strerror}. It must belong to the user that runs Stash, "
            "and no other program may have it open."
        ) from error
