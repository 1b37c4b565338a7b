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
from jobs.schema import TASK
from logs import handlers
from logs.redact import remember_secret
from stash.connection import StashConnection
from stash.protocol import OWN_FOLDER, BadInvocation, plugin_id
from storage.sqlite import DATA_FOLDER, StorageError, make_private_folder
from worker import tasks
from worker.errors import LeaseLost, SyncError
from worker.status import read_status, status_lines
from worker.workplace import Workplace, open_workplace

DONE, FAILED, WRONG_USE = 0, 1, 2

EPILOG = """
exit status: 0 done, 1 it could not be done (the reason is on stderr), 2 wrong arguments.
The connection to Plex and all options come from the plugin's settings in Stash.
"""

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
            data_dir, _connection(options), plugin_id(OWN_FOLDER), TASK_ROLE
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
    commands = parser.add_subparsers(required=True, metavar="command")
    sync = _add(commands, "sync", _sync, "sync all scenes, or some")
    sync.add_argument("--scene", type=int, nargs="+", metavar="ID", help="only these scenes")
    _add(commands, "process", _task(tasks.process_queue), "sync what waits in the queue")
    _add(commands, "retry", _task(tasks.retry_failed), "try again what failed for good")
    _add(commands, "clear", _task(tasks.clear_queue), "forget what waits and what failed")
    status = _add(commands, "status", _status, "tell how things stand")
    status.add_argument("--json", action="store_true", help="for scripts; times in epoch seconds")
    return parser


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
    return StashConnection(url, api_key=options.stash_api_key)


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
    workplace.memories.store.enqueue(tasks.SCENE, options.scene, TASK, time.time())
    return tasks.process_queue(workplace, _progress())


def _status(workplace: Workplace, options: argparse.Namespace) -> str:
    status = read_status(workplace.memories.store, workplace.memories.registry)
    if options.json:
        return json.dumps(status.as_json(), indent=2)
    return "\n".join(status_lines(status))
