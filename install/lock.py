"""Whose turn it is to install: a note in the job store, since file locks differ between systems.

Two at once would put the same in place; but each begins by removing what others left unfinished
(`install.installer`), which must not be what another one is still busy with.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from jobs import liveness
from jobs.liveness import Watch
from jobs.registry import BEAT_S, LEASE_S
from storage.database import Database
from storage.sqlite import StorageError

NOTE = "installs packages"


class InstallLock:
    """One process's claim to the turn. Methods may raise StorageError."""

    def __init__(self, database: Database, *, pid: int | None = None) -> None:
        self._database = database
        self._pid = os.getpid() if pid is None else pid
        self._token = secrets.token_hex(6)
        self._beat = 0
        self._watch = Watch(LEASE_S)

    def try_take(self, monotonic_s: float) -> bool:
        """Whether it is this process's turn now. One that is gone, or whose note hasn't changed
        for LEASE_S under our eyes, has lost it: ask again and again."""
        with self._database.write() as connection:
            found = connection.execute("SELECT value FROM notes WHERE name = ?", (NOTE,)).fetchone()
            if found and not self._is_dead(str(found[0]), monotonic_s):
                return False
            connection.execute("REPLACE INTO notes (name, value) VALUES (?, ?)", self._row())
        return True

    def beat(self) -> None:
        """Show that this process is still at it."""
        self._beat += 1
        with self._database.write() as connection:
            connection.execute(
                "UPDATE notes SET value = ? WHERE name = ? AND value LIKE ?",
                (*reversed(self._row()), f"{self._token} %"),
            )

    def release(self) -> None:
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM notes WHERE name = ? AND value LIKE ?", (NOTE, f"{self._token} %")
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Beat while the block runs, then give the turn back."""
        ended = threading.Event()

        def keep_beating() -> None:
            while not ended.wait(BEAT_S):
                with suppress(StorageError):
                    self.beat()

        thread = threading.Thread(target=keep_beating, name="install lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=BEAT_S)
            self.release()

    def wait(
        self,
        is_done: Callable[[], bool],
        pause: Callable[[float], object],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> bool:
        """Until it is this process's turn (True), or what was to be done is done (False)."""
        while not self.try_take(monotonic()):
            if is_done():
                return False
            pause(1.0)
        return True

    def _row(self) -> tuple[str, str]:
        return NOTE, f"{self._token} {self._beat} {self._pid} {liveness.this_place()}"

    def _is_dead(self, value: str, monotonic_s: float) -> bool:
        _, _, pid, where = [*value.split(" ", 3), "", "", ""][:4]
        self._watch.look(monotonic_s)
        stands_still = self._watch.stands_still(NOTE, value)
        return stands_still or (pid.isdigit() and liveness.is_provably_dead(int(pid), where))
