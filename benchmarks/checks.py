"""What it costs to find that nothing has changed: by a few words about each scene, beside asking
for every scene in full, as a check at an interval does."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from benchmarks.measure import Progress, Row, say
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.syncs import ROUNDS, Sync, cpu, full_sync, wall
from benchmarks.untold import KINDS
from benchmarks.usage import Usage, measured

CHANGED = 0.01
MOST_SETTLING = 5


def rows(scenes: int, latency: Latency) -> list[Row]:
    """The budget's rows about checks, of a library of this size."""
    with on_stage(Library(scenes), latency) as stage:
        for what in ("all changed", "compared"):
            full_sync(stage, scenes, f"{scenes} scenes, {what}")
        idle = [measured(PLUGIN, stage.task_input("process_queue")) for _ in range(ROUNDS)]
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
        ]


def changed_rows(
    scenes: int, latency: Latency, kinds: Sequence[str] = tuple(KINDS)
) -> Iterator[Row]:
    """The budget's rows about scenes that were changed without a hook, a row for each kind."""
    number = max(round(scenes * CHANGED), 2)
    # One for either way of looking.
    blocks = [range(1 + each * number, 1 + (each + 1) * number) for each in range(2 * len(kinds))]
    with on_stage(Library(scenes), latency) as stage:
        stage.prepare_untold(blocks)
        always = _settle(stage, scenes)
        start_s = statistics.median(
            measured(PLUGIN, stage.task_input("process_queue")).cpu_s for _ in range(ROUNDS)
        )
        for kind, block, other in zip(kinds, blocks[::2], blocks[1::2], strict=True):
            say(f"{number} of {scenes} scenes {kind}")
            expected = stage.change_untold(kind, block)
            light = full_sync(stage, scenes, "")
            looked_at = stage.looked_at()
            _settle(stage, scenes)
            stage.change_untold(kind, other)
            full = _asked_for_all(stage, scenes)
            needless = looked_at - expected - always
            always = _settle(stage, scenes)
            found, asked = _told(light, start_s), _told(full, start_s)
            yield Row(
                f"{number} of {scenes} scenes {kind}: missed",
                len(expected - looked_at),
                0,
                note=f"{len(needless)} looked at needlessly: {found}; asked for in full: {asked}",
            )


def _settle(stage: Stage, scenes: int) -> set[int]:
    """Until each sync looks at the same scenes: those whose items Plex has updated in the very
    second that it seems to be at. What was stored in the second of a look is looked at once more,
    and so is what shows a name that has changed, after a look at every scene."""
    before: set[int] | None = None
    for _ in range(MOST_SETTLING):
        full_sync(stage, scenes, "")
        if (looked_at := stage.looked_at()) == before:
            break
        before = looked_at
    return looked_at


def _told(sync: Sync, start_s: float) -> str:
    ours_s = sync.usage.cpu_s - start_s
    return f"{sync.stash} requests to Stash, {sync.plex} to Plex, CPU {ours_s:.2f} s"


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
