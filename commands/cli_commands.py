"""Every command of the command line, by name. Imports none of them: a process does one, and what is
loaded is most of what a short one costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.line.command import Command, Commands


def _queue() -> Commands:
    from commands.line.queue import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _preview() -> Commands:
    from commands.line.preview import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _status() -> Commands:
    from commands.line.status import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _doctor() -> Commands:
    from commands.line.doctor import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _explain() -> Commands:
    from commands.line.explain import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _undo() -> Commands:
    from commands.line.undo import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _management() -> Commands:
    from commands.line.management import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _imports() -> Commands:
    from commands.line.imports import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


def _login() -> Commands:
    from commands.line.login import COMMANDS  # noqa: PLC0415 - see above

    return COMMANDS


SOURCES: Mapping[str, Callable[[], Commands]] = {
    "sync": _queue,
    "preview": _preview,
    "status": _status,
    "doctor": _doctor,
    "explain": _explain,
    "retry": _queue,
    "restore": _undo,
    "forget": _undo,
    "manage": _management,
    "exclude": _management,
    "clear": _queue,
    "process": _queue,
    "import": _imports,
    "login": _login,
}
"""As in `commands.arguments`: each imports the module of its subject."""


def command(name: str) -> Command:
    """What does it."""
    return SOURCES[name]()[name]
