"""Start the background worker so that nothing ties it to the process that starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from entry.python import too_old
from entry.spawn_for_hook import SCRIPT as SCRIPT
from jobs import lock
from stash.folders import make_absolute
from storage.files import StorageError

_WINDOWS = os.name == "nt"
# Windows' process creation flags; the subprocess module has them only there. A console without a
# window rather than none: what a virtual environment's python.exe starts would open one.
_NO_WINDOW = 0x08000000
_NEW_PROCESS_GROUP = 0x00000200


def start_another(document: bytes, data_dir: str) -> bool:
    """Start a worker with what Stash told us, if there is none; whether it was needed. Raises
    StorageError."""
    claimed = lock.to_start(data_dir, time.time())
    if claimed is None:
        return False
    start_worker(document, data_dir, claimed)
    return True


def start_worker(document: bytes, data_dir: str, claimed: tuple[str, int]) -> None:
    """Start a worker with what Stash told us; returns as soon as it runs. Raises StorageError.

    It gets its own session and no stream of ours: Stash waits for the end of a hook's stdout,
    and a write to the closed stderr would kill it. Credentials go through its stdin, since
    arguments and environment can be read by others on the machine. It runs in the data folder, so
    that it keeps no other folder from being moved, and gets absolute paths. `claimed`: name and
    descriptor of the lock that it is to hold.
    """
    name, file = claimed
    try:
        if problem := too_old():
            raise StorageError(f"{problem}. The change is stored.")
        document = _with_absolute_folders(document)
        process = subprocess.Popen(
            [sys.executable, SCRIPT, "worker", *([] if _WINDOWS else [name, str(file)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=data_dir,
            close_fds=True,
            pass_fds=() if _WINDOWS else (file,),
            start_new_session=not _WINDOWS,
            creationflags=_NO_WINDOW | _NEW_PROCESS_GROUP if _WINDOWS else 0,
        )
        # Before it has its document: it can't get far without one.
        lock.sign(file, process.pid)
        assert process.stdin is not None
        process.stdin.write(document)
        process.stdin.close()
    except (OSError, ValueError) as error:
        raise StorageError(
            f"cannot start the background worker: {error}. The change is stored; run the task "
            '"Process queue" to sync it.'
        ) from error
    finally:
        # From now on it is the worker's; where a lock can't be handed on, the file names it.
        os.close(file)
    # It outlives us on purpose: no ResourceWarning about a child that still runs.
    process.returncode = 0


def _with_absolute_folders(document: bytes) -> bytes:
    """Raises ValueError for what is no JSON."""
    told = json.loads(document)
    make_absolute(told["server_connection"])
    return json.dumps(told).encode()
