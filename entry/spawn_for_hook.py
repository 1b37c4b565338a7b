"""Start the background worker from a hook, without the subprocess module: that costs more than all
the rest of a hook. Where the system has posix_spawn; `entry.spawn` is for all others."""

import os
import sys

from jobs.liveness import SCRIPT as SCRIPT
from storage.files import StorageError


def start_worker(event: str, data_dir: str, name: str, file: int) -> int:
    """Start a worker that reads this event's file from its stdin and holds the lock of this
    descriptor; its process id. Moves this process into the data folder. Raises StorageError.

    It is told nothing by arguments or environment that is a secret, gets no stream of ours, and
    makes a session of its own: see `entry.spawn`.
    """
    try:
        os.chdir(data_dir)
        os.set_inheritable(file, True)
        null, streams = os.open(os.devnull, os.O_RDWR), os.open(event, os.O_RDONLY)
        return os.posix_spawn(
            sys.executable,
            [sys.executable, SCRIPT, "worker", name, str(file)],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, streams, 0),
                (os.POSIX_SPAWN_DUP2, null, 1),
                (os.POSIX_SPAWN_DUP2, null, 2),
            ],
        )
    except OSError as error:
        raise StorageError(
            f"cannot start the background worker: {error}. The change is stored; run the task "
            '"Process queue" to sync it.'
        ) from error
