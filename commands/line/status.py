"""The command `status`."""

from __future__ import annotations

import argparse

from commands.display import Display
from commands.line.command import DONE, Commands
from commands.status import status_lines, status_of
from worker.context import Context


def status(context: Context, options: argparse.Namespace, display: Display) -> int:
    found = status_of(context.stores)
    if options.json:
        display.say_json(found.as_json(), indent=2)
    else:
        display.show(status_lines(found))
    return DONE


COMMANDS: Commands = {"status": status}
