"""Tasks that PlexSync's own notes answer: they need neither a server nor packages, and next to
nothing is imported for them. `entry.task` has the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from commands.status import Notes, open_notes, status_lines, status_of
from entry.reply import answered
from jobs.clearing import clear
from logs import handlers
from stash.protocol import Invocation
from storage.files import StorageError, make_private_folder
from worker.log_relay import hand_over

log = logging.getLogger(__name__)


def run(invocation: Invocation) -> int:
    """The exit status."""
    return answered(lambda: _work(invocation), "the task")


def log_to_stash(data_dir: str) -> handlers.StashHandler:
    """A task's log lines go to Stash's log and to the file. Raises StorageError."""
    stash_log = handlers.StashHandler()
    stash_log.setLevel(logging.INFO)
    make_private_folder(data_dir)
    handlers.install(stash_log, handlers.file_handler(data_dir))
    return stash_log


def _work(invocation: Invocation) -> str:
    with suppress(StorageError):  # what follows meets the same database and reports it
        hand_over(invocation.data_dir)
    stash_log = log_to_stash(invocation.data_dir)
    with open_notes(invocation.data_dir) as notes:
        lines = TASKS[str(invocation.args["mode"])](notes)
    for line in lines:
        log.info("%s", line)
    stash_log.progress(1.0)
    return "\n".join(lines)


def _status(notes: Notes) -> list[str]:
    return status_lines(status_of(notes))


def _clear_queue(notes: Notes) -> list[str]:
    return [clear(notes.store, notes.registry, time.time())]


TASKS: Mapping[str, Callable[[Notes], list[str]]] = {
    "status": _status,
    "clear_queue": _clear_queue,
}
"""By `mode`, as in plugin.yml: what is told in the log, and is the task's result."""
