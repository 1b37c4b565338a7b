"""Find out who has started us and hand over to the part that deals with it.

Hooks don't come here, but to `entry.hook`: a person's save waits for them.
"""

from __future__ import annotations

import sys

from entry import hook
from stash.log_lines import speak_utf8

BACKGROUND_ARGUMENT = "worker"


def main(arguments: list[str]) -> int:
    """The exit status."""
    is_worker = arguments[:1] == [BACKGROUND_ARGUMENT]
    # Stash's document comes through a pipe; at a terminal nobody would type one.
    if not is_worker and (arguments or sys.stdin.isatty()):
        from entry.terminal import run  # noqa: PLC0415 - for people only

        return run(arguments)
    speak_utf8()
    # Bytes, since on Windows a text stdin would be read in the ANSI code page.
    document = sys.stdin.buffer.read()
    try:
        from entry.dispatch import run as dispatch  # noqa: PLC0415 - a file of ours that is missing is told

        return dispatch(document, hook.run, background=is_worker, claimed=_claimed(arguments))
    except Exception as error:  # noqa: BLE001 - its traceback goes to the log file
        return hook.tell(error, document)


def _claimed(arguments: list[str]) -> tuple[str, int] | None:
    """The lock that whoever started the worker has handed on: its name, and a descriptor."""
    if len(arguments) != 3 or not arguments[2].isdigit():
        return None
    return arguments[1], int(arguments[2])
