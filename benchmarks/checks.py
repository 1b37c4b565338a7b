"""What it costs to find that nothing has changed: by a few words about each scene, beside asking
for every scene in full, as a check at an interval does."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from benchmarks.measure import Progress, Row
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.syncs import ROUNDS, Sync, cpu, full_sync, idle_task, wall
from benchmarks.usage import Usage, measured

CHANGED = 0.01


def rows(scenes: int, latency: Latency) -> list[Row]:
    """The budget's rows about checks, of a library of this size."""
    with on_stage(Library(scenes), latency) as stage:
        for what in ("all changed", "compared"):
            full_sync(stage, scenes, f"{scenes} scenes, {what}")
        idle = [idle_task(stage) for _ in range(ROUNDS)]
        # In turn, so that all meet the same weather.
        rounds = [(full_sync(stage, scenes, ""), _asked_for_all(stage, scenes)) for _ in idle]
        light, full = zip(*rounds, strict=True)
        return [
            Row(
                f"nothing changed, {scenes} scenes: requests to Stash per scene",
                light[-1].requests_to("stash"),
                0.003,
                note=f"asked for each in full {full[-1].requests_to('stash'):.3f}; "
                f"to Plex {light[-1].plex} / {full[-1].plex} in all",
            ),
            _beside(f"the same: CPU time, {scenes} scenes", light, full, idle, cpu, 1 / 3),
            _beside(f"the same: time, {scenes} scenes", light, full, idle, wall, 1 / 4),
            *_changed(stage, scenes),
        ]


def _beside(
    what: str,
    light: Sequence[Sync],
    full: Sequence[Sync],
    idle: Sequence[Usage],
    of: Callable[[Usage], float],
    budget: float,
) -> Row:
    """Without the process's start, which both have."""
    start = statistics.median(map(of, idle))
    took, beside = (
        statistics.median(of(each.usage) for each in syncs) - start for syncs in (light, full)
    )
    note = f"{took:.2f} s / {beside:.2f} s; the start besides {start:.2f} s"
    return Row(f"{what}, x asking for each in full", took / beside, budget, note=note)


def _asked_for_all(stage: Stage, scenes: int) -> Sync:
    """Every scene as it was looked at before there were such checks."""
    stage.kill_workers()
    stage.queue_all()
    stage.forget()
    before = stage.served().cpu_s
    usage = measured(PLUGIN, stage.task_input("process_queue"), Progress(""))
    served = stage.served()
    return Sync(scenes, served.plex, served.stash, usage, served.cpu_s - before)


def _changed(stage: Stage, scenes: int) -> list[Row]:
    """Some scenes get another performer's name, and as many another time."""
    number = max(round(scenes * CHANGED), 1)
    expected = stage.change_untold(number)
    stage.forget()
    full_sync(stage, scenes, "")
    looked_at = stage.looked_at()
    missed, needless = len(expected - looked_at), len(looked_at - expected)
    note = f"{len(expected)} changed, {needless} looked at needlessly"
    return [Row(f"changed without a hook, {scenes} scenes: missed", missed, 0, note=note)]
