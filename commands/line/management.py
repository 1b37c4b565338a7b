"""Commands that say which scenes are synced."""

from __future__ import annotations

import argparse

from commands.display import Display
from commands.line.command import DONE, Commands
from pipeline.unmanaged import exclude, include, manage
from worker.context import Context


def manage_again(context: Context, options: argparse.Namespace, display: Display) -> int:
    display.say(manage(context.stores, options.scene))
    return DONE


def exclude_scenes(context: Context, options: argparse.Namespace, display: Display) -> int:
    change = include if options.off else exclude
    display.say(change(context.stores, options.scene))
    context.keep_copy(at_once=True)
    return DONE


COMMANDS: Commands = {"manage": manage_again, "exclude": exclude_scenes}
