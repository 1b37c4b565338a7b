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


def _preview() -> Operations:
    from page.preview import QUERIES  # noqa: PLC0415 - see above

    return QUERIES


QUERIES: Mapping[str, Source] = {
    "status": Source(_status),
    "failures": Source(_failures),
    "preview": Source(_preview, needs_packages=True),
}
"""What changes nothing."""

ACTS: Mapping[str, Source] = {}
"""What changes something: stored durably before it is answered."""

MODES: Mapping[str, Mapping[str, Source]] = {"query": QUERIES, "act": ACTS}


def source_of(args: Mapping[str, Any]) -> Source | None:
    """None if there is no such operation."""
    what = args.get("what")
    return MODES[args["mode"]].get(what) if isinstance(what, str) else None
