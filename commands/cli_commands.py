"""What each command of the command line does, and whether it went well."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from commands import tasks
from commands.arguments import WRONG_USE
from commands.diagnosis import Problem, finding_lines, verdict
from commands.display import Display
from commands.doctor import examine
from commands.explain import explain, explanation_lines
from commands.import_task import ImportOrder, carry_out, import_preview
from commands.login import sign_in
from commands.preview import preview_all
from commands.preview_text import preview_as_json, preview_lines
from commands.status import status_lines, status_of
from commands.trial.order import TrialOrder, try_out
from commands.undo_task import UndoOrder, undo
from pipeline.unmanaged import exclude, include, manage, unmanaged_scenes
from worker.context import Context

DONE, FAILED = 0, 1

MOVED = "the Plex token was moved from Stash's settings to the data folder"

# What they would do to everything, if it were confirmed.
_UNDOES = {"restore": "put back", "forget": "unlock and leave to Plex"}

Command = Callable[[Context, argparse.Namespace, Display], int]
"""Returns the exit status."""


def task(mode: str) -> Command:
    """The command that does what the task of this mode does."""

    def run(context: Context, _options: argparse.Namespace, display: Display) -> int:
        display.say(tasks.TASKS[mode](context, display.progress))
        return DONE

    return run


def sync(context: Context, options: argparse.Namespace, display: Display) -> int:
    if not options.scene:
        mode = "sync_recent" if options.recent else "sync_all"
        return task(mode)(context, options, display)
    ledger = context.stores.ledger
    excluded = ledger.exclusions.among(options.scene)
    for scene_id in sorted(excluded):
        display.warn(
            f"scene {scene_id} is left alone since somebody has said so; nothing is written. To "
            f"have it synced again, run exclude --scene {scene_id} --off"
        )
    kept = set(unmanaged_scenes(ledger, options.scene)) - excluded
    for scene_id in sorted(kept):
        display.warn(
            f"scene {scene_id} is left alone since it was restored or handed over; nothing is "
            f"written. To have it synced again, run manage --scene {scene_id}"
        )
    display.say(tasks.sync_scenes(context, options.scene, display.progress))
    return FAILED if kept | excluded == set(options.scene) else DONE


def preview(context: Context, options: argparse.Namespace, display: Display) -> int:
    previews = preview_all(context, display.progress, options.scene)
    if options.json:
        for each in previews:
            display.say_json(preview_as_json(each))
    else:
        lines = [line for each in previews for line in preview_lines(each)]
        display.show(lines or ["nothing would change"])
    return DONE


def restore(context: Context, options: argparse.Namespace, display: Display) -> int:
    return _undo(context, options, display, UndoOrder(options.scene, force=options.force))


def forget(context: Context, options: argparse.Namespace, display: Display) -> int:
    return _undo(context, options, display, UndoOrder(options.scene, forgets=True))


def manage_again(context: Context, options: argparse.Namespace, display: Display) -> int:
    display.say(manage(context.stores, options.scene))
    return DONE


def exclude_scenes(context: Context, options: argparse.Namespace, display: Display) -> int:
    change = include if options.off else exclude
    display.say(change(context.stores, options.scene))
    context.keep_copy(at_once=True)
    return DONE


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


def explain_scene(context: Context, options: argparse.Namespace, display: Display) -> int:
    display.show(explanation_lines(explain(context, options.scene)))
    return DONE


def status(context: Context, options: argparse.Namespace, display: Display) -> int:
    found = status_of(context.stores)
    if options.json:
        display.say_json(found.as_json(), indent=2)
    else:
        display.show(status_lines(found))
    return DONE


def login(context: Context, options: argparse.Namespace, display: Display) -> int:
    if options.move:
        is_moved = context.settings.move_token()
        display.say(MOVED if is_moved else "Stash's settings have no token; nothing was moved")
        return DONE
    display.say(sign_in(context, display.progress, display.say, options.server))
    return DONE


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


COMMANDS: Mapping[str, Command] = {
    "sync": sync,
    "preview": preview,
    "status": status,
    "doctor": doctor,
    "explain": explain_scene,
    "retry": task("retry_failed"),
    "restore": restore,
    "forget": forget,
    "manage": manage_again,
    "exclude": exclude_scenes,
    "clear": task("clear_queue"),
    "process": task("process_queue"),
    "import": import_from_plex,
    "login": login,
}
"""By name, as in `commands.arguments`."""
