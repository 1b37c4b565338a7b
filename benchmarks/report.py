"""The results: a table to read, JSON to compare with another run."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from benchmarks.syncs import Size

VERSION = 1
# What two runs of the same code differ by on a quiet machine.
NOTABLE = 0.1


def table(rows: Iterable[Row]) -> list[str]:
    """What, measured, budget, verdict, and the absolute values behind it."""
    found = [(row.what, _value(row, row.measured), _budget(row), row.verdict) for row in rows]
    notes = [row.note for row in rows]
    width = max((len(what) for what, *_ in found), default=4)
    lines = [f"{'what':<{width}} {'measured':>10} {'budget':>10}  verdict"]
    for (what, measured, budget, verdict), note in zip(found, notes, strict=True):
        line = f"{what:<{width}} {measured:>10} {budget:>10}  {verdict:<9} {note}"
        lines.append(line.rstrip())
    return lines


def document(
    rows: Sequence[Row], sizes: Sequence[Size], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Everything measured, for a file. Names the machine's class and no path of it."""
    return {
        "version": VERSION,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "options": dict(options),
        "rows": [{**asdict(row), "verdict": row.verdict} for row in rows],
        "sizes": [asdict(size) for size in sizes],
    }


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


class UnreadableReport(Exception):
    """A file that is not one of these reports."""


def read(path: Path) -> dict[str, Any]:
    """A report that was written by `document`. Raises UnreadableReport."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableReport(f"{path} can't be read as a report: {error}") from error
    version = found.get("version") if isinstance(found, dict) else None
    if version != VERSION:
        raise UnreadableReport(
            f"{path} is of version {version}, this is {VERSION}: measure it again with --json"
        )
    return dict(found)


def comparison(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Row by row, by name; rows that only one report has are named at the end."""
    old = {row["what"]: row for row in before["rows"]}
    new = {row["what"]: row for row in after["rows"]}
    both = [name for name in new if name in old]
    width = max((len(name) for name in both), default=4)
    lines = [f"{'what':<{width}} {'before':>10} {'after':>10} {'change':>8}"]
    for name in both:
        was, now = old[name]["measured"], new[name]["measured"]
        change = (now - was) / was if was else 0.0
        mark = "" if abs(change) < NOTABLE else "  better" if change < 0 else "  WORSE"
        lines.append(f"{name:<{width}} {was:>10.3g} {now:>10.3g} {change:>+8.0%}{mark}")
    lines += [f"only before: {name}" for name in old if name not in new]
    lines += [f"only after: {name}" for name in new if name not in old]
    return lines


def markdown(found: Mapping[str, Any]) -> list[str]:
    """A report as a table for docs/performance.md, with where and when it was measured."""
    machine = found["machine"]
    lines = [
        f"Measured on {found['at'][:10]}: {machine['system']}, {machine['cores']} cores "
        f"({machine['processor']}), Python {machine['python']}.",
        "",
        "| What | Measured | Budget | Behind it |",
        "|---|---|---|---|",
    ]
    for each in found["rows"]:
        row = Row(**{name: each[name] for name in Row.__dataclass_fields__})
        measured = _value(row, row.measured)
        shown = measured if row.holds else f"**{measured}**"
        lines.append(f"| {row.what} | {shown} | {_budget(row)} | {row.note} |")
    return lines


def _value(row: Row, number: float) -> str:
    # Three digits, but no exponent: 103 000 requests are a number too.
    text = f"{number:.3g}"
    return f"{f'{number:.0f}' if 'e' in text else text}{row.unit}"


def _budget(row: Row) -> str:
    return "" if row.budget is None else _value(row, row.budget)
