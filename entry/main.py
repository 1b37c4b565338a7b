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

# plex_sync.py says the same if not even this module can be imported.
INCOMPLETE = (
    "PlexSync cannot be loaded: {}. If it is not being updated just now, install the plugin again "
    "or, if a part of Python is missing, set another Python in Stash."
)
UNEXPECTED = (
    "PlexSync ended unexpectedly ({}). If it is not being updated just now, please report it with "
    "plex_sync.log, which is in the folder plex_sync beside Stash's config file."
)
MAY_BE_LOST = ' The change may not be stored: run "Sync all scenes" afterwards.'


def main(arguments: list[str]) -> int:
    """The exit status. A hook doesn't return from here."""
    # Stash's document comes through a pipe; at a terminal nobody would type one.
    if arguments != [BACKGROUND_ARGUMENT] and (arguments or sys.stdin.isatty()):
        return int(import_module("entry.terminal").run(arguments))
    speak_utf8()
    # Bytes, since on Windows a text stdin would be read in the ANSI code page.
    document = sys.stdin.buffer.read()
    event = None
    try:
        event = None if arguments else read_event(document)
        if event is None:
            return int(import_module("entry.start").run(document, background=bool(arguments)))
        status = hook.run(event)
    except Exception as error:  # noqa: BLE001 - its traceback goes to the log file
        status = _tell(error, document, MAY_BE_LOST if event else "")
    if event is None:
        return status
    # The interpreter's tidying up would cost a tenth of the hook's time, for nothing.
    sys.stderr.flush()
    sys.stdout.flush()
    os._exit(status)


def _tell(error: Exception, document: bytes, more: str) -> int:
    """The exit status, once Stash has one sentence: it would log every line of a traceback as an
    error. While Stash replaces the plugin's files, nothing of ours may be there to help."""
    is_incomplete = isinstance(error, (ImportError, SyntaxError))
    text = INCOMPLETE.format(error) if is_incomplete else UNEXPECTED.format(type(error).__name__)
    try:
        import_module("entry.mishap").note(error, document)
    except Exception:  # noqa: BLE001 - Stash has the sentence at least
        text += " (It could not be written to the log file.)"
    sys.stdout.write(import_module("json").dumps({"error": f"{text}{more}"}) + "\n")
    return 1
