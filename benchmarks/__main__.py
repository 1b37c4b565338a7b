"""`python -m benchmarks`: measure the budgets and print them beside what was measured.

`python -m benchmarks compare BEFORE AFTER` shows what has changed between two runs with --json,
`python -m benchmarks markdown FILE` shows one of them as a table for docs/performance.md.
The exit status is 1 if a budget is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import (
    checks,
    first,
    hooks,
    matching,
    page,
    pictures,
    plot,
    report,
    rest,
    starts,
    storms,
    syncs,
)
from benchmarks.measure import Row, say
from benchmarks.stage import Latency
from benchmarks.usage import CommandFailed, NotAccounted

FOLDER = Path("build", "benchmarks")
# Each of fourteen kinds of change takes a handful of syncs of them.
MOST_CHANGED_IN = 5000
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


def _checks(run: Run) -> list[Row]:
    sizes = sorted({run.options.scenes, run.options.check_scenes})
    found = [row for scenes in sizes for row in checks.rows(scenes, run.latency)]
    changed_in = min(run.options.scenes, MOST_CHANGED_IN)
    return [*found, *checks.changed_rows(changed_in, run.latency)]


def _first(run: Run) -> list[Row]:
    return first.rows(run.options.first_scenes, _slow(run.latency))


def _storms(run: Run) -> list[Row]:
    options = run.options
    return storms.rows(options.identified_scenes, options.merged_scenes, _slow(run.latency))


def _slow(latency: Latency) -> Latency:
    """Where Plex must take its time if edits are to wait for each other at all."""
    return Latency(latency.plex_s or 0.05, latency.stash_s)


GROUPS: dict[str, Callable[[Run], list[Row]]] = {
    "hooks": lambda run: hooks.rows(run.latency),
    "starts": lambda run: starts.rows(run.latency),
    "rest": lambda run: rest.rows(run.latency),
    "syncs": _syncs,
    "checks": _checks,
    "pictures": lambda run: pictures.rows(run.options.picture_scenes, run.latency),
    "matching": lambda run: matching.rows(run.options.scenes),
    "page": lambda run: page.rows(run.latency),
    "first": _first,
    "storms": _storms,
}


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["compare"], ["markdown"]):
        return _show(*arguments)
    options = _parse(arguments)
    # Some machines set it: then each hook would compile what it imports, as in Stash only the
    # first one after an update does.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    run = Run(options, Latency(options.plex_ms / 1000, options.stash_ms / 1000))
    rows: list[Row] = []
    failed = False
    for name in options.rows:
        try:
            rows += GROUPS[name](run)
        except NotAccounted as error:
            say(f"{name}: not measured, {error}")
        except CommandFailed as error:
            say(f"{name}: {error}")
            failed = True
        # After each group: the next one may take half an hour and break.
        _store(run, rows)
    print("\n".join(report.table(rows)))
    return 0 if not failed and all(row.holds for row in rows) else 1


def _store(run: Run, rows: list[Row]) -> None:
    path = run.options.json
    if path:
        options = {name: str(value) for name, value in vars(run.options).items() if name != "json"}
        content = json.dumps(report.document(rows, run.sizes, options), indent=1)
        report.write(path, content + "\n")


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rows", type=_groups, default=list(GROUPS), metavar="GROUP,…", help=", ".join(GROUPS)
    )
    parser.add_argument("--scenes", type=int, default=5000, help="in the largest library")
    parser.add_argument("--picture-scenes", type=int, default=500, help="with new pictures")
    parser.add_argument("--first-scenes", type=int, default=500, help="of the first sync")
    parser.add_argument(
        "--check-scenes", type=int, default=20_000, help="in which nothing has changed"
    )
    parser.add_argument(
        "--identified-scenes", type=int, default=500, help="that Stash identifies at once"
    )
    parser.add_argument("--merged-scenes", type=int, default=2000, help="of the tag that is merged")
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


def _show(command: str, *files: str) -> int:
    wanted = 2 if command == "compare" else 1
    if len(files) != wanted:
        say(f"{command} takes {wanted} file(s) that were written with --json")
        return 2
    try:
        found = [report.read(Path(file)) for file in files]
    except report.UnreadableReport as error:
        say(str(error))
        return 2
    show = report.comparison if command == "compare" else report.markdown
    print("\n".join(show(*found)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
