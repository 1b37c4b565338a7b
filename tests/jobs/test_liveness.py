"""Which processes are certainly gone, with real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from jobs import liveness


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for ever."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


def test_a_running_process_is_alive(child: subprocess.Popen[bytes]) -> None:
    assert not liveness.is_provably_dead(child.pid, liveness.this_place())
    assert not liveness.is_provably_dead(os.getpid(), liveness.this_place())


def test_a_killed_process_is_dead(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert liveness.is_provably_dead(child.pid, liveness.this_place())


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_a_zombie_is_dead(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and not collected
    os.kill(child.pid, 0)  # its process id is still taken
    assert liveness.is_provably_dead(child.pid, liveness.this_place())


def test_processes_of_other_places_cannot_be_judged(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert not liveness.is_provably_dead(child.pid, "another container")
    assert not liveness.is_provably_dead(child.pid, "")


@pytest.mark.parametrize("pid", [0, -1])
def test_numbers_that_name_no_single_process_prove_nothing(pid: int) -> None:
    assert not liveness.is_provably_dead(pid, liveness.this_place())


def test_a_process_that_we_may_not_signal_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not liveness.is_provably_dead(1, liveness.this_place())


class Refused(OSError):
    """As Windows' errors are: by number."""

    def __init__(self, winerror: int) -> None:
        super().__init__()
        self.winerror = winerror


class Winapi(ModuleType):
    """Windows' processes: those that run, have ended, and may not be looked at."""

    RUNS, ENDED, FOREIGN = 40, 44, 48

    def __init__(self) -> None:
        super().__init__("_winapi")
        self.open: list[int] = []

    def OpenProcess(self, access: int, inherit: bool, pid: int) -> int:  # noqa: N802
        assert (access, inherit) == (0x100000, False)
        if pid not in (self.RUNS, self.ENDED):
            raise Refused(5 if pid == self.FOREIGN else 87)
        self.open.append(pid)
        return pid

    def WaitForSingleObject(self, handle: int, milliseconds: int) -> int:  # noqa: N802
        assert milliseconds == 0
        return 0 if handle == self.ENDED else 258

    def CloseHandle(self, handle: int) -> None:  # noqa: N802
        self.open.remove(handle)


@pytest.mark.parametrize(
    ("pid", "dead"),
    [(Winapi.RUNS, False), (Winapi.ENDED, True), (Winapi.FOREIGN, False), (8, True)],
)
def test_on_windows_processes_are_asked_for_and_nobody_is_signalled(
    monkeypatch: pytest.MonkeyPatch, pid: int, dead: bool
) -> None:
    """os.kill(pid, 0) would end the process there."""

    def kill(_pid: int, _signal: int) -> None:
        pytest.fail("a process was signalled")

    winapi = Winapi()
    monkeypatch.setattr(liveness, "WINDOWS", True)
    monkeypatch.setitem(sys.modules, "_winapi", winapi)
    monkeypatch.setattr(os, "kill", kill)
    assert liveness.is_provably_dead(pid, liveness.this_place()) is dead
    assert not liveness.is_provably_dead(pid, "another machine")
    assert winapi.open == []


def test_a_place_is_the_same_for_two_processes_side_by_side() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from jobs.liveness import this_place; print(this_place())"],
        capture_output=True,
        check=True,
        text=True,
        cwd=os.path.dirname(os.path.dirname(liveness.__file__)),
    )
    assert told.stdout.strip("\n") == liveness.this_place()
