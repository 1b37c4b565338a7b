"""Where a process runs and whether it is still alive, as far as the system can tell."""

from __future__ import annotations

import os
import sys
from importlib import import_module

WINDOWS = sys.platform == "win32"
# https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
_SYNCHRONIZE = 0x00100000
_NO_SUCH_PROCESS = 87

BEAT_STALE_S = 60.0


def this_place() -> str:
    """A name for everything whose process ids we can judge: this host, this pid namespace.

    Two containers can share the data folder and each have a process 57.
    """
    if WINDOWS:
        return os.environ.get("COMPUTERNAME", "windows")
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return f"{os.uname().nodename} {namespace}"


def is_provably_dead(pid: int, place: str) -> bool:
    """True only if the process certainly runs no more. A pid may have been given to another."""
    if pid <= 0 or place != this_place():
        return False
    # os.kill(pid, 0) does not ask there, it kills.
    if WINDOWS:
        return _has_ended_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _is_zombie(pid)


def looks_alive(
    pid: int, place: str, beat_at: float, now: float, stale_s: float = BEAT_STALE_S
) -> bool:
    """Whether to believe, at one look, in a process that beat at `beat_at` (epoch seconds).

    Its beat has to be fresh: its pid may be another's by now, or be where we can't judge it, as in
    a container that was made anew.
    """
    is_fresh = abs(now - beat_at) < stale_s  # the clock may have been set back
    return is_fresh and not is_provably_dead(pid, place)


def _has_ended_on_windows(pid: int) -> bool:
    # Part of Python there; ctypes would cost a hook more.
    windows = import_module("_winapi")
    try:
        handle = windows.OpenProcess(_SYNCHRONIZE, False, pid)
    except OSError as error:
        return getattr(error, "winerror", None) == _NO_SUCH_PROCESS
    try:
        # A process that has ended exists as long as anybody has a handle of it.
        return bool(windows.WaitForSingleObject(handle, 0) == 0)
    except OSError:
        return False
    finally:
        windows.CloseHandle(handle)


def _is_zombie(pid: int) -> bool:
    """In containers whose first process never reaps, a killed worker keeps its process id."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] == [b"Z"]
    except OSError:
        return False
