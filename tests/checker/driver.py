"""The plugin under the checker's hands: the one place that knows how an event is recorded, how a
worker and a task are made, and how a process dies. All else of the checker speaks to this."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import requests
import tenacity.nap
from requests.adapters import HTTPAdapter

from commands import tasks
from errors import LeaseLost, SyncError
from jobs.job import FailedJob
from jobs.registry import TASK_ROLE, WORKER
from jobs.schema import BACKGROUND, LIVE, RUN, TASK
from jobs.store import JobStore
from net import session
from net.trust import trust
from simulators.rig import PLUGIN_ID
from stash.connection import StashConnection
from tests.harness.clock import Clock
from worker.context import Context, open_context
from worker.processor import SyncWorker

# Steps without a rest, beyond which something goes round in circles.
MOST_STEPS = 200
MOST_WAITS = 30
UPLOAD = re.compile(r"/library/metadata/(\d+)/(posters|arts)\b")


class Killed(BaseException):
    """The process is gone; nothing that runs after this counts."""


class Circles(Exception):
    """The worker never rests."""


class Wire:
    """Between this process and its servers: what it does to the requests of all our clients.

    `too_large`: the items of which a picture was refused for its size, by rating key."""

    def __init__(self, data_dir: Path, snapshot: Path) -> None:
        self._data_dir, self._snapshot = data_dir, snapshot
        self._send = HTTPAdapter.send
        self._lock = threading.Lock()
        self._countdown: int | None = None
        self._is_sent_before = False
        self._only_writes = False
        self.is_dead = False
        self.timeouts = 0
        self.too_large: list[int] = []
        self._held: tuple[threading.Event, threading.Event] | None = None
        self._held_countdown = 0

    def kill_at(self, number: int, *, is_sent: bool, only_writes: bool) -> None:
        """The `number`-th request from now on (or write) is the last; `is_sent`: it arrives."""
        self._countdown, self._is_sent_before = number, is_sent
        self._only_writes = only_writes

    def revive(self) -> None:
        self.is_dead, self._countdown = False, None

    def hold_at(self, number: int) -> tuple[threading.Event, threading.Event]:
        """The `number`-th request stands still. (has begun to, may go on)"""
        self._held, self._held_countdown = (threading.Event(), threading.Event()), number
        return self._held

    def hold_nothing(self) -> None:
        self._held = None

    def send(self, adapter: HTTPAdapter, request: Any, **options: Any) -> requests.Response:
        if self.is_dead:
            raise Killed
        self._stand_still(request)
        if self._is_time_out():
            raise requests.ReadTimeout(request=request)
        if self._is_last(request):
            if self._is_sent_before:
                with contextlib.suppress(requests.RequestException):
                    self._send(adapter, request, **options)
            raise Killed
        response = self._send(adapter, request, **options)
        if response.status_code == 413 and (found := UPLOAD.search(request.url)):
            self.too_large.append(int(found[1]))
        return response

    def _is_time_out(self) -> bool:
        with self._lock:
            self.timeouts -= self.timeouts > 0
            return self.timeouts > 0

    def _is_last(self, request: Any) -> bool:
        with self._lock:
            if self._countdown is None or (self._only_writes and request.method == "GET"):
                return False
            if self._only_writes and "/graphql" in request.url:
                return False
            self._countdown -= 1
            if self._countdown > 0:
                return False
            self._countdown = None
            # What is on the disk now is what the process leaves; what it stores later, in other
            # threads that have not noticed yet, it doesn't.
            copy_folder(self._data_dir, self._snapshot)
            self.is_dead = True
            return True

    def _stand_still(self, request: Any) -> None:
        with self._lock:
            self._held_countdown -= 1
            if self._held is None or self._held_countdown > 0:
                return
            (reached, released), self._held = self._held, None
        reached.set()
        released.wait(60)
        if request.method != "GET":
            # What was on the network when the process was suspended is lost here: what arrives
            # late is the network's doing, which this checker doesn't stage.
            raise requests.ConnectionError("the connection was cut", request=request)


def copy_folder(source: Path, target: Path) -> None:
    """As the folder would be found after a kill: each database as it was last committed."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    for path in source.iterdir():
        if path.name.endswith((".db-wal", ".db-shm", ".db-journal")):
            continue
        if path.is_dir():
            shutil.copytree(path, target / path.name)
        elif path.suffix == ".db":
            with (
                contextlib.closing(sqlite3.connect(path)) as old,
                contextlib.closing(sqlite3.connect(target / path.name)) as new,
            ):
                old.backup(new)
            (target / path.name).chmod(0o600)
        else:
            shutil.copy2(path, target / path.name)


class TaskContext(Context):
    """A task's, with the checker's clock in the worker that it makes."""

    __slots__ = ()
    clock: Callable[[], float]

    def worker(
        self, lanes: Sequence[int], *, idle_exit_s: float | None = None, **_rest: Any
    ) -> SyncWorker:
        return SyncWorker(
            self.stores,
            self.stash,
            settings=self.settings,
            lanes=lanes,
            idle_exit_s=idle_exit_s,
            stop=self.stop,
            clock=type(self).clock,
            monotonic=type(self).clock,
        )


class Stop(threading.Event):
    """A task's waits pass at once; after so many of them somebody presses stop."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0.0
        self._waits += 1
        if self._waits > MOST_WAITS:
            raise Killed
        return self.is_set()


class Driver:
    """The background worker of one data folder, taken through its life step by step."""

    def __init__(self, data_dir: Path, stash_url: str, clock: Clock) -> None:
        self._data_dir, self._stash_url, self.clock = data_dir, stash_url, clock
        self._stack = contextlib.ExitStack()
        scratch = self._stack.enter_context(tempfile.TemporaryDirectory())
        self._snapshot = Path(scratch) / "snapshot"
        self.wire = Wire(data_dir, self._snapshot)
        self._stack.enter_context(patch.object(HTTPAdapter, "send", _bound(self.wire)))
        self._stack.enter_context(
            patch.object(tenacity.nap, "time", SimpleNamespace(sleep=lambda _s: None))
        )
        self._stack.enter_context(
            patch.object(tasks, "time", SimpleNamespace(time=clock, monotonic=clock))
        )
        # To read all certificates for each connection is most of the work, and nothing here is
        # encrypted.
        known = trust()
        self._stack.enter_context(patch.object(session, "trust", lambda: known))
        self._gone_pid = _pid_of_nobody()
        self.deaths = 0
        self._begin()

    def close(self) -> None:
        self._end()
        self._stack.close()

    # The worker's life

    def _begin(self) -> None:
        self._place = contextlib.ExitStack()
        context = self._place.enter_context(self._context(WORKER))
        self._stores = context.stores
        if not self._stores.registry.enter(self.clock(), self.clock()):
            raise AssertionError("the place of a dead worker is not free")
        self.worker = SyncWorker(
            context.stores,
            context.stash,
            settings=context.settings,
            # What a task leaves that met an outage comes in the lane of runs.
            lanes=(LIVE, BACKGROUND, RUN),
            clock=self.clock,
            monotonic=self.clock,
        )

    def _context(self, role: str) -> contextlib.AbstractContextManager[Context]:
        connection = StashConnection(self._stash_url)
        return open_context(str(self._data_dir), connection, PLUGIN_ID, role)

    def _end(self, *, leaves: bool = True) -> None:
        with contextlib.suppress(Exception, Killed):
            self.worker.close()
            if leaves:
                self._stores.registry.leave()
        self._place.close()

    def restart(self) -> None:
        """The worker ends as it should, and another begins."""
        self._end()
        self._begin()

    def kill(self) -> None:
        """The worker is killed while it rests."""
        copy_folder(self._data_dir, self._snapshot)
        self._die()

    def _die(self) -> None:
        self.deaths += 1
        self._end(leaves=False)
        self._put_back_snapshot()
        self.wire.revive()
        self._begin()

    def _put_back_snapshot(self) -> None:
        for path in self._data_dir.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self._snapshot.iterdir():
            shutil.move(path, self._data_dir / path.name)
        with contextlib.closing(sqlite3.connect(self._data_dir / "jobs.db")) as connection:
            # All of them were threads of this process, which lives.
            connection.execute("UPDATE processes SET pid = ?", (self._gone_pid,))
            connection.commit()

    # The queue

    @property
    def store(self) -> JobStore:
        return self._stores.store

    def record(self, kind: str, *object_ids: int, live: bool = True) -> None:
        """What a hook stores."""
        self.store.enqueue(kind, object_ids, LIVE if live else BACKGROUND, self.clock())

    def waiting(self) -> set[tuple[str, int]]:
        """The jobs that are queued, whatever for."""
        with self.store.database.read() as connection:
            rows = connection.execute("SELECT kind, object_id FROM jobs WHERE state = 'queued'")
            return {(str(kind), int(object_id)) for kind, object_id in rows.fetchall()}

    def has_left_overs(self) -> bool:
        """Whether a task that was stopped has left jobs, which are for the next task."""
        return self.store.count((TASK,)) > 0

    def failures(self) -> list[FailedJob]:
        return list(self.store.failures())

    def retry_failed(self) -> None:
        self.run_task("retry_failed")

    # Work

    def work(self) -> None:
        """Everything that is due by now, or until a kill that was arranged; then a new worker
        stands in its place and has done nothing yet."""
        try:
            for _ in range(MOST_STEPS):
                if self.worker.step() > 0:
                    return
            raise Circles(f"{MOST_STEPS} batches, and still something to do")
        except Killed:
            self._die()
        except (SyncError, LeaseLost):
            # A worker to which Stash has been lost ends; the next event starts another.
            self.restart()

    def run_task(self, name: str, **args: Any) -> None:
        """One of Stash's tasks, in a process of its own beside the resting worker."""
        with self._context(TASK_ROLE) as opened:
            kind = type("Timed", (TaskContext,), {"clock": staticmethod(self.clock)})
            given = {each.name: getattr(opened, each.name) for each in fields(Context)}
            context = kind(**{**given, "stop": Stop(self.clock), "args": args})
            try:
                tasks.TASKS[name](context, lambda _fraction: None)
                return
            except Killed:
                if not self.wire.is_dead:
                    copy_folder(self._data_dir, self._snapshot)
            except SyncError:
                return  # told to whoever pressed the button
        # With the task the worker goes too, since both are this process.
        self._die()

    def suspend(self, number: int) -> None:
        """The worker stands still at its `number`-th request, another takes its place and does
        its work, then the first goes on."""
        reached, released = self.wire.hold_at(number)
        thread = threading.Thread(target=self._work_blindly, args=(self.worker,), name="suspended")
        thread.start()
        while thread.is_alive() and not reached.wait(0.005):
            pass
        if not reached.is_set():
            thread.join()
            self.wire.hold_nothing()
            return
        former, place, registry = self.worker, self._place, self._stores.registry
        self._retire_registration()
        self._begin()
        try:
            self.work()
        finally:
            released.set()
            thread.join(60)
            with contextlib.suppress(Exception):
                former.close()
                registry.leave()  # what it has claimed since goes back, as when its process ends
            place.close()

    def _retire_registration(self) -> None:
        """What a successor does about a worker whose beat stands still."""
        with self.store.database.write() as connection:
            token = self._stores.registry.token
            connection.execute("UPDATE jobs SET claimed_by = NULL WHERE claimed_by = ?", (token,))
            connection.execute("DELETE FROM processes WHERE token = ?", (token,))

    @staticmethod
    def _work_blindly(worker: SyncWorker) -> None:
        with contextlib.suppress(Exception, Killed):
            for _ in range(MOST_STEPS):
                if worker.step() > 0:
                    return


def _bound(wire: Wire) -> Callable[..., requests.Response]:
    def send(adapter: HTTPAdapter, request: Any, *_: Any, **options: Any) -> requests.Response:
        return wire.send(adapter, request, **options)

    return send


def _pid_of_nobody() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@contextlib.contextmanager
def driver(data_dir: Path, stash_url: str, clock: Clock) -> Iterator[Driver]:
    made = Driver(data_dir, stash_url, clock)
    try:
        yield made
    finally:
        made.close()
