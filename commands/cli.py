"""The command line, for people and cron: the same work as the tasks, without Stash's task page."""

from __future__ import annotations

import argparse
import logging
import os
import sys

from commands.arguments import INTERRUPTED, WRONG_USE, build_parser, parse
from commands.cli_commands import command
from commands.display import Display, WarningsTo, open_display
from commands.line.command import FAILED
from errors import LeaseLost, SyncError
from jobs.registry import TASK_ROLE
from logs import handlers
from logs.redact import remember_secret
from stash.connection import StashConnection
from stash.protocol import OWN_FOLDER, BadInvocation, plugin_id
from storage.sqlite import DATA_FOLDER, StorageError, make_private_folder
from validation.config import is_address
from worker.context import open_context

log = logging.getLogger(__name__)


class WrongArgument(BadInvocation):
    """An argument, or what stands in for it, makes no sense."""


def run(arguments: list[str]) -> int:
    """The exit status: that of the command, WRONG_USE or INTERRUPTED."""
    display = open_display()
    handlers.install(WarningsTo(display))
    try:
        options = parse(build_parser(), arguments)
        for secret in (options.stash_api_key, options.plex_token):
            remember_secret(secret)
        return _perform(options, display)
    except WrongArgument as error:
        return _complain(display, error, WRONG_USE)
    except (SyncError, StorageError, BadInvocation, LeaseLost) as error:
        return _complain(display, error, FAILED)
    except KeyboardInterrupt:
        display.warn("stopped; what is left in the queue stays there")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough. Python would complain about it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        log.exception("this is a bug; please report it with the log file, which has the details")
        return FAILED
    finally:
        display.close()


def _perform(options: argparse.Namespace, display: Display) -> int:
    data_dir = _data_dir(options)
    make_private_folder(data_dir)
    handlers.install(WarningsTo(display), handlers.file_handler(data_dir))
    with open_context(
        data_dir,
        _connection(options),
        options.plugin_id or plugin_id(OWN_FOLDER),
        TASK_ROLE,
        {"full": True} if getattr(options, "full", False) else None,
        _overrides(options),
    ) as context:
        return command(options.command)(context, options, display)


def _complain(display: Display, error: Exception, status: int) -> int:
    advice = getattr(error, "advice", "")
    display.warn(f"{error}{'. ' if advice else ''}{advice}")
    return status


def _connection(options: argparse.Namespace) -> StashConnection:
    url = _address("--stash-url", options.stash_url, "http://127.0.0.1:9999")
    return StashConnection.from_url(url, api_key=options.stash_api_key)


def _address(option: str, given: str, example: str) -> str:
    if not is_address(given):
        # Not repeated, since people type keys into addresses.
        raise WrongArgument(f"{option} is not an address like {example}")
    return given.rstrip("/")


def _overrides(options: argparse.Namespace) -> dict[str, str]:
    """Settings that count before those in Stash."""
    if options.plex_url:
        _address("--plex-url", options.plex_url, "http://192.168.1.10:32400")
    given = {"plex_url": options.plex_url, "plex_token": options.plex_token}
    return {key: value for key, value in given.items() if value}


def _data_dir(options: argparse.Namespace) -> str:
    if not os.path.isdir(options.config_dir):
        raise WrongArgument(
            f"{options.config_dir} is no folder; name the one of Stash's config file with "
            "--config-dir"
        )
    return os.path.join(options.config_dir, DATA_FOLDER)
