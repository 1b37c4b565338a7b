"""Worker, task, operation and command line: they bring pydantic, plexapi and requests along, and
see first that these are there."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from contextlib import closing, suppress

from entry.reply import answered
from install import packages, pillow
from install.ensure import CannotLoad, load, provide
from install.installer import InstallFailed
from jobs.registry import WORKER, Registry
from jobs.store import open_job_database
from logs import handlers
from logs.handlers import clean_line
from logs.redact import remember_secret
from page.operation import Answer, Source
from stash.protocol import BadInvocation, Invocation, answer
from storage.files import DATA_FOLDER, StorageError, make_private_folder
from storage.sqlite import DatabaseDamaged
from worker.lease import Lease, arrive
from worker.log_relay import hand_over

log = logging.getLogger(__name__)

ENDED = "the worker ended because of a bug; please report it with the log file"


def run_worker(invocation: Invocation, claimed: tuple[str, int] | None = None) -> int:
    """The exit status. `claimed`: see `worker.lease`."""
    from entry.pending_log import leave  # noqa: PLC0415 - no task needs it

    lease = None
    try:
        lease = _arrive(invocation.data_dir, claimed)
        if lease is None:
            return 0
        return _run_worker(invocation, lease)
    except (CannotLoad, StorageError, BadInvocation) as error:
        handlers.install(handlers.file_handler(invocation.data_dir))
        log.error("the worker cannot work: %s", error)  # noqa: TRY400 - it explains itself
        # A detached process has no way to Stash's log.
        leave(invocation, [("e", clean_line(f"the worker cannot work: {error}"))])
        return 1
    except Exception:
        leave(invocation, [("e", ENDED)])
        handlers.install(handlers.file_handler(invocation.data_dir))
        log.exception("%s", ENDED)
        return 1
    finally:
        if lease:
            lease.leave()


def _arrive(data_dir: str, claimed: tuple[str, int] | None) -> Lease | None:
    """A lease, None if another worker is alive: found out before much is loaded."""
    try:
        with closing(open_job_database(data_dir)) as database:
            return arrive(data_dir, Registry(database, WORKER), claimed)
    except DatabaseDamaged:
        # Who is registered can't be told any more. It is set aside when everything is opened.
        return arrive(data_dir, None, claimed)


def _run_worker(invocation: Invocation, lease: Lease) -> int:
    from entry.wait_for_packages import wait_for_packages  # noqa: PLC0415 - no task needs it

    run = load(
        _background,
        invocation.data_dir,
        lambda own_only: wait_for_packages(invocation, lease, own_only=own_only),
    )
    pillow.offer(invocation.data_dir, is_awaited=False)
    return 0 if run is None else run(invocation, lease)


def _background() -> Callable[[Invocation, Lease], int]:
    from entry.background import run  # noqa: PLC0415 - needs the packages

    return run


def run_task(invocation: Invocation) -> int:
    """The exit status."""
    _hand_over(invocation)
    try:
        run = load(_task, invocation.data_dir, lambda own: _supply_task(invocation, own))
    except (InstallFailed, CannotLoad, StorageError) as error:
        answer(error=f"PlexSync: {clean_line(str(error))}")
        return 1
    pillow.offer(invocation.data_dir, is_awaited=True)
    return 1 if run is None else run(invocation)


def _task() -> Callable[[Invocation], int]:
    from entry.task import run  # noqa: PLC0415 - needs the packages

    return run


def _supply_task(invocation: Invocation, own_only: bool) -> bool:
    if packages.activate(invocation.data_dir, packages.REQUIRED, own_only=own_only):
        return True
    stash_log = handlers.StashHandler()
    stash_log.setLevel(logging.INFO)
    make_private_folder(invocation.data_dir)
    handlers.install(stash_log, handlers.file_handler(invocation.data_dir))
    provide(invocation.data_dir, packages.REQUIRED, stash_log.progress, own_only=own_only)
    return True


def run_operation(invocation: Invocation, source: Source) -> int:
    """The exit status. Whoever asks doesn't want to wait: nothing is installed for it."""
    _hand_over(invocation)
    try:
        run = load(
            lambda: _operation(source),
            invocation.data_dir,
            lambda own: _supply_operation(invocation, own),
        )
    except (CannotLoad, StorageError) as error:
        answer(error=f"PlexSync: {clean_line(str(error))}")
        return 1
    pillow.offer(invocation.data_dir, is_awaited=True, may_install=False)
    return 1 if run is None else answered(lambda: run(invocation), f"the {invocation.args['mode']}")


def _operation(source: Source) -> Callable[[Invocation], Answer]:
    from page.answer import answer_to  # noqa: PLC0415 - the one below needs the packages

    source.load()
    return answer_to


def _supply_operation(invocation: Invocation, own_only: bool) -> bool:
    if packages.activate(invocation.data_dir, packages.REQUIRED, own_only=own_only):
        return True
    answer(
        error="PlexSync: its packages are not installed yet. The next change or task does it, for "
        'example "Check set-up"; then ask again.'
    )
    return False


def _hand_over(invocation: Invocation) -> None:
    with suppress(StorageError):  # what follows meets the same database and reports it
        hand_over(invocation.data_dir)


def run_commands(arguments: list[str]) -> int:
    """The exit status of the command line. Help and wrong arguments need no packages: they end the
    process here."""
    from commands.arguments import (  # noqa: PLC0415 - only here
        INTERRUPTED,
        WRONG_USE,
        build_parser,
        parse,
    )
    from storage.act_as_owner import (  # noqa: PLC0415 - only here
        WrongUser,
        act_as_owner,
    )

    options = parse(build_parser(), arguments)
    remember_secret(options.stash_api_key)
    remember_secret(options.plex_token)
    data_dir = os.path.join(options.config_dir, DATA_FOLDER)
    try:
        act_as_owner(options.config_dir)
        run = load(
            lambda: _cli(options.command), data_dir, lambda own: _supply_commands(data_dir, own)
        )
    except (InstallFailed, CannotLoad, StorageError, WrongUser) as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("stopped; nothing was installed")
        return INTERRUPTED
    pillow.offer(data_dir, is_awaited=True)
    return WRONG_USE if run is None else run(arguments)


def _cli(name: str) -> Callable[[list[str]], int]:
    from commands.cli import run  # noqa: PLC0415 - needs the packages
    from commands.cli_commands import command  # noqa: PLC0415 - only here

    command(name)
    return run


def _supply_commands(data_dir: str, own_only: bool) -> bool:
    if packages.activate(data_dir, packages.REQUIRED, own_only=own_only):
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
    provide(data_dir, packages.REQUIRED, _no_progress, own_only=own_only)
    return True


def _no_progress(_fraction: float) -> None:
    """The lines of the log say enough."""


def _say(text: str) -> None:
    sys.stderr.write(f"{handlers.clean_line(text)}\n")
