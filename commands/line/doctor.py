"""The command `doctor`."""

from __future__ import annotations

import argparse

from commands.arguments import WRONG_USE
from commands.diagnosis import Problem, finding_lines, verdict
from commands.display import Display
from commands.doctor import examine
from commands.line.command import DONE, FAILED, Commands
from commands.trial.order import TrialOrder, try_out
from worker.context import Context


def doctor(context: Context, options: argparse.Namespace, display: Display) -> int:
    if options.try_on is not None:
        order = TrialOrder(options.try_on or None, options.yes, options.pictures, options.capture)
        display.show(try_out(context, display.progress, order))
        return DONE if options.yes else WRONG_USE
    findings = examine(context)
    display.show(finding_lines(findings))
    has_problems = any(isinstance(each, Problem) for each in findings)
    (display.warn if has_problems else display.say)(verdict(findings))
    return FAILED if has_problems else DONE


COMMANDS: Commands = {"doctor": doctor}
