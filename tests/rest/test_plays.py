"""How a resting worker asks Plex for plays: a process of its own for each question."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from check.schedule import PLAYS_EVERY_S
from jobs import lock
from playback.at_rest.question import question
from rest.become import SCRIPT
from simulators.faults import Hang
from simulators.plex import PlexLibrary, PlexSimulator
from storage.files import make_private_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")

# A watcher's looks at a time that passes when told, each until its child has ended.
LOOKS = """
import os, signal, sys, time
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from rest.orders import Orders
from rest.plays import PlaysWatch
never = float("inf")
if sys.argv[4] == "unseen":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
orders = Orders(sys.argv[2], int(sys.argv[3]), "", "", due=never, due_m=never, ask_m=never,
    plays_m=0.0, end_m=never, busy_m=0.0, looked_at=0.0)
plays = PlaysWatch(orders, sys.stdin.buffer.read())
for at in map(float, sys.argv[5:]):
    found = plays.has_news(at)
    while plays._child:
        if sys.argv[4] == "left":
            child = plays._child
            plays.end()
            try:
                os.kill(child, 0)
                print("left", end="")
            except ProcessLookupError:
                break
        time.sleep(0.01)
        found = plays.has_news(at)
    print(int(found), end="")
"""


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    library = PlexLibrary()
    library.add_item(library.add_section("Films"), "/data/Nanook.mp4")
    with PlexSimulator(library) as plex:
        yield plex


def asked(plex: PlexSimulator) -> dict[str, Any]:
    return question(plex.url, plex.token, "a client", 1, (), verify=True)


def watch_film(plex: PlexSimulator) -> None:
    plex.library.activity.watch(next(iter(plex.library.items())))


def start(folder: Path, asks: object, how: str, *at: float) -> subprocess.Popen[bytes]:
    """A watcher that has the lock, and looks at these times."""
    data_dir = str(folder)
    make_private_folder(data_dir)
    file = lock.claim(data_dir, "a lock")
    assert file is not None
    document = {"server_connection": {"Dir": str(folder.parent)}, "args": {"asks_plex": asks}}
    started = subprocess.Popen(
        [sys.executable, "-S", "-c", LOOKS, SCRIPT, data_dir, str(file), how, *map(str, at)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=[file],
    )
    os.close(file)
    assert started.stdin
    started.stdin.write(json.dumps(document).encode())
    started.stdin.close()
    started.stdin = None
    return started


def looks(folder: Path, asks: object, *at: float, how: str = "plain") -> str:
    """What a watcher finds at these times: a digit for each, 1 for news."""
    with start(folder, asks, how, *at) as started:
        found, complaints = started.communicate(timeout=60)
    assert (started.returncode, complaints) == (0, b"")
    return found.decode()


def test_plex_is_asked_at_intervals_and_once_each_time(plex: PlexSimulator, tmp_path: Path) -> None:
    assert PLAYS_EVERY_S + 25 < 120
    times = (0.0, 1.0, PLAYS_EVERY_S - 1, PLAYS_EVERY_S, PLAYS_EVERY_S + 1)
    assert looks(tmp_path / "plex_sync", asked(plex), *times) == "00000"
    assert plex.calls == {"history": 2}
    watch_film(plex)
    assert looks(tmp_path / "plex_sync", asked(plex), 0.0) == "1"


def test_a_plex_that_is_away_is_asked_no_more_often(plex: PlexSimulator, tmp_path: Path) -> None:
    plex.faults.add(Hang(), times=1)
    began_m = time.monotonic()
    assert looks(tmp_path / "plex_sync", asked(plex), 0.0, 1.0, PLAYS_EVERY_S - 1) == "000"
    assert time.monotonic() - began_m < 30
    assert plex.requests.count() == 1
    assert looks(tmp_path / "plex_sync", {**asked(plex), "port": 1}, 0.0, 1.0) == "00"


def test_nothing_is_written_where_nothing_was_found(plex: PlexSimulator, tmp_path: Path) -> None:
    folder = tmp_path / "plex_sync"
    looks(folder, asked(plex), 0.0)
    before = {each.name: each.stat().st_mtime_ns for each in folder.rglob("*")}
    looks(folder, asked(plex), 0.0)
    assert {each.name: each.stat().st_mtime_ns for each in folder.rglob("*")} == before


def test_a_system_that_buries_children_unseen_changes_nothing(
    plex: PlexSimulator, tmp_path: Path
) -> None:
    watch_film(plex)
    assert looks(tmp_path / "plex_sync", asked(plex), 0.0, how="unseen") == "1"


def test_whoever_becomes_another_program_leaves_no_child(
    plex: PlexSimulator, tmp_path: Path
) -> None:
    plex.faults.add(Hang())
    assert looks(tmp_path / "plex_sync", asked(plex), 0.0, how="left") == "0"
    plex.faults.clear()


def test_a_watcher_that_is_killed_while_it_asks_holds_no_lock(
    plex: PlexSimulator, tmp_path: Path
) -> None:
    """Not even for the seconds that its child still waits: the next hook starts a worker."""
    plex.faults.add(Hang())
    with start(tmp_path / "plex_sync", asked(plex), "plain", 0.0) as watcher:
        end = time.monotonic() + 60.0
        while not plex.requests.count() and time.monotonic() < end:
            time.sleep(0.01)
        watcher.kill()
        watcher.wait()
        file = lock.claim(str(tmp_path / "plex_sync"), "a lock")
        assert file is not None
        os.close(file)
    plex.faults.clear()


def test_a_bug_is_told_once(tmp_path: Path) -> None:
    folder = tmp_path / "plex_sync"
    assert looks(folder, None, 0.0, PLAYS_EVERY_S, 2 * PLAYS_EVERY_S) == "000"
    log = (folder / "plex_sync.log").read_text()
    assert log.count("a resting worker ended because of a bug") == 1
