"""The command line's arguments: commands, options, and where their defaults come from.

Standard library only, so that help can be had before the packages are installed.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from datetime import datetime

EPILOG = """
The connection is taken from the arguments, else from the environment, else from the plugin's
settings in Stash. All other settings come from Stash.

exit status: 0 done, even if single scenes failed; 1 it could not be done (the reason is on stderr)
or doctor found a problem; 2 wrong arguments, or --yes is missing; 130 stopped by Ctrl-C.
"""

# Exit statuses. The first is argparse's own; the other one is what shells have: 128 and the number
# of the signal.
WRONG_USE = 2
INTERRUPTED = 130

_Commands = argparse._SubParsersAction


def build_parser(environment: Mapping[str, str] = os.environ) -> argparse.ArgumentParser:
    """The parser. `command` of what it makes is one of `commands.cli_commands.SOURCES`."""
    parser = argparse.ArgumentParser(
        prog="plex_sync.py",
        description="Keep Plex in step with Stash.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_connection(parser, environment)
    found = parser.add_subparsers(required=True, metavar="command", dest="command")
    _add_sync(found)
    preview = _add(found, "preview", "tell what a sync would change")
    preview.add_argument("--scene", type=_scene_id, metavar="ID", help="only this scene")
    preview.add_argument("--json", action="store_true", help="for scripts; one object per line")
    status = _add(found, "status", "tell how things stand")
    status.add_argument("--json", action="store_true", help="for scripts; times in epoch seconds")
    _add_doctor(found)
    explain = _add(found, "explain", "why a scene is (not) in Plex")
    explain.add_argument("scene", type=_scene_id, metavar="ID", help="the scene's id in Stash")
    _add(found, "retry", "try again what failed for good")
    _add_undo(found)
    _add(found, "clear", "forget what waits and what failed")
    _add(found, "process", "sync what waits in the queue")
    _add_import(found)
    login = _add(found, "login", "sign in to Plex: keeps its token, fills in plex_url")
    login.add_argument("--server", default="", metavar="NAME", help="which, if you own several")
    login.add_argument(
        "--move",
        action="store_true",
        help="sign in nowhere: move the token from Stash's settings to the data folder",
    )
    return parser


def parse(parser: argparse.ArgumentParser, arguments: list[str]) -> argparse.Namespace:
    """The options. Exits with status 2 and a message when they don't make sense."""
    options = parser.parse_args(arguments)
    if getattr(options, "full", False) and (options.recent or options.scene):
        parser.error("--full goes with --all, not with --recent or --scene")
    is_check = options.command == "doctor" and options.try_on is None
    if is_check and (options.yes or options.pictures or options.capture):
        parser.error("--yes, --pictures and --capture go with --try")
    if options.command == "import":
        _check_import(parser, options)
    return options


def _add_connection(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    group = parser.add_argument_group("connection, before the command")
    default_url = environment.get("STASH_URL") or "http://127.0.0.1:9999"
    group.add_argument(
        "--stash-url",
        default=default_url,
        metavar="URL",
        help="default: STASH_URL, else http://127.0.0.1:9999",
    )
    group.add_argument(
        "--stash-api-key",
        default=environment.get("STASH_API_KEY", ""),
        metavar="KEY",
        help="if Stash asks for a login. Others can read arguments: better set STASH_API_KEY",
    )
    group.add_argument(
        "--plex-url",
        default=environment.get("PLEX_URL", ""),
        metavar="URL",
        help="default: PLEX_URL, else the setting plex_url",
    )
    group.add_argument(
        "--plex-token",
        default=environment.get("PLEX_TOKEN", ""),
        metavar="TOKEN",
        help="default: PLEX_TOKEN, else the setting plex_token, else where signing in kept it. "
        "Others can read arguments",
    )
    group.add_argument(
        "--config-dir",
        type=_folder,
        default=environment.get("STASH_CONFIG_DIR") or os.path.expanduser("~/.stash"),
        metavar="FOLDER",
        help="the folder of Stash's config file; default: STASH_CONFIG_DIR, else ~/.stash",
    )
    group.add_argument(
        "--plugin-id",
        default="",
        metavar="ID",
        help="under which Stash keeps the settings; default: the name of the manifest beside us",
    )


def _add_sync(found: _Commands[argparse.ArgumentParser]) -> None:
    sync = _add(found, "sync", "bring Plex in step")
    which = sync.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every scene; the default")
    which.add_argument("--recent", action="store_true", help="what changed since the last run")
    which.add_argument("--scene", type=_scene_id, nargs="+", metavar="ID", help="only these scenes")
    sync.add_argument(
        "--full", action="store_true", help="with --all: compare also what seems unchanged"
    )


def _add_undo(found: _Commands[argparse.ArgumentParser]) -> None:
    about = "put items in Plex back as they were before their first sync"
    restore = _add(found, "restore", about)
    _add_which(restore)
    restore.add_argument("--force", action="store_true", help="also what was edited in Plex since")
    about = "leave items to Plex as they are: unlock what was written, and sync them no more"
    _add_which(_add(found, "forget", about))
    about = "take back what was restored or forgotten, so that it is synced again"
    manage = _add(found, "manage", about).add_mutually_exclusive_group(required=True)
    manage.add_argument("--scene", type=_scene_id, metavar="ID", help="only this scene's items")
    manage.add_argument("--all", action="store_true", help="everything that is left alone")
    about = "leave scenes alone from now on; what was written to Plex stays"
    exclude = _add(found, "exclude", about)
    exclude.add_argument("--scene", type=_scene_id, nargs="+", metavar="ID", required=True)
    exclude.add_argument("--off", action="store_true", help="sync them again instead")


def _add_doctor(found: _Commands[argparse.ArgumentParser]) -> None:
    doctor = _add(found, "doctor", "check settings, servers and whether scenes are found")
    doctor.add_argument(
        "--try",
        dest="try_on",
        nargs="?",
        const=0,
        type=_scene_id,
        metavar="SCENE",
        help="try out on this scene's item how Plex behaves, and put it back; without an id, on "
        "one that is proposed",
    )
    doctor.add_argument("--yes", action="store_true", help="confirms --try; without it it asks")
    doctor.add_argument(
        "--pictures",
        action="store_true",
        help="with --try: upload a picture as well, which Plex then keeps for ever",
    )
    doctor.add_argument(
        "--capture",
        default="",
        metavar="FILE",
        help="with --try: write what Plex answered to this file, without anything private",
    )


def _add_import(found: _Commands[argparse.ArgumentParser]) -> None:
    plays = _add(found, "import", "bring plays from Plex to Stash, or take them back")
    plays.add_argument("--preview", action="store_true", help="list them, and do nothing")
    plays.add_argument(
        "--since", type=_day, metavar="DATE", help="also what is older, from this day on"
    )
    plays.add_argument("--undo", action="store_true", help="take back what came from Plex")
    plays.add_argument("--scene", type=_scene_id, metavar="ID", help="with --undo: of this scene")
    plays.add_argument("--day", type=_day, metavar="DATE", help="with --undo: played on this day")
    plays.add_argument("--all", action="store_true", help="with --undo: everything")
    plays.add_argument("--yes", action="store_true", help="confirms --since and --undo --all")


def _check_import(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    which = options.scene or options.day or options.all
    if options.undo and not which:
        parser.error("--undo needs one of --scene, --day and --all")
    if options.all and (options.scene or options.day):
        parser.error("--all goes without --scene and --day")
    if which and not options.undo:
        parser.error("--scene, --day and --all go with --undo")
    if options.undo and options.since:
        parser.error("--since goes without --undo")


def _add_which(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--scene", type=_scene_id, metavar="ID", help="only this scene's items")
    which.add_argument("--all", action="store_true", help="everything ever written to this Plex")
    parser.add_argument(
        "--yes", action="store_true", help="confirms --all; without it nothing is done"
    )


def _add(
    found: _Commands[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    return found.add_parser(name, help=about, description=f"{about[:1].upper()}{about[1:]}.")


def _folder(text: str) -> str:
    """Absolute, since what we start runs elsewhere."""
    if not text:
        raise argparse.ArgumentTypeError("it is empty; expected the path of a folder")
    return os.path.abspath(text)


def _scene_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no scene's id; expected a number like 42")
    return int(text)


def _day(text: str) -> str:
    try:
        datetime.strptime(text, "%Y-%m-%d").astimezone()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; expected one like 2026-03-31"
        ) from None
    return text
