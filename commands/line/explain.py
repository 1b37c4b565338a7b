"""The command `explain`."""

from __future__ import annotations

import argparse

from commands.display import Display
from commands.explain import explain, explanation_lines
from commands.line.command import DONE, Commands
from worker.context import Context


def explain_scene(context: Context, options: argparse.Namespace, display: Display) -> int:
    display.show(explanation_lines(explain(context, options.scene)))
    return DONE


COMMANDS: Commands = {"explain": explain_scene}
