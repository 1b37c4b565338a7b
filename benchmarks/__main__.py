"""`python -m benchmarks`: measure the budgets and print them beside what was measured.

`python -m benchmarks compare BEFORE AFTER` shows what has changed between two runs with --json.
The exit status is 1 if a budget is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import first, hooks, matching, pictures, plot, report, syncs
from benchmarks.measure import Row, say
from benchmarks.stage import Latency
from benchmarks.usage import NotAccounted

FOLDER = Path("build", "benchmarks")
PLOT = FOLDER / "cost-per-scene.svg"


@dataclass(slots=True)
class Run:
    """What was asked for; `sizes` is filled by the group that measures them."""

    options: argparse.Namespace
    latency: Latency
    sizes: list[syncs.Size] = field(default_factory=list)


def _syncs(run: Run) -> list[Row]:
    run.sizes = syncs.sizes(run.options.scenes, run.latency)
    report.write(run.options.plot, plot.svg(run.sizes))
    say(f"the plot is {run.options.plot}")
    return syncs.rows(run.sizes)


def _first(run: Run) -> list[Row]:
    slow = Latency(run.latency.plex_s or 0.05, run.latency.stash_s)
    return first.rows(run.options.first_scenes, slow)


GROUPS: dict[str, Callable[[Run], list[Row]]] = {
    "hooks": lambda run: hooks.rows(run.latency),
    "syncs": _syncs,
    "pictures": lambda run: pictures.rows(run.options.picture_scenes, run.latency),
    "matching": lambda run: matching.rows(run.options.scenes),
    "first": _first,
}


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["compare"]:
        return _compare(arguments[1:])
    options = _parse(arguments)
    run = Run(options, Latency(options.plex_ms / 1000, options.stash_ms / 1000))
    rows: list[Row] = []
    for name in options.rows:
        try:
            rows += GROUPS[name](run)
        except NotAccounted as error:
            say(f"{name}: not measured, {error}")
    print("\n".join(report.table(rows)))
    if options.json:
        settings = {name: str(value) for name, value in vars(options).items() if name != "json"}
        content = report.document(rows, run.sizes, settings)
        report.write(options.json, json.dumps(content, indent=1) + "\n")
    return 0 if all(row.holds for row in rows) else 1


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", type=_groups, default=list(GROUPS), metavar="GROUP,…", help=", ".join(GROUPS)
    )
    parser.add_argument("--scenes", type=int, default=5000, help="in the largest library")
    parser.add_argument("--picture-scenes", type=int, default=500, help="with new pictures")
    parser.add_argument("--first-scenes", type=int, default=500, help="of the first sync")
    parser.add_argument("--plex-ms", type=float, default=0.0, help="Plex's time to answer")
    parser.add_argument("--stash-ms", type=float, default=0.0, help="Stash's time to answer")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--plot", type=Path, metavar="FILE", default=PLOT)
    return parser.parse_args(arguments)


def _groups(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown: {', '.join(unknown)}; there are {', '.join(GROUPS)}"
        )
    return names


def _compare(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks compare")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args(arguments)
    try:
        before, after = report.read(options.before), report.read(options.after)
    except report.UnreadableReport as error:
        say(str(error))
        return 2
    print("\n".join(report.comparison(before, after)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
