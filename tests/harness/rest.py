"""A worker at rest, for tests that put one there or start one of their own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping

from jobs import lock
from rest.become import SCRIPT
from rest.code_watch import CodeWatch
from rest.idle import digest
from rest.orders import Orders, queue_stamp
from simulators.rig import PLUGIN_ID, Rig
from stash.queries import SETTINGS


def arguments_of(pid: int) -> str:
    shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True)
    return shown.stdout.decode()


def rests(rig: Rig) -> bool:
    pid = lock.living_holder(str(rig.data_dir))
    return bool(pid) and "plex_sync.py watch " in arguments_of(pid)


def until_it_rests(rig: Rig) -> int:
    """The process id of the worker, which rests by then."""
    rig.until(lambda: rests(rig), "the worker's rest")
    return lock.living_holder(str(rig.data_dir))


def put_to_rest(rig: Rig) -> int:
    """After an edit."""
    rig.stash.update_scene({"id": 1, "title": "Before the rest"})
    rig.until(lambda: rig.title(1) == "Before the rest", "the edit")
    return until_it_rests(rig)


def start_watcher(
    rig: Rig,
    document: bytes,
    *,
    ask_m: float = math.inf,
    plays_m: float = math.inf,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """A resting worker of our own; accidents happen to it by its environment."""
    data_dir = str(rig.data_dir)
    file = _claimed(rig)
    terms = {"due": math.inf, "due_m": math.inf, "ask_m": ask_m, "plays_m": plays_m}
    terms |= {"end_m": math.inf}
    terms |= {"busy_m": 0.0, "looked_at": 0.0}
    orders = Orders(data_dir, file, queue_stamp(data_dir), CodeWatch(SCRIPT).first, **terms)
    process = subprocess.Popen(
        [sys.executable, *([] if environment else ["-S"]), SCRIPT, "watch", *orders.arguments()],
        env={**os.environ, **(environment or {})},
        stdin=subprocess.PIPE,
        cwd=data_dir,
        pass_fds=[file],
    )
    lock.sign(file, process.pid)
    os.close(file)
    assert process.stdin
    process.stdin.write(document)
    process.stdin.close()
    process.stdin = None
    return process


def _claimed(rig: Rig) -> int:
    """The place of a worker. One that was killed may hold it for a moment longer than it has a
    command line to be found by."""
    found: list[int] = []

    def is_free() -> bool:
        file = lock.claim(str(rig.data_dir), lock.FILE_NAME)
        found.extend(() if file is None else (file,))
        return bool(found)

    rig.until(is_free, "the place of the former worker")
    return found[0]


def document(rig: Rig) -> bytes:
    """What a worker takes along to its rest."""
    answer = rig.stash.http_graphql(SETTINGS, {"plugins": [PLUGIN_ID]})
    args = {"has_rested": True, "settings": digest(answer["configuration"]["plugins"][PLUGIN_ID])}
    return json.dumps({"server_connection": rig.server_connection(), "args": args}).encode()
