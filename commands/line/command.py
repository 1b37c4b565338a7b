"""What a command of the command line is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from commands.display import Display
from worker.context import Context

DONE, FAILED = 0, 1

Command = Callable[[Context, argparse.Namespace, Display], int]
"""Returns the exit status."""

Commands = Mapping[str, Command]
"""By name, as in `commands.arguments`."""
