"""The command `login`."""

from __future__ import annotations

import argparse

from commands.display import Display
from commands.line.command import DONE, Commands
from commands.login import sign_in
from worker.context import Context

MOVED = "the Plex token was moved from Stash's settings to the data folder"


def login(context: Context, options: argparse.Namespace, display: Display) -> int:
    if options.move:
        is_moved = context.settings.move_token()
        display.say(MOVED if is_moved else "Stash's settings have no token; nothing was moved")
        return DONE
    display.say(sign_in(context, display.progress, display.say, options.server))
    return DONE


COMMANDS: Commands = {"login": login}
