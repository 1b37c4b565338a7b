"""Who exists: the lock of the one worker, and what a hook concludes from it."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import liveness, lock
from storage.files import StorageError
from tests.jobs.events import save

NOW = 1_700_000_000.0

HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from jobs import lock
file = lock.claim(sys.argv[2], lock.FILE_NAME)
lock.sign(file, __import__("os").getpid())
print(file is not None, flush=True)
sys.stdin.read()
"""
TREE = str(Path(lock.__file__).parent.parent)

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


class Holder:
    """Another process, which holds the worker's lock of a folder."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, TREE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        assert self.process.stdout.readline().strip() == b"True"

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[Holder]:
    made = Holder(tmp_path)
    yield made
    made.end()


def to_start(folder: Path, now: float = NOW) -> str | None:
    """Whose lock a hook would take; it is given back."""
    found = lock.to_start(str(folder), now)
    if found is None:
        return None
    lock.release(found[1])
    return found[0]


def test_where_nobody_is_a_worker_is_needed(tmp_path: Path) -> None:
    assert to_start(tmp_path / "new" / "folder") == lock.FILE_NAME


def test_of_many_at_once_one_starts_the_worker(tmp_path: Path) -> None:
    found = [lock.to_start(str(tmp_path), NOW) for _ in range(50)]
    assert [each is not None for each in found] == [True] + [False] * 49
    lock.release(found[0][1])  # type: ignore[index]
    assert to_start(tmp_path) == lock.FILE_NAME


def test_a_living_worker_is_left_to_it(tmp_path: Path, holder: Holder) -> None:
    save(tmp_path, 1, NOW)
    assert to_start(tmp_path) is None


def test_a_worker_that_was_killed_is_replaced_at_once(tmp_path: Path, holder: Holder) -> None:
    holder.end()
    assert to_start(tmp_path) == lock.FILE_NAME


def test_whatever_stands_in_the_file_the_lock_decides(tmp_path: Path) -> None:
    """Of a container that is no more, say: its process is a stranger's now, or of another host."""
    for where in (liveness.this_place(), "oldhost pid:[1]"):
        (tmp_path / lock.FILE_NAME).write_text(f"{os.getpid()} - {where}\n", encoding="utf-8")
        assert to_start(tmp_path) == lock.FILE_NAME


def marked(folder: Path, at: float) -> None:
    os.utime(folder / lock.FILE_NAME, (at, at))


@pytest.mark.parametrize(
    ("event_s", "mark_s", "found"),
    [
        (0.0, 100.0, None),
        (4.9, 100.0, None),
        (5.1, 100.0, lock.SUCCESSOR),
        (100.0, 5.1, lock.SUCCESSOR),
        (100.0, 4.9, None),
        (-3600.0, 100.0, lock.SUCCESSOR),
    ],
    ids=["fresh", "young", "old", "unmarked", "marked", "clock set back"],
)
def test_a_worker_that_leaves_an_event_lying_gets_a_successor(
    tmp_path: Path, holder: Holder, event_s: float, mark_s: float, found: str | None
) -> None:
    save(tmp_path, 1, NOW - event_s)
    marked(tmp_path, NOW - mark_s)
    assert to_start(tmp_path) == found


def test_without_an_event_nobody_is_in_doubt(tmp_path: Path, holder: Holder) -> None:
    marked(tmp_path, NOW - 100)
    assert to_start(tmp_path) is None


def test_of_many_in_doubt_one_starts_the_successor(tmp_path: Path, holder: Holder) -> None:
    save(tmp_path, 1, NOW - 60)
    marked(tmp_path, NOW - 60)
    found = [lock.to_start(str(tmp_path), NOW) for _ in range(10)]
    assert [each is not None for each in found] == [True] + [False] * 9
    lock.release(found[0][1])  # type: ignore[index]


@posix
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_a_suspended_worker_gets_a_successor_with_the_first_event(
    tmp_path: Path, holder: Holder
) -> None:
    save(tmp_path, 1, time.time())
    holder.process.send_signal(signal.SIGSTOP)
    os.waitpid(holder.process.pid, os.WUNTRACED)
    assert to_start(tmp_path, time.time()) == lock.SUCCESSOR


HOLD_AND_DIE = """
import os, sys
sys.path.insert(0, sys.argv[1])
from jobs import lock
file = lock.claim(sys.argv[2], lock.FILE_NAME)
lock.sign(file, os.getpid())
if not os.fork():
    print(file is not None, flush=True)
    sys.stdin.read()
os._exit(1)
"""


@posix
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_one_that_is_dying_gets_a_successor_with_the_first_event(tmp_path: Path) -> None:
    """Its threads end one after the other. Here another process has the lock for the last one."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_AND_DIE, TREE, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as dying:
        assert dying.stdout
        assert dying.stdout.readline().strip() == b"True"
        os.waitid(os.P_PID, dying.pid, os.WEXITED | os.WNOWAIT)
        save(tmp_path, 1, time.time())
        assert to_start(tmp_path, time.time()) == lock.SUCCESSOR


def test_a_folder_that_is_none_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="The change is stored"):
        lock.claim(str(tmp_path / "file"), lock.FILE_NAME)


# Where there are no such locks


@pytest.fixture
def lockless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network share that refuses locks."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)


@posix
@pytest.mark.usefixtures("lockless")
def test_without_locks_the_process_in_the_file_decides(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        file = lock.claim(str(tmp_path), lock.FILE_NAME)
        assert file is not None
        lock.sign(file, child.pid)
        os.close(file)
        assert to_start(tmp_path) is None
    finally:
        child.communicate(b"\n")
    assert to_start(tmp_path) == lock.FILE_NAME


@posix
@pytest.mark.usefixtures("lockless")
@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_without_locks_a_stranger_with_its_process_id_keeps_nobody(tmp_path: Path) -> None:
    text = f"{os.getpid()} another-start {liveness.this_place()}\n"
    (tmp_path / lock.FILE_NAME).write_text(text, encoding="utf-8")
    assert to_start(tmp_path) == lock.FILE_NAME


@posix
@pytest.mark.usefixtures("lockless")
def test_without_locks_who_cannot_be_judged_is_believed_for_the_time_of_a_start(
    tmp_path: Path,
) -> None:
    (tmp_path / lock.FILE_NAME).write_text("57 77 oldhost pid:[1]\n", encoding="utf-8")
    assert to_start(tmp_path) is None
    marked(tmp_path, time.time() - lock.TAKE_S - 1)
    assert to_start(tmp_path) == lock.FILE_NAME


@posix
def test_where_a_lock_cannot_be_handed_on_the_file_names_who_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows: the hook's end frees its lock before the worker has got one."""
    monkeypatch.setattr(lock, "INHERITED", False)
    monkeypatch.setitem(sys.modules, "msvcrt", _windows())
    file = lock.claim(str(tmp_path), lock.FILE_NAME)
    assert file is not None
    lock.sign(file, os.getpid())
    os.close(file)
    assert to_start(tmp_path) is None


def _windows() -> object:
    class Msvcrt:
        LK_NBLCK = 2

        @staticmethod
        def locking(_file: int, _mode: int, _bytes: int) -> None:
            """Nobody else has it."""

    return Msvcrt


@pytest.mark.parametrize(
    ("flags", "pending", "is_halted"),
    [(0x400000, 0, False), (0x400004, 0, True), (0x400000, 0x100, True)],
    ids=["alive", "on its way out", "killed, and not yet told"],
)
def test_a_killed_process_that_still_ends_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, pending: int, *, is_halted: bool
) -> None:
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "stat").write_text(f"7 (a (b) c) R 1 7 7 0 -1 {flags} 1 2 3\n")
    (folder / "status").write_text(f"Name:\ta\nSigPnd:\t{pending:016x}\nShdPnd:\t{0:016x}\n")
    monkeypatch.setattr(liveness, "_PROC", str(tmp_path))
    assert liveness.is_halted(7) == is_halted
