"""What a hook costs the user who waits for it, beside a bare interpreter."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Row, paired_medians, wall_s
from simulators.rig import TREE, Rig

TIMES = 40
STARTS = 10
AT_ONCE = 50

BARE = [sys.executable, "-c", "pass"]
HOOK = [sys.executable, str(TREE / "plex_sync.py")]


def rows() -> list[Row]:
    """The budget's rows about hooks."""
    with tempfile.TemporaryDirectory(prefix="plexsync-bench-") as folder, Rig(Path(folder)) as rig:
        # The first start compiles the modules; every later one finds them compiled.
        wall_s(HOOK, rig.hook_input(1))
        rig.until_drained()
        return [_alive(rig), _starting(rig), _at_once(rig), _arrival(rig)]


def _alive(rig: Rig) -> Row:
    bare_s, hook_s = paired_medians(
        lambda: wall_s(BARE), lambda: wall_s(HOOK, rig.hook_input(1)), TIMES
    )
    return _ratio("hook, worker alive, x bare interpreter", hook_s, bare_s, 2.5)


def _starting(rig: Rig) -> Row:
    def start() -> float:
        rig.kill_workers()
        return wall_s(HOOK, rig.hook_input(1))

    bare_s, hook_s = paired_medians(lambda: wall_s(BARE), start, STARTS)
    return _ratio("hook that starts the worker, x bare interpreter", hook_s, bare_s, 4.0)


def _at_once(rig: Rig) -> Row:
    """Against bare interpreters under the same crowding: fifty processes on few cores take their
    time whatever they do, and what counts is how long ours wait for each other."""
    bare_s = _slowest(BARE, [b""] * AT_ONCE)
    hook_s = _slowest(HOOK, [rig.hook_input(1 + number % 10) for number in range(AT_ONCE)])
    what = f"slowest of {AT_ONCE} hooks at once, x bare ones at once"
    return _ratio(what, hook_s, bare_s, 10.0)


def _slowest(command: list[str], inputs: list[bytes]) -> float:
    with ThreadPoolExecutor(len(inputs)) as pool:
        return max(pool.map(lambda content: wall_s(command, content), inputs))


def _arrival(rig: Rig) -> Row:
    times_s = [_arrival_s(rig, 1 + number, f"Arrives {number}") for number in range(10)]
    note = f"slowest {max(times_s):.2f} s"
    return Row("save in Stash until visible in Plex", statistics.median(times_s), 1.0, " s", note)


def _arrival_s(rig: Rig, scene_id: int, title: str) -> float:
    began = time.perf_counter()
    rig.stash.update_scene({"id": scene_id, "title": title})
    rig.until(lambda: rig.title(scene_id) == title, "the edit")
    return time.perf_counter() - began


def _ratio(what: str, measured_s: float, bare_s: float, budget: float) -> Row:
    note = f"{measured_s * 1000:.1f} ms / {bare_s * 1000:.1f} ms"
    return Row(what, measured_s / bare_s, budget, note=note)
