"""What a full sync costs Plex, Stash and the processor."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

from benchmarks.measure import Row
from simulators.rig import Rig

SCENES = 5000
TASK = "Sync all scenes"


def rows(scenes: int = SCENES) -> list[Row]:
    """The budget's rows about full syncs: first one where everything changes, then one where
    nothing does."""
    with (
        tempfile.TemporaryDirectory(prefix="plexsync-bench-") as folder,
        Rig(Path(folder), count=scenes) as rig,
    ):
        return [*_changed(rig, scenes), *_unchanged(rig, scenes)]


def _changed(rig: Rig, scenes: int) -> list[Row]:
    wall_s, cpu_s = _sync(rig)
    note = f"{scenes} scenes in {wall_s:.1f} s, {cpu_s / scenes * 1000:.2f} ms CPU each"
    asked = rig.plex.requests.count() / scenes
    return [Row("everything changed: requests to Plex per scene", asked, 1.05, note=note)]


def _unchanged(rig: Rig, scenes: int) -> list[Row]:
    rig.plex.requests.clear()
    rig.stash.requests.clear()
    wall_s, cpu_s = _sync(rig)
    note = f"{scenes} scenes in {wall_s:.1f} s"
    return [
        Row("no change: requests to Plex per scene", rig.plex.requests.count() / scenes, 0.03),
        Row("no change: requests to Stash per scene", rig.stash.requests.count() / scenes, 0.03),
        Row("no change: CPU time per scene", cpu_s / scenes * 1000, 1.0, " ms", note),
    ]


def _sync(rig: Rig) -> tuple[float, float]:
    """Seconds by the clock, and of the processor in the task's process alone."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    rig.stash.wait_for_job(rig.stash.run_task(TASK), timeout_s=3600)
    wall_s = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
