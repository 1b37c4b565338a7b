"""Accidents for the plugin's processes, staged from outside.

Python imports this by itself in every process that has this folder on its PYTHONPATH. It does
nothing unless PLEXSYNC_INJECT names a folder; the files in there say what is to happen:

- `plan`: "kind n": the n-th point of a process of this kind (worker, watch, ask, task, hook or
  operation),
  counted since the plan was made, is its last. Points are before and after every commit, and
  before everything else that outlives the process: files made, renamed or removed, processes
  started, writes sent to a server. The dying process removes the plan and adds a line to `deaths`.
- `clock`: seconds by which this process's wall clock is ahead.
- `full`: exists while no file can grow, as on a full disk.
- `readonly`: exists while no database can be written.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
import threading
import time
from typing import Any

FOLDER = os.environ.get("PLEXSYNC_INJECT", "")

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "PRAGMA JOURNAL", "BEGIN IMMEDIATE")
_DATA_FOLDER = f"{os.sep}plex_sync{os.sep}"


class _Points:
    """Counts the points of this process since the plan was last changed."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._plan = ""
        self._count = 0
        self._busy = False

    def reach(self, what: str) -> None:
        with self._lock:
            if self._busy:  # what is done here raises audit events as well
                return
            self._busy = True
            try:
                self._reach(what)
            finally:
                self._busy = False

    def _reach(self, what: str) -> None:
        plan = _read("plan")
        if plan != self._plan:
            self._plan, self._count = plan, 0
        if not plan or plan.split()[0] != _kind():
            return
        self._count += 1
        if self._count == int(plan.split()[1]):
            self._die(f"{plan} {os.getpid()} {what}")

    def _die(self, line: str) -> None:
        try:
            os.unlink(os.path.join(FOLDER, "plan"))
        except FileNotFoundError:
            return  # another process was faster: a plan is for one
        with open(os.path.join(FOLDER, "deaths"), "a", encoding="utf-8") as file:
            file.write(line + "\n")
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)


class _Connection(sqlite3.Connection):
    """Reaches a point before and after everything that it makes durable."""

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        _limit_disk()
        command = sql.lstrip().upper()
        if command.startswith(_WRITES) and os.path.exists(os.path.join(FOLDER, "readonly")):
            raise sqlite3.OperationalError("attempt to write a readonly database")
        durable = command == "COMMIT" or (
            not self.in_transaction and command.startswith(_WRITES[:-1])
        )
        if not durable:
            return super().execute(sql, *arguments)
        _points.reach(f"before {command[:20]}")
        cursor = super().execute(sql, *arguments)
        _points.reach(f"after {command[:20]}")
        return cursor


def _read(name: str) -> str:
    try:
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _kind() -> str:
    """Told by the arguments, or by what the process has loaded."""
    if sys.argv[1:2] and sys.argv[1] in ("worker", "watch", "ask", "hook"):
        return sys.argv[1]
    return "task" if "entry.task" in sys.modules else "operation"


def _limit_disk() -> None:
    """Files that can't grow are what a full disk looks like to who writes them."""
    full = os.path.exists(os.path.join(FOLDER, "full"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wanted = 0 if full else hard
    if soft != wanted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wanted, hard))


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "http.client.send":
        if bytes(arguments[1][:4]) in (b"PUT ", b"POST"):
            _points.reach("before sending")
    elif event in ("subprocess.Popen", "os.posix_spawn"):
        _points.reach("before starting a process")
    elif event == "os.exec":
        _points.reach("before becoming another program")
    elif event in ("os.remove", "os.rename", "os.mkdir", "os.truncate", "fcntl.flock"):
        _points.reach(f"before {event}")
    elif event == "open":
        path, _, flags = arguments
        _limit_disk()
        if flags & os.O_CREAT and _DATA_FOLDER in str(path) and not str(path).endswith(".log"):
            _points.reach("before making a file")


def _connect(database: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
    if database != ":memory:":
        options["factory"] = _Connection
    connection: sqlite3.Connection = _real_connect(database, *arguments, **options)
    return connection


def _execv(path: str, arguments: list[str]) -> None:
    """A worker that rests has itself started without the site module, which imports this one."""
    _real_execv(path, [each for each in arguments if each != "-S"])


def _time() -> float:
    return _real_time() + float(_read("clock") or 0)


_points = _Points()
_real_connect = sqlite3.connect
_real_time = time.time
_real_execv = os.execv

if FOLDER:
    sqlite3.connect = _connect  # type: ignore[assignment] # one signature for its overloads
    time.time = _time
    os.execv = _execv  # type: ignore[assignment] # it doesn't return either
    sys.addaudithook(_watch)
