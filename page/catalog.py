"""Every operation of the page, by `mode` and `what`. Imports none of them: a process answers one.

docs/operations.md has the same list, with arguments and answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from page.operation import Operations, Source


def _status() -> Operations:
    from page.status import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _failures() -> Operations:
    from page.failures import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _states() -> Operations:
    from page.syncing.states import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _changes() -> Operations:
    from page.syncing.changes import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _preview_anew() -> Operations:
    from page.syncing.changes import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _scene() -> Operations:
    from page.syncing.scene import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _written() -> Operations:
    from page.syncing.undo import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _undo() -> Operations:
    from page.syncing.undo import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _undo_plan() -> Operations:
    from page.syncing.undo_plan import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _imported() -> Operations:
    from page.syncing.imported import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _import_plan() -> Operations:
    from page.syncing.import_plan import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _log() -> Operations:
    from page.syncing.log import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _sync() -> Operations:
    from page.syncing.sync import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _pausing() -> Operations:
    from page.syncing.pausing import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _preview() -> Operations:
    from page.preview import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _settings() -> Operations:
    from page.setup.settings import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _libraries() -> Operations:
    from page.setup.libraries import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _paths() -> Operations:
    from page.setup.paths import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _check() -> Operations:
    from page.setup.check import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


def _change_settings() -> Operations:
    from page.setup.settings import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _sign_in() -> Operations:
    from page.setup.sign_in import ACTS  # noqa: PLC0415 - see above

    return ACTS


def _exclude() -> Operations:
    from page.syncing.exclude import ACTS  # noqa: PLC0415 - see above

    return ACTS


QUERIES: Mapping[str, Source] = {
    "status": Source(_status),
    "failures": Source(_failures),
    "states": Source(_states),
    "scene": Source(_scene, needs_packages=True),
    "changes": Source(_changes),
    "written": Source(_written),
    "undo_plan": Source(_undo_plan, needs_packages=True),
    "imported": Source(_imported),
    "import_plan": Source(_import_plan, needs_packages=True),
    "take_back_plan": Source(_import_plan, needs_packages=True),
    "log": Source(_log),
    "report": Source(_log),
    "preview": Source(_preview, needs_packages=True),
    "settings": Source(_settings, needs_packages=True),
    "libraries": Source(_libraries, needs_packages=True),
    "paths": Source(_paths, needs_packages=True),
    "check": Source(_check, needs_packages=True),
}
"""What changes nothing."""

ACTS: Mapping[str, Source] = {
    "sync": Source(_sync),
    "retry": Source(_sync),
    "undo": Source(_undo),
    "forget": Source(_undo),
    "manage": Source(_undo),
    "preview": Source(_preview_anew),
    "pause": Source(_pausing),
    "resume": Source(_pausing),
    "stop": Source(_pausing),
    "save": Source(_change_settings, needs_packages=True),
    "move_token": Source(_change_settings, needs_packages=True),
    "sign_in": Source(_sign_in, needs_packages=True),
    "sign_in_check": Source(_sign_in, needs_packages=True),
    "exclude": Source(_exclude),
}
"""What changes something: stored durably before it is answered."""

QUERY, ACT = "query", "act"

MODES: Mapping[str, Mapping[str, Source]] = {QUERY: QUERIES, ACT: ACTS}


def source_of(args: Mapping[str, Any]) -> Source | None:
    """None if there is no such operation."""
    what = args.get("what")
    return MODES[args["mode"]].get(what) if isinstance(what, str) else None
