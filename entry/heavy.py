"""Worker, task and command line: they bring pydantic, plexapi and requests along, and see first
that these are there."""

from __future__ import annotations

import logging
import os
import sys

from entry import packages
from entry.arguments import INTERRUPTED, WRONG_USE, build_parser, parse
from entry.install import InstallFailed
from entry.provide import CannotLoad, load, provide
from entry.waiting import wait_for_packages
from jobs.store import JobStore, open_job_database
from logs import handlers
from logs.handlers import clean_line
from logs.redact import remember_secret
from stash.protocol import Invocation, answer
from storage.sqlite import DATA_FOLDER, StorageError, make_private_folder

log = logging.getLogger(__name__)


def run_worker(invocation: Invocation) -> int:
    """The exit status."""
    try:
        module = load(
            "entry.background",
            invocation.data_dir,
            lambda own_only: wait_for_packages(invocation, own_only=own_only),
        )
    except (CannotLoad, StorageError) as error:
        _leave_word(invocation, str(error))
        return 1
    except Exception:
        handlers.install(handlers.file_handler(invocation.data_dir))
        log.exception("the worker ended because of a bug; please report it")
        return 1
    return 0 if module is None else int(module.run(invocation))


def run_task(invocation: Invocation) -> int:
    """The exit status."""
    try:
        module = load("entry.task", invocation.data_dir, lambda own: _supply_task(invocation, own))
    except (InstallFailed, CannotLoad, StorageError) as error:
        answer(error=f"PlexSync: {clean_line(str(error))}")
        return 1
    return 1 if module is None else int(module.run(invocation))


def _supply_task(invocation: Invocation, own_only: bool) -> bool:
    if packages.activate(invocation.data_dir, own_only=own_only):
        return True
    stash_log = handlers.StashHandler()
    stash_log.setLevel(logging.INFO)
    make_private_folder(invocation.data_dir)
    handlers.install(stash_log, handlers.file_handler(invocation.data_dir))
    provide(invocation.data_dir, stash_log.progress, own_only=own_only)
    return True


def run_commands(arguments: list[str]) -> int:
    """The exit status of the command line. Help and wrong arguments need no packages: they end the
    process here."""
    options = parse(build_parser(), arguments)
    remember_secret(options.stash_api_key)
    remember_secret(options.plex_token)
    data_dir = os.path.join(options.config_dir, DATA_FOLDER)
    try:
        commands = load("entry.cli", data_dir, lambda own: _supply_commands(data_dir, own))
    except (InstallFailed, CannotLoad, StorageError) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("stopped; nothing was installed")
        return INTERRUPTED
    return WRONG_USE if commands is None else int(commands.run(arguments))


def _supply_commands(data_dir: str, own_only: bool) -> bool:
    if packages.activate(data_dir, own_only=own_only):
        return True
    config_dir = os.path.dirname(data_dir)
    if not os.path.isdir(config_dir):
        _say(
            f"{config_dir} is no folder; name the one of Stash's config file with --config-dir. "
            "The packages that PlexSync needs will be installed there."
        )
        return False
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.INFO)
    terminal.setFormatter(handlers.CleanFormatter("%(message)s"))
    handlers.install(terminal)
    provide(data_dir, _no_progress, own_only=own_only)
    return True


def _no_progress(_fraction: float) -> None:
    """The lines of the log say enough."""


def _leave_word(invocation: Invocation, message: str) -> None:
    """A detached process has no way to Stash but the next hook."""
    try:
        database = open_job_database(invocation.data_dir)
    except StorageError:
        return  # the next hook meets the same database and reports it
    try:
        JobStore(database).add_log_lines([("e", clean_line(message))])
    finally:
        database.close()


def _say(text: str) -> None:
    sys.stderr.write(f"{handlers.clean_line(text)}\n")
