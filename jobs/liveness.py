"""Whether another process is still alive: what the system tells of it, and any sign of life.

On the hook path: next to nothing imported.
"""

import os
import sys

WINDOWS = sys.platform == "win32"
# https://learn.microsoft.com/windows/win32/procthread/process-security-and-access-rights
_SYNCHRONIZE = 0x00100000
_NO_SUCH_PROCESS = 87

# As Linux tells of processes: man proc, and the flag PF_EXITING of its scheduler.
_PROC = "/proc"
_EXITING = 0x4
_KILL = 1 << 8  # signal 9

BEAT_STALE_S = 60.0

# What each of our processes is started by.
SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "plex_sync.py")


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


def started_at(pid: int) -> str:
    """When a process was started, as the system counts it; "" if it doesn't tell, or there is none.

    With the pid it names a process for good: the same text means the same process. It is Linux'
    count of ticks, after some letters that are others after each start of the machine.
    """
    fields = _stat(pid)
    if len(fields) < 20:
        return ""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot = file.read(8).decode()
    except OSError:
        boot = ""
    return f"{boot}{int(fields[19])}"


def is_provably_dead(pid: int, place: str, started: str = "") -> bool:
    """True only if the process certainly runs no more. `started`: what `started_at` told of it in
    its life; without that a pid may have been given to another."""
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
        pass  # somebody else's process, or a stranger's by now
    now_started = started_at(pid)
    return bool(started and now_started and started != now_started) or _state(pid) == b"Z"


def is_certainly_alive(pid: int, place: str, started: str) -> bool:
    """True only if it is this very process that runs, and not another that got its pid."""
    if not started or place != this_place() or is_provably_dead(pid, place, started):
        return False
    return started_at(pid) == started


def is_halted(pid: int) -> bool:
    """Whether the process was suspended by a signal, or was killed and hasn't ended yet: until its
    last thread is gone it holds what it held. As far as the system tells."""
    stat = _stat(pid)
    if not stat:
        return False
    is_ending = bool(int(stat[6]) & _EXITING)
    return stat[0] in (b"T", b"t", b"Z", b"X") or is_ending or _is_to_be_killed(pid)


def looks_alive(pid: int, place: str, beat_at: float, now: float, started: str = "") -> bool:
    """Whether to believe, at one look, in a process that beat at `beat_at` (epoch seconds).

    Its beat has to be fresh: its pid may be another's by now, or be where we can't judge it, as in
    a container that was made anew.
    """
    is_fresh = abs(now - beat_at) < BEAT_STALE_S  # the clock may have been set back
    return is_fresh and not is_provably_dead(pid, place, started)


class Watch:
    """Values that should change, watched on the observer's monotonic clock (seconds).

    That one goes on while a container is paused or Windows sleeps, and all processes stand still
    in it. So after a gap between two looks all are watched anew: nobody stood still under our eyes.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._looked_m = 0.0
        self._seen: dict[str, tuple[object, float]] = {}

    def look(self, monotonic_s: float) -> None:
        """Begin another look at all of them."""
        if monotonic_s - self._looked_m > self._patience_s / 2:
            self._seen.clear()
        self._looked_m = monotonic_s

    def stands_still(self, name: str, value: object) -> bool:
        """Whether the value of that name has been this one since `patience_s` or longer."""
        known, since_m = self._seen.get(name, (None, self._looked_m))
        if known != value:
            self._seen[name] = (value, self._looked_m)
            return False
        return self._looked_m - since_m >= self._patience_s


def _has_ended_on_windows(pid: int) -> bool:
    # Part of Python there; ctypes would cost a hook more.
    windows = __import__("_winapi")
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


def _state(pid: int) -> bytes:
    """Linux' letter for what a process does; "Z" in containers whose first process never reaps
    the killed. Empty if the system doesn't tell."""
    return (_stat(pid) or [b""])[0]


def _is_to_be_killed(pid: int) -> bool:
    """Whether the signal is on its way: on a busy machine that takes a moment."""
    try:
        with open(f"{_PROC}/{pid}/status", "rb") as file:
            pending = [line.split()[1] for line in file if line[:7] in (b"SigPnd:", b"ShdPnd:")]
    except OSError:
        return False
    return any(int(signals, 16) & _KILL for signals in pending)


def _stat(pid: int) -> "list[bytes]":
    """What follows a process's name in Linux' /proc/pid/stat (man proc); nothing elsewhere."""
    try:
        with open(f"{_PROC}/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []
