"""How a resting worker hears of events, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs import inbox
from simulators.rig import TREE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the system doesn't tell there")

WAITER = """
import signal, sys
from rest.arrivals import Arrivals

signal.signal(signal.SIGTERM, lambda number, _: print("heard"))
arrivals = Arrivals(sys.argv[1])
print(arrivals.are_told, flush=True)
for line in sys.stdin:
    print(arrivals.wait(float(line)), flush=True)
arrivals.close()
print("closed")
"""

# No test waits so long.
FOR_EVER = 3600.0


class Waiter:
    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WAITER, str(folder)],
            cwd=TREE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.are_told = self.said() == "True"

    def said(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def wait(self, seconds: float) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()

    def end(self) -> str:
        """All else that it says until its end."""
        return self._process.communicate(timeout=60)[0]

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def waiter(tmp_path: Path) -> Iterator[Callable[[], Waiter]]:
    """Starts one that waits for events in this data folder."""
    started: list[Waiter] = []

    def start() -> Waiter:
        started.append(Waiter(tmp_path / inbox.FOLDER))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@needs_linux
def test_an_event_is_told_whenever_it_comes(tmp_path: Path, waiter: Callable[[], Waiter]) -> None:
    inbox.put(str(tmp_path), b"{}", time.time())
    found = waiter()
    assert found.are_told
    # While nobody waits, and while somebody does.
    inbox.put(str(tmp_path), b"{}", time.time())
    found.wait(FOR_EVER)
    assert found.said() == "False"
    found.wait(FOR_EVER)
    inbox.put(str(tmp_path), b"{}", time.time())
    assert found.said() == "False"


@needs_linux
def test_what_is_taken_away_is_not_told(tmp_path: Path, waiter: Callable[[], Waiter]) -> None:
    path = inbox.put(str(tmp_path), b"{}", time.time())
    found = waiter()
    os.unlink(path)
    assert _pending(found.pid) & _CAME == 0
    inbox.put(str(tmp_path), b"{}", time.time())
    assert _pending(found.pid) & _CAME


def test_without_a_folder_nothing_is_told_and_the_time_passes(
    waiter: Callable[[], Waiter],
) -> None:
    found = waiter()
    assert not found.are_told
    found.wait(0.0)
    assert found.said() == "False"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_told_to_end(
    tmp_path: Path, waiter: Callable[[], Waiter], number: signal.Signals
) -> None:
    (tmp_path / inbox.FOLDER).mkdir()
    found = waiter()
    os.kill(found.pid, number)
    found.wait(0.05)
    assert found.said() == "True"


def test_a_signal_that_comes_while_nobody_waits_is_heard_in_the_end(
    tmp_path: Path, waiter: Callable[[], Waiter]
) -> None:
    (tmp_path / inbox.FOLDER).mkdir()
    found = waiter()
    os.kill(found.pid, signal.SIGTERM)
    inbox.put(str(tmp_path), b"{}", time.time())
    assert found.end() == "heard\nclosed\n"


_CAME = 1 << (signal.SIGURG - 1) if hasattr(signal, "SIGURG") else 0


def _pending(pid: int) -> int:
    """The signals that wait for a process to hear them."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd:"))
