"""A task of Stash's job queue, started by the user; killed without notice when they press stop."""

from __future__ import annotations

import logging

from commands.tasks import TASKS
from entry.reply import answered
from jobs.registry import TASK_ROLE
from logs import handlers
from stash.connection import StashConnection
from stash.protocol import BadInvocation, Invocation
from storage.sqlite import make_private_folder
from worker.context import open_context


def run(invocation: Invocation) -> int:
    """The exit status: 0 if the task did its work, even if single scenes failed."""
    stash_log = handlers.StashHandler()
    stash_log.setLevel(logging.INFO)
    return answered(lambda: _work(invocation, stash_log), "the task")


def _work(invocation: Invocation, stash_log: handlers.StashHandler) -> str:
    make_private_folder(invocation.data_dir)
    handlers.install(stash_log, handlers.file_handler(invocation.data_dir))
    task = TASKS.get(str(invocation.args.get("mode")))
    if task is None:
        raise BadInvocation(
            f"unknown mode {invocation.args.get('mode')!r}; the modes are {', '.join(TASKS)}"
        )
    connection = StashConnection.from_plugin_input(invocation.connection)
    with open_context(
        invocation.data_dir, connection, invocation.plugin_id, TASK_ROLE, invocation.args
    ) as context:
        return task(context, stash_log.progress)
