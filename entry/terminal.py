"""The command line's doorstep: says what is missing when the packages aren't installed."""

from __future__ import annotations

import sys
from importlib import import_module

from entry.start import missing_package


def run(arguments: list[str]) -> int:
    """The exit status of the command line."""
    try:
        commands = import_module("entry.cli")
    except ImportError as error:
        sys.stderr.write(f"{missing_package(error)}\n")
        return 1
    return int(commands.run(arguments))
