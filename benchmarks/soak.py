"""A week of events in minutes: `python -m benchmarks.soak --events 100000 --scenes 20000`.

Prints what the worker and its files use as time goes by, and fails if that still grows in the
second half.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from jobs import inbox
from jobs.store import KEPT_LINES
from simulators.faults import Drop
from simulators.rig import Rig

SAMPLES = 20
BACKLOG = 2000
EVENTS_PER_HOOK = 500
PROBES_PER_OUTAGE = 2

# How much more the second half may use than the first did at its most: (factor, addend).
TOLERANCE: Mapping[str, tuple[float, float]] = {
    "rss MB": (1.1, 4.0),
    "handles": (1.0, 8.0),
    "threads": (1.0, 2.0),
    "zombies": (1.0, 2.0),
    "log MB": (1.0, 8.5),  # the rotating file and its copies
    "jobs.log_lines": (1.0, KEPT_LINES),
}
DEFAULT_TOLERANCE = (1.2, 50.0)

Sample = Mapping[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--scenes", type=int, default=20_000)
    parser.add_argument("--outages", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not Path("/proc/self/status").exists():
        parser.error("it needs Linux: what a process holds is read from /proc")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), count=args.scenes) as rig:
        samples = list(_soak(rig, args.events, args.outages, random.Random(args.seed)))
        wrong = _differences(rig, args.scenes)
    _print_table(samples)
    grown = growth(samples)
    print(f"{args.events} events in {time.monotonic() - began:.0f} s; {wrong} scenes differ")
    print("grown in the second half: " + ("; ".join(grown) or "nothing"))
    return 1 if grown or wrong else 0


def _soak(rig: Rig, events: int, outages: int, rng: random.Random) -> Iterator[Sample]:
    """Events for every scene once, then at random, with a sample from time to time."""
    scenes = rng.sample(range(1, len(rig.films) + 1), len(rig.films))
    for number in range(events):
        scene_id = scenes[number] if number < len(scenes) else rng.choice(scenes)
        _edit(rig, scene_id, number)
        if number % (events // (outages + 1) + 1) == events // (outages + 1):
            _outage(rig)
        if number % 100 == 0:
            rig.until(lambda: rig.jobs_left() < BACKLOG, "a shorter queue", timeout_s=300)
        if (number + 1) % (events // SAMPLES or 1) == 0:
            rig.until_drained(timeout_s=600)
            yield {"events": number + 1, **_sample(rig)}


def _edit(rig: Rig, scene_id: int, number: int) -> None:
    title = f"Edit {number}"
    if number % EVENTS_PER_HOOK == 0:
        rig.stash.update_scene({"id": scene_id, "title": title})
        return
    rig.stash.library.update(rig.stash.library.scene(scene_id), title=title)
    inbox.put(str(rig.data_dir), rig.hook_input(scene_id), time.time())


def _outage(rig: Rig) -> None:
    before = rig.plex.requests.count("GET", "/identity")
    rig.plex.requests.clear()  # this benchmark's own memory
    rig.plex.library.edits.clear()
    rig.plex.faults.add(Drop())
    rig.stash.update_scene({"id": 1, "details": f"Outage after {before} probes"})
    rig.until(
        lambda: rig.plex.requests.count("GET", "/identity") >= PROBES_PER_OUTAGE, timeout_s=120
    )
    rig.plex.faults.clear()


def _sample(rig: Rig) -> dict[str, float]:
    (pid,) = rig.worker_pids()
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    found: dict[str, float] = {
        "rss MB": int(status["VmRSS"].split()[0]) / 1024,
        "handles": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": int(status["Threads"]),
        "zombies": _zombies(),
        "log MB": _size_mb(rig.data_dir, "plex_sync.log*"),
    }
    for path in sorted(rig.data_dir.glob("*.db")):
        found[f"{path.stem} MB"] = _size_mb(rig.data_dir, f"{path.name}*")
        found |= {f"{path.stem}.{table}": rows for table, rows in _rows(path).items()}
    return found


def _rows(path: Path) -> dict[str, float]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        ).fetchall()
        return {
            table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
            for (table,) in tables
        }


def _size_mb(folder: Path, pattern: str) -> float:
    return sum(each.stat().st_size for each in folder.glob(pattern)) / 1e6


def _zombies() -> int:
    found = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            found += entry.read_text().rpartition(")")[2].split()[0] == "Z"
    return found


def growth(samples: list[Sample]) -> list[str]:
    """What is larger in the second half than the first half's largest allows."""
    half = len(samples) // 2
    grown = []
    for name in samples[0]:
        factor, addend = TOLERANCE.get(name, DEFAULT_TOLERANCE)
        before = max(each[name] for each in samples[:half])
        after = max(each[name] for each in samples[half:])
        if name != "events" and after > before * factor + addend:
            grown.append(f"{name} from {before:g} to {after:g}")
    return grown


def _differences(rig: Rig, count: int) -> int:
    """How many scenes Plex shows differently than Stash."""
    scenes = rig.stash.library.scenes
    return sum(rig.title(number) != scenes[number].title for number in range(1, count + 1))


def _print_table(samples: list[Sample]) -> None:
    names = [name for name in samples[0] if any(each[name] for each in samples)]
    print(" | ".join(names))
    for each in samples:
        print(" | ".join(f"{each[name]:{len(name)}.6g}" for name in names))


if __name__ == "__main__":
    sys.exit(main())
