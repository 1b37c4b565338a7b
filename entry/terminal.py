"""The command line's doorstep: says what is wrong before anything is imported that would fail."""

from __future__ import annotations

import sys
from importlib import import_module

from entry.python import too_old


def run(arguments: list[str]) -> int:
    """The exit status of the command line."""
    if problem := too_old():
        sys.stderr.write(f"{problem}, or start PlexSync with another.\n")
        return 1
    return int(import_module("entry.start").heavy().run_commands(arguments))
