"""Starts by a document on stdin that aren't well-formed hooks: tasks, operations, the worker, and
mistakes."""

from __future__ import annotations

from importlib import import_module

from entry import hook
from entry.event import Event
from entry.python import too_old
from stash.protocol import BadInvocation, Invocation, answer, read_invocation


def run(document: bytes, *, background: bool) -> int:
    """The exit status."""
    try:
        invocation = read_invocation(document)
    except BadInvocation as error:
        answer(error=f"PlexSync: {error}")
        return 1
    # Before anything is imported that an old Python can't even read.
    if problem := too_old():
        answer(error=f"PlexSync: {problem}.")
        return 1
    if background:
        return int(import_module("entry.heavy").run_worker(invocation))
    if invocation.hook_context is not None:
        return hook.run(_event(document, invocation))
    operation = import_module("entry.operation")
    if str(invocation.args.get("mode")) in operation.OPERATIONS:
        return int(operation.run(invocation))
    return int(import_module("entry.heavy").run_task(invocation))


def _event(document: bytes, invocation: Invocation) -> Event:
    """For a SQLite without JSON functions, and for malformed hooks."""
    context = invocation.hook_context or {}
    fields, object_id, given = (context.get(key) for key in ("inputFields", "id", "input"))
    about = given if isinstance(given, dict) else {}
    input_id, several = about.get("id"), given if isinstance(given, list) else about.get("ids")
    return Event(
        document,
        str(invocation.connection["Dir"]),
        context.get("type"),
        None if isinstance(object_id, bool) else object_id,
        [str(field) for field in fields] if isinstance(fields, list) else None,
        [
            str(each.get("id") if isinstance(each, dict) else each)
            for each in (several if isinstance(several, list) else ())
        ],
        "" if input_id is None else str(input_id),
        invocation.args.get("wait_s"),
    )
