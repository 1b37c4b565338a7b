"""Waits until something comes into a folder, and hears of that from the system where it tells.

Linux does by a signal (F_NOTIFY, https://man7.org/linux/man-pages/man2/fcntl.2.html): for that
Python needs neither a package nor memory, as it would for inotify. A watcher's module: next to
nothing imported.
"""

from __future__ import annotations

import os
import signal
import time

from rest.become import SIGNALS

try:
    import fcntl
except ImportError:  # Windows, where nobody rests
    fcntl = None  # type: ignore[assignment] # mypy looks at it as on Linux

# Nobody is ended by it: should one come late, the next program in this process doesn't notice.
_CAME = getattr(signal, "SIGURG", 0)


class Arrivals:
    """For the main thread. From now on `signals` end no process and call no handler: they are told
    by `wait`, until `close`."""

    def __init__(self, folder: str) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, (*SIGNALS, _CAME))
        self._file = _listen(folder)

    @property
    def are_told(self) -> bool:
        """Whether the system tells. If not, somebody has to look."""
        return self._file is not None

    def wait(self, seconds: float) -> bool:
        """Until something comes, if that is told, or for so long; whether this process was told to
        end meanwhile."""
        if not hasattr(signal, "sigtimedwait"):  # macOS
            time.sleep(seconds)
            return not signal.sigpending().isdisjoint(SIGNALS)
        found = signal.sigtimedwait((*SIGNALS, _CAME), seconds)
        return found is not None and found.si_signo in SIGNALS

    def close(self) -> None:
        """All signals are heard again, also those that came since the last `wait`."""
        if self._file is not None:
            os.close(self._file)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*SIGNALS, _CAME))


def _listen(folder: str) -> int | None:
    """The descriptor by which the system tells; None if it doesn't, or there is no such folder."""
    if not hasattr(fcntl, "F_NOTIFY"):
        return None
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.fcntl(file, fcntl.F_SETSIG, _CAME)
        # A file that is new, and one that gets its name once it is complete.
        what = fcntl.DN_CREATE | fcntl.DN_RENAME | fcntl.DN_MULTISHOT
        fcntl.fcntl(file, fcntl.F_NOTIFY, what)
    except OSError:  # a kernel without it
        os.close(file)
        return None
    return file
