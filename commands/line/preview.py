"""The command `preview`."""

from __future__ import annotations

import argparse

from commands.display import Display
from commands.line.command import DONE, Commands
from commands.preview import preview_all
from commands.preview_text import preview_as_json, preview_lines
from worker.context import Context


def preview(context: Context, options: argparse.Namespace, display: Display) -> int:
    previews = preview_all(context, display.progress, options.scene)
    if options.json:
        for each in previews:
            display.say_json(preview_as_json(each))
    else:
        lines = [line for each in previews for line in preview_lines(each)]
        display.show(lines or ["nothing would change"])
    return DONE


COMMANDS: Commands = {"preview": preview}
