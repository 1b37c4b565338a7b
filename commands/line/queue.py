"""Commands that sync, and those about the queue."""

from __future__ import annotations

import argparse

from commands import tasks
from commands.display import Display
from commands.line.command import DONE, FAILED, Command, Commands
from pipeline.unmanaged import unmanaged_scenes
from worker.context import Context


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


COMMANDS: Commands = {
    "sync": sync,
    "retry": task("retry_failed"),
    "clear": task("clear_queue"),
    "process": task("process_queue"),
}
