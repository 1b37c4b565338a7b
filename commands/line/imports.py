"""The command `import`."""

from __future__ import annotations

import argparse

from commands.arguments import WRONG_USE
from commands.display import Display
from commands.import_task import ImportOrder, carry_out, import_preview
from commands.line.command import DONE, Commands
from worker.context import Context


def import_from_plex(context: Context, options: argparse.Namespace, display: Display) -> int:
    order = ImportOrder.from_args(
        {
            "since": options.since,
            "undo": options.undo,
            "scene_id": options.scene,
            "day": options.day,
            "confirm": options.yes or options.preview,
        }
    )
    if options.preview or (order.needs_confirmation and not order.is_confirmed):
        display.show(import_preview(context, order))
        if options.preview:
            return DONE
        display.warn("Nothing was done; to do it, repeat the command with --yes")
        return WRONG_USE
    display.say(carry_out(context, display.progress, order))
    return DONE


COMMANDS: Commands = {"import": import_from_plex}
