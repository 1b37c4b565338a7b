"""A task of Stash's job queue, started by the user; killed without notice when they press stop."""

from __future__ import annotations

from commands.tasks import TASKS
from entry import quick_task
from entry.quick_task import log_to_stash
from entry.reply import answered
from jobs.registry import TASK_ROLE
from stash.connection import StashConnection
from stash.protocol import BadInvocation, Invocation
from worker.context import open_context

ALL = tuple(dict.fromkeys((*TASKS, *quick_task.TASKS)))


def run(invocation: Invocation) -> int:
    """The exit status: 0 if the task did its work, even if single scenes failed."""
    return answered(lambda: _work(invocation), "the task")


def _work(invocation: Invocation) -> str:
    stash_log = log_to_stash(invocation.data_dir)
    task = TASKS.get(str(invocation.args.get("mode")))
    if task is None:
        raise BadInvocation(
            f"unknown mode {invocation.args.get('mode')!r}; the modes are {', '.join(ALL)}"
        )
    connection = StashConnection.from_plugin_input(invocation.connection)
    with open_context(
        invocation.data_dir, connection, invocation.plugin_id, TASK_ROLE, invocation.args
    ) as context:
        return task(context, stash_log.progress)
