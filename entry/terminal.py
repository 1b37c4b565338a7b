"""The command line's doorstep: says what is wrong before anything is imported that would fail."""

from __future__ import annotations

import sys

from entry.python import has_packages, too_old


def run(arguments: list[str]) -> int:
    """The exit status of the command line."""
    if problem := too_old():
        sys.stderr.write(f"{problem}, or start PlexSync with another.\n")
        return 1
    has_packages()
    from entry.bootstrap import run_commands  # noqa: PLC0415 - an old Python can't read it

    return run_commands(arguments)
