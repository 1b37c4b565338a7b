"""Commands that give scenes back to Plex."""

from __future__ import annotations

import argparse

from commands.arguments import WRONG_USE
from commands.display import Display
from commands.line.command import DONE, Commands
from commands.undo_task import UndoOrder, undo
from worker.context import Context

# What they would do to everything, if it were confirmed.
_UNDOES = {"restore": "put back", "forget": "unlock and leave to Plex"}


def restore(context: Context, options: argparse.Namespace, display: Display) -> int:
    return _undo(context, options, display, UndoOrder(options.scene, force=options.force))


def forget(context: Context, options: argparse.Namespace, display: Display) -> int:
    return _undo(context, options, display, UndoOrder(options.scene, forgets=True))


def _undo(context: Context, options: argparse.Namespace, display: Display, order: UndoOrder) -> int:
    if options.all and not options.yes:
        display.warn(
            f"{options.command} --all would {_UNDOES[options.command]} up to "
            f"{context.stores.ledger.count()} item(s) in Plex. Nothing was done; to do it, "
            "repeat the command with --yes"
        )
        return WRONG_USE
    display.say(undo(context, display.progress, order))
    return DONE


COMMANDS: Commands = {"restore": restore, "forget": forget}
