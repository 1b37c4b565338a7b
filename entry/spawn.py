"""Start the background worker so that nothing ties it to the process that starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from entry.python import too_old
from jobs import inbox
from stash.folders import make_absolute
from storage.sqlite import StorageError

SCRIPT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "plex_sync.py")

_WINDOWS = os.name == "nt"
# Windows' process creation flags; the subprocess module has them only there. A console without a
# window rather than none: what a virtual environment's python.exe starts would open one.
_NO_WINDOW = 0x08000000
_NEW_PROCESS_GROUP = 0x00000200


def start_worker(document: bytes, data_dir: str) -> None:
    """Start a worker with what Stash told us; returns as soon as it runs. Raises StorageError.

    It gets its own session and no stream of ours: Stash waits for the end of a hook's stdout,
    and a write to the closed stderr would kill it. Credentials go through its stdin, since
    arguments and environment can be read by others on the machine. It runs in the data folder, so
    that it keeps no other folder from being moved, and gets absolute paths.
    """
    if problem := too_old():
        raise StorageError(f"{problem}. The change is stored.")
    try:
        document = _with_absolute_folders(document)
        process = subprocess.Popen(
            [sys.executable, SCRIPT, "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=data_dir,
            close_fds=True,
            start_new_session=not _WINDOWS,
            creationflags=_NO_WINDOW | _NEW_PROCESS_GROUP if _WINDOWS else 0,
        )
        assert process.stdin is not None
        process.stdin.write(document)
        process.stdin.close()
    except (OSError, ValueError) as error:
        raise StorageError(
            f"cannot start the background worker: {error}. The change is stored; run the task "
            '"Process queue" to sync it.'
        ) from error
    # It outlives us on purpose: no ResourceWarning about a child that still runs.
    process.returncode = 0
    inbox.announce_pid(data_dir, process.pid)


def _with_absolute_folders(document: bytes) -> bytes:
    """Raises ValueError for what is no JSON to Python, though it was to SQLite."""
    told = json.loads(document)
    make_absolute(told["server_connection"])
    return json.dumps(told).encode()
