"""Find out who has started us and hand over to the part that deals with it.

A hook is a new process that the user's save waits for. So nothing is imported here that a hook
doesn't need; the other parts bring pydantic, plexapi and requests along.
"""

from __future__ import annotations

import os
from importlib import import_module

from stash.protocol import OWN_FOLDER, BadInvocation, answer, read_invocation

SCRIPT = os.path.join(OWN_FOLDER, "plex_sync.py")

BACKGROUND_ARGUMENT = "worker"


def main(arguments: list[str]) -> int:
    """The exit status."""
    if arguments and arguments != [BACKGROUND_ARGUMENT]:
        return int(import_module("entry.cli").run(arguments))
    try:
        invocation = read_invocation()
    except BadInvocation as error:
        answer(error=f"PlexSync: {error}")
        return 1
    if arguments:
        return int(import_module("entry.background").run(invocation))
    part = "entry.hook" if invocation.hook_context else "entry.task"
    return int(import_module(part).run(invocation))
