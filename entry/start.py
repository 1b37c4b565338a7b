"""Start the background worker so that nothing ties it to the process that starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from entry.main import BACKGROUND_ARGUMENT, SCRIPT
from stash.protocol import BadInvocation, Invocation

# Windows' process creation flags; the subprocess module has them only there.
_DETACHED_PROCESS = 0x00000008
_NEW_PROCESS_GROUP = 0x00000200


def worker(invocation: Invocation) -> None:
    """Start a worker; returns as soon as it runs. Raises BadInvocation.

    It gets its own session and no stream of ours: Stash waits for the end of a hook's stdout,
    and a write to the closed stderr would kill it. Credentials go through its stdin, since
    arguments and environment can be read by others on the machine.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, SCRIPT, BACKGROUND_ARGUMENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=invocation.data_dir,
            close_fds=True,
            **_detached(),
        )
        assert process.stdin is not None
        process.stdin.write(invocation.document())
        process.stdin.close()
    except OSError as error:
        raise BadInvocation(
            f"cannot start the background worker: {error}. The change is stored; run the task "
            '"Process queue" to sync it.'
        ) from error
    # It outlives us on purpose: no ResourceWarning about a child that still runs.
    process.returncode = 0


def _detached() -> dict[str, Any]:
    if os.name == "nt":
        return {"creationflags": _DETACHED_PROCESS | _NEW_PROCESS_GROUP}
    return {"start_new_session": True}
