"""Find out who has started us and hand over to the part that deals with it.

A hook is a new process that the user's save waits for. So nothing is imported here that a hook
doesn't need; the other parts bring pydantic, plexapi and requests along.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from entry import hook
from entry.event import read_event
from stash.log_lines import speak_utf8

BACKGROUND_ARGUMENT = "worker"


def main(arguments: list[str]) -> int:
    """The exit status. A hook doesn't return from here."""
    if arguments and arguments != [BACKGROUND_ARGUMENT]:
        return int(import_module("entry.terminal").run(arguments))
    speak_utf8()
    # Bytes, since on Windows a text stdin would be read in the ANSI code page.
    document = sys.stdin.buffer.read()
    event = None if arguments else read_event(document)
    if event is None:
        return int(import_module("entry.start").run(document, background=bool(arguments)))
    status = hook.run(event)
    # The interpreter's tidying up would cost a tenth of the hook's time, for nothing.
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status)
