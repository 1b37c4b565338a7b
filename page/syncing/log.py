"""Our own log in reading order, and a text for a bug report."""

from __future__ import annotations

import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from commands.status import Status, open_notes, status_of
from jobs.hold import hold_of
from jobs.runs import Runs
from logs.handlers import FILE_COUNT, FILE_NAME
from logs.redact import redact
from page.arguments import number, one_of
from page.operation import Answer, Operation, Operations
from page.size import clipped, fitting
from page.status import activity
from plex.own_identity import own_version
from stash.protocol import Invocation

USUAL_LINES, MOST_LINES = 200, 1000
LEVELS = ("debug", "info", "warning", "error")
LONGEST_LINE = 2000
# Read from the end of the files at a time.
BLOCK_BYTES = 64_000
MOST_BYTES_READ = 4_000_000

# 2026-11-30 20:15:00,123 4711 INFO worker.verdict: scene 12: wrote title
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) \d+ ([A-Z]+) [\w.]+: (.*)")


@dataclass(frozen=True, slots=True)
class Line:
    """`at` in epoch seconds; `level` is one of LEVELS."""

    at: float
    level: str
    text: str

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "level": self.level, "text": clipped(self.text, LONGEST_LINE)}


def log(invocation: Invocation, limit: int, level: str, before: int) -> Answer:
    """The last lines of this level or a higher one, the eldest first. `before`: how many of the
    newest to leave out."""
    found: list[Line] = []
    least = LEVELS.index(level)
    wanted = (each for each in _newest_first(invocation.data_dir) if _rank(each) >= least)
    for place, each in enumerate(wanted):
        if place >= before + limit:
            break
        if place >= before:
            found.append(each)
    rows = fitting([each.as_json() for each in found])
    is_all = len(rows) == len(found) < limit
    return {"lines": rows[::-1], "before": None if is_all else before + len(rows)}


def report(invocation: Invocation) -> Answer:
    """Versions, numbers and causes: no address, title, path or name of anything."""
    with open_notes(invocation.data_dir) as notes:
        found = status_of(notes)
        now = time.time()
        living = [each.token for each in notes.registry.living(now)]
        database = notes.store.database
        hold, run = hold_of(database, now), Runs(database).current(living)
    lines = [
        f"PlexSync {own_version()}, Python {platform.python_version()} on {sys.platform}",
        f"Now: {activity(found, hold, run)['state']}" + (f", {run.what}" if run else ""),
        *_numbers(found),
        *(f"Failed, {each.reason}: {each.number}" for each in found.failures),
        *_troubles(invocation.data_dir),
    ]
    return {"text": "\n".join(lines)}


def _numbers(found: Status) -> Iterator[str]:
    waiting = ", ".join(f"{number} {state}" for (_, state), number in sorted(found.queue.items()))
    yield f"Queue: {waiting or 'empty'}; {found.spooled} event(s) in files"
    yield f"Left alone: {found.unmanaged}; set aside: {found.set_aside}"
    if found.pause:
        yield f"Waiting because of: {found.pause['reason']}"


def _troubles(data_dir: str) -> Iterator[str]:
    """Warnings and errors of late: where in our code, and how often. Their texts hold names."""
    counts: dict[str, int] = {}
    for place, each in enumerate(_blocks_of_lines(data_dir)):
        if place >= MOST_LINES:
            break
        parsed = _LINE.match(each)
        if parsed and parsed[3] in ("WARNING", "ERROR", "CRITICAL"):
            name = each.split(" ", 4)[4].partition(":")[0]
            counts[f"{parsed[3].lower()} in {name}"] = (
                counts.get(f"{parsed[3].lower()} in {name}", 0) + 1
            )
        elif not parsed and re.match(r"    +File \"", each):
            # Of a traceback: the file's own name and the line.
            where = re.sub(r'File ".*[/\\]([^/\\"]+)"', r"\1", each.strip())
            counts[where] = counts.get(where, 0) + 1
    for what, times in counts.items():
        yield f"{what}: {times}"


def _rank(line: Line) -> int:
    return LEVELS.index(line.level)


def _newest_first(data_dir: str) -> Iterator[Line]:
    """Lines of the files; one that doesn't begin like one, of a traceback say, goes with the line
    before it."""
    more: list[str] = []
    for text in _blocks_of_lines(data_dir):
        parsed = _LINE.match(text)
        if not parsed:
            more.append(text)
            continue
        moment, ms, level, said = parsed.groups()
        at = time.mktime(time.strptime(moment, "%Y-%m-%d %H:%M:%S")) + int(ms) / 1000
        shown = "error" if level == "CRITICAL" else level.lower()
        yield Line(at, shown if shown in LEVELS else "info", "\n".join([said, *more[::-1]]))
        more = []


def _blocks_of_lines(data_dir: str) -> Iterator[str]:
    """The lines of our log files, from the end of the newest one on, secrets hidden once more."""
    left = MOST_BYTES_READ
    names = [FILE_NAME, *(f"{FILE_NAME}.{number}" for number in range(1, FILE_COUNT + 1))]
    for name in names:
        try:
            with open(os.path.join(data_dir, name), "rb") as file:
                for line in _lines_backwards(file, left):
                    left -= len(line) + 1
                    yield redact(line.decode(errors="replace"))
        except OSError:
            continue  # not there, or just renamed
        if left <= 0:
            return


def _lines_backwards(file: Any, most: int) -> Iterator[bytes]:
    end = file.seek(0, os.SEEK_END)
    begin, rest = end, b""
    while begin > 0 and end - begin < most:
        size = min(BLOCK_BYTES, begin)
        begin -= size
        file.seek(begin)
        first, *lines = (file.read(size) + rest).split(b"\n")
        yield from (each for each in reversed(lines) if each)
        rest = first
    if begin == 0 and rest:
        yield rest


QUERIES: Operations = {
    "log": Operation(
        log,
        {
            "limit": number(1, MOST_LINES, USUAL_LINES),
            "level": one_of(*LEVELS, default="info"),
            "before": number(0, 1_000_000, 0),
        },
    ),
    "report": Operation(report),
}
