"""Pillow for a process that makes posters: what the system has, or else a copy in our folder, which
is installed once a setting needs it.

Standard library only, and never on the hook's path.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from threading import Lock, Thread

from install import installer, packages
from install.ensure import provide
from install.installer import InstallFailed
from install.packages import PILLOW
from jobs.store import JobStore, open_job_database
from pictures.pillow import drawing, supplied_by
from storage.sqlite import StorageError
from storage.times import is_recent

log = logging.getLogger(__name__)

# A look whether somebody has installed it costs milliseconds.
LOOK_S = 5.0
RETRY_S = 3600.0
# Covers go as they are when it takes longer.
WAIT_S = 60.0

THREAD = "pillow"
NOTE = "pillow could not be installed"


def offer(data_dir: str, *, is_awaited: bool, may_install: bool = True) -> None:
    """Have Pillow come from our folder in this process. `is_awaited`: somebody waits for what the
    process does, so that it tries at once, however lately another one has failed."""
    supplied_by(PillowSupply(data_dir, is_awaited=is_awaited, may_install=may_install))


def is_installing() -> bool:
    """Whether this process is amid installing it."""
    return any(each.name == THREAD for each in threading.enumerate())


class PillowSupply:
    """A `pictures.pillow.Supply`. It installs in a thread of its own. The first attempt is waited
    for, since a poster that was uploaded as it is stays in Plex; later ones hold nobody up."""

    def __init__(
        self,
        data_dir: str,
        *,
        is_awaited: bool,
        may_install: bool = True,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        wait_s: float = WAIT_S,
    ) -> None:
        self._data_dir = data_dir
        self._must_try = is_awaited
        self._may_install = may_install
        self._now = now
        self._monotonic = monotonic
        self._wait_s = wait_s
        self._lock = Lock()
        self._is_there = False
        self._own_only = False
        self._looked_m: float | None = None
        self._attempt: Thread | None = None
        self._failure: tuple[float, str] | None = None
        self._has_read_note = False

    def __call__(self, is_needed: bool) -> str:
        with self._lock:
            if self._look() or (is_needed and self._may_install and self._fetch()):
                return ""
            if self._attempt is not None and self._attempt.is_alive():
                return "It is being installed."
            return self._failure[1] if self._failure else "It is not installed."

    def _look(self, *, at_once: bool = False) -> bool:
        """Whether it is there; looks every LOOK_S at most."""
        now_m = self._monotonic()
        is_due = self._looked_m is None or now_m - self._looked_m >= LOOK_S
        if not self._is_there and (at_once or is_due):
            self._looked_m = now_m
            self._is_there = self._can_draw()
        return self._is_there

    def _can_draw(self) -> bool:
        if not packages.activate(self._data_dir, PILLOW, own_only=self._own_only):
            return False
        known = set(sys.modules)
        try:
            drawing()
        except (ImportError, OSError) as error:
            log.info("Pillow can't be imported (%s); PlexSync installs a copy of its own", error)
            self._set_aside(set(sys.modules) - known)
            return False
        return True

    def _set_aside(self, imported: Iterable[str]) -> None:
        """What can't be imported, or by half, must not be found again."""
        self._own_only = True
        for name in imported:
            # Other threads may have imported something meanwhile.
            if name.partition(".")[0] == "PIL":
                sys.modules.pop(name, None)
        folders = packages.package_folders(self._data_dir, PILLOW)
        if folders.own in sys.path:
            sys.path.remove(folders.own)
            installer.set_aside(folders)

    def _fetch(self) -> bool:
        """Begin an attempt if one is due. Whether it is there now."""
        if self._attempt is not None and self._attempt.is_alive():
            return False
        self._read_note()
        is_first = self._must_try or self._failure is None
        if not is_first and not self._is_over():
            return False
        self._must_try = False
        self._attempt = Thread(target=self._install, name=THREAD, daemon=True)
        self._attempt.start()
        if is_first:
            self._attempt.join(self._wait_s)
        is_there = self._look(at_once=True)
        if not (is_there or self._failure or self._attempt.is_alive()):
            self._failure = self._now(), "It is installed, but this process cannot load it."
        return is_there

    def _is_over(self) -> bool:
        """Whether the last failure is long past."""
        failed_at = self._failure[0] if self._failure else 0.0
        return not is_recent(failed_at, self._now(), RETRY_S)

    def _install(self) -> None:
        try:
            provide(self._data_dir, PILLOW, _no_progress, own_only=self._own_only)
        except InstallFailed as error:
            again = "PlexSync tries again by itself, at most once an hour."
            self._failure = self._now(), f"{error.args[0]} {again} {error.advice}"
        except (StorageError, OSError) as error:
            self._failure = self._now(), f"It could not be installed: {error}."
        else:
            self._failure = None
        with suppress(StorageError), closing(open_job_database(self._data_dir)) as database:
            JobStore(database).set_note(NOTE, self._as_note())

    def _as_note(self) -> str | None:
        return (
            f"{self._folder()} {self._failure[0]:.0f} {self._failure[1]}" if self._failure else None
        )

    def _read_note(self) -> None:
        """What another process has met, for this Python and this version of Pillow."""
        if self._has_read_note:
            return
        self._has_read_note = True
        with suppress(StorageError), closing(open_job_database(self._data_dir)) as database:
            folder, _, rest = (JobStore(database).note(NOTE) or "").partition(" ")
            failed_at, _, why = rest.partition(" ")
            if folder == self._folder() and failed_at.isdigit():
                self._failure = float(failed_at), why

    def _folder(self) -> str:
        return os.path.basename(packages.package_folders(self._data_dir, PILLOW).own)


def _no_progress(_fraction: float) -> None:
    """The lines of the log say enough."""
