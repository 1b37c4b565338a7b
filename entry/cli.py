"""The command line, for people and cron: the same work as the tasks, without Stash's task page."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from jobs.registry import TASK_ROLE
from jobs.schema import SCENE, TASK
from logs import handlers
from logs.redact import remember_secret
from stash.connection import StashConnection
from stash.protocol import OWN_FOLDER, BadInvocation, plugin_id
from storage.sqlite import DATA_FOLDER, StorageError, make_private_folder
from worker import tasks
from worker.diagnosis import Problem, finding_lines, verdict
from worker.doctor import examine
from worker.errors import LeaseLost, SyncError
from worker.explain import explain, explanation_lines
from worker.looks import UndoOrder, preview_all, undo
from worker.preview import preview_as_json, preview_lines
from worker.status import read_status, status_lines
from worker.workplace import Workplace, open_workplace

DONE, FAILED, WRONG_USE = 0, 1, 2

EPILOG = """
exit status: 0 done, 1 it could not be done (the reason is on stderr) or doctor found a problem,
2 wrong arguments.
The connection to Plex and all options come from the plugin's settings in Stash.
"""


class ProblemsFound(BadInvocation):
    """The doctor has something to say that a script should notice."""


Command = Callable[[Workplace, argparse.Namespace], str]


def run(arguments: list[str]) -> int:
    """The exit status."""
    options = _parser().parse_args(arguments)
    remember_secret(options.stash_api_key)
    try:
        data_dir = _data_dir(options)
        make_private_folder(data_dir)
        # The terminal gets what the command prints and what deserves attention.
        terminal = logging.StreamHandler(sys.stderr)
        terminal.setLevel(logging.WARNING)
        terminal.setFormatter(handlers.CleanFormatter("%(message)s"))
        handlers.install(terminal, handlers.file_handler(data_dir))
        with open_workplace(
            data_dir,
            _connection(options),
            options.plugin_id or plugin_id(OWN_FOLDER),
            TASK_ROLE,
        ) as workplace:
            print(options.command(workplace, options))
    except (SyncError, StorageError, BadInvocation, LeaseLost) as error:
        advice = getattr(error, "advice", "")
        print(handlers.clean_line(f"{error}{'. ' if advice else ''}{advice}"), file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("stopped; what is left stays in the queue", file=sys.stderr)
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plex_sync.py",
        description="Keep Plex in step with Stash.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--stash-url",
        default=os.environ.get("STASH_URL", "http://127.0.0.1:9999"),
        help="default: STASH_URL, else http://127.0.0.1:9999",
    )
    parser.add_argument(
        "--stash-api-key",
        default=os.environ.get("STASH_API_KEY", ""),
        help="needed if Stash asks for a login; better given as STASH_API_KEY",
    )
    parser.add_argument(
        "--config-dir",
        default=os.environ.get("STASH_CONFIG_DIR", os.path.expanduser("~/.stash")),
        help="the folder of Stash's config file; default: STASH_CONFIG_DIR, else ~/.stash",
    )
    parser.add_argument(
        "--plugin-id",
        default="",
        help="under which Stash keeps the settings; default: the name of the manifest beside us",
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    sync = _add(commands, "sync", _sync, "sync all scenes, or some")
    sync.add_argument("--scene", type=int, nargs="+", metavar="ID", help="only these scenes")
    preview = _add(commands, "preview", _preview, "tell what a sync would change; changes nothing")
    preview.add_argument("--scene", type=int, metavar="ID", help="only this scene")
    preview.add_argument("--json", action="store_true", help="for scripts; one object per line")
    _add_restore(commands)
    _add(commands, "process", _task(tasks.process_queue), "sync what waits in the queue")
    _add(commands, "retry", _task(tasks.retry_failed), "try again what failed for good")
    _add(commands, "clear", _task(tasks.clear_queue), "forget what waits and what failed")
    _add(commands, "doctor", _doctor, "check settings, servers and whether scenes are found")
    explain = _add(commands, "explain", _explain, "why a scene is (not) in Plex, rung by rung")
    explain.add_argument("scene", type=int, metavar="SCENE_ID")
    status = _add(commands, "status", _status, "tell how things stand")
    status.add_argument("--json", action="store_true", help="for scripts; times in epoch seconds")
    return parser


def _add_restore(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    about = "put items in Plex back as they were before their first sync"
    restore = _add(commands, "restore", _restore, about)
    which = restore.add_mutually_exclusive_group(required=True)
    which.add_argument("--scene", type=int, metavar="ID", help="only this scene's items")
    which.add_argument("--all", action="store_true", help="everything ever written to this Plex")
    restore.add_argument("--force", action="store_true", help="also what was edited in Plex since")
    restore.add_argument(
        "--forget", action="store_true", help="instead only unlock what was written"
    )


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Command,
    about: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about)
    parser.set_defaults(command=command)
    return parser


def _connection(options: argparse.Namespace) -> StashConnection:
    url = str(options.stash_url).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInvocation(f"--stash-url {url!r} is not an address like http://127.0.0.1:9999")
    return StashConnection.from_url(url, api_key=options.stash_api_key)


def _data_dir(options: argparse.Namespace) -> str:
    if not os.path.isdir(options.config_dir):
        raise BadInvocation(
            f"{options.config_dir} is no folder; name the one of Stash's config file with "
            "--config-dir"
        )
    return os.path.join(options.config_dir, DATA_FOLDER)


def _progress() -> tasks.Progress:
    """A percentage that rewrites itself on a terminal; nothing in a pipe or a cron mail."""
    if not sys.stderr.isatty():
        return lambda _fraction: None

    def show(fraction: float) -> None:
        sys.stderr.write(f"\r{fraction:6.1%}" + ("\r       \r" if fraction >= 1 else ""))
        sys.stderr.flush()

    return show


def _task(task: Callable[[Workplace, tasks.Progress], str]) -> Command:
    return lambda workplace, _options: task(workplace, _progress())


def _sync(workplace: Workplace, options: argparse.Namespace) -> str:
    if not options.scene:
        return tasks.sync_all(workplace, _progress())
    for scene_id in options.scene:
        tasks.take_up(workplace, scene_id)
    workplace.memories.store.enqueue(SCENE, options.scene, TASK, time.time())
    return tasks.process_queue(workplace, _progress())


def _preview(workplace: Workplace, options: argparse.Namespace) -> str:
    found = preview_all(workplace, _progress(), options.scene)
    if options.json:
        return "\n".join(json.dumps(preview_as_json(each)) for each in found)
    lines = [line for each in found for line in preview_lines(each)]
    return "\n".join(lines) or "nothing would change"


def _restore(workplace: Workplace, options: argparse.Namespace) -> str:
    order = UndoOrder(options.scene, force=options.force, hands_over=options.forget)
    return undo(workplace, _progress(), order)


def _doctor(workplace: Workplace, _options: argparse.Namespace) -> str:
    findings = examine(workplace)
    print("\n".join(finding_lines(findings)))
    if any(isinstance(each, Problem) for each in findings):
        raise ProblemsFound(verdict(findings))
    return verdict(findings)


def _explain(workplace: Workplace, options: argparse.Namespace) -> str:
    return "\n".join(explanation_lines(explain(workplace, options.scene)))


def _status(workplace: Workplace, options: argparse.Namespace) -> str:
    memories = workplace.memories
    status = read_status(memories.store, memories.registry, memories.index.learned.all())
    if options.json:
        return json.dumps(status.as_json(), indent=2)
    return "\n".join(status_lines(status))
