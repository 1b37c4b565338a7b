"""Starts by a document on stdin that aren't well-formed hooks: tasks, the worker, and mistakes."""

from __future__ import annotations

from importlib import import_module

from entry import hook
from entry.event import Event
from stash.protocol import BadInvocation, answer, read_invocation


def run(document: bytes, *, background: bool) -> int:
    """The exit status."""
    try:
        invocation = read_invocation(document)
    except BadInvocation as error:
        answer(error=f"PlexSync: {error}")
        return 1
    context = invocation.hook_context
    if context is not None and not background:
        # A SQLite without JSON functions leaves its hooks to us.
        fields = context.get("inputFields")
        named = [str(field) for field in fields] if isinstance(fields, list) else None
        object_id = context.get("id")
        known_id = None if isinstance(object_id, bool) else object_id
        directory = str(invocation.connection["Dir"])
        return hook.run(Event(document, directory, context.get("type"), known_id, named))
    # pydantic, plexapi and requests come with these.
    part = "entry.background" if background else "entry.task"
    return int(import_module(part).run(invocation))
