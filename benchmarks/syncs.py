"""What a full sync costs Plex, Stash, the processor and memory, in a small and a large library."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from benchmarks.measure import Progress, Row
from benchmarks.stage import PLUGIN, Latency, Library, Stage, on_stage
from benchmarks.usage import Usage, measured

SMALL = 1000
# What is over in seconds comes several times, since one bad second would show: libraries up to
# this size, and in each what is short by itself or is taken off what is short.
SHORT = 10_000
ROUNDS = 3
MOST_GROWTH = 1.3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sync:
    """One full sync: requests to both servers, and what the task's process used. `own_cpu_s` is
    the simulators'."""

    scenes: int
    plex: int
    stash: int
    usage: Usage
    own_cpu_s: float

    def ms(self, of: Callable[[Usage], float], without: Usage | None = None) -> float:
        """Milliseconds per scene; `without`: less what a process costs that does nothing."""
        return (of(self.usage) - (of(without) if without else 0.0)) / self.scenes * 1000

    def requests_to(self, server: str) -> float:
        """Requests per scene to "plex" or "stash"."""
        return float(getattr(self, server)) / self.scenes


@dataclass(frozen=True, slots=True)
class Size:
    """A library of this size: the process that does nothing; the sync in which every scene
    changed; the one after it, which finds nothing to write; and the next, which knows that."""

    scenes: int
    idle: Usage
    changed: Sync
    compared: Sync
    known: Sync


def wall(usage: Usage) -> float:
    return usage.wall_s


def cpu(usage: Usage) -> float:
    return usage.cpu_s


def full_sync(stage: Stage, scenes: int, what: str) -> Sync:
    """Run the task "Sync all scenes" as Stash would."""
    # One that a task has brought on would ask Stash meanwhile.
    stage.kill_workers()
    stage.forget()
    before = stage.served().cpu_s
    usage = measured(PLUGIN, stage.task_input("sync_all"), Progress(what))
    served = stage.served()
    return Sync(scenes, served.plex, served.stash, usage, served.cpu_s - before)


def idle_task(stage: Stage) -> Usage:
    """Of one that loads all that a sync needs, and finds nothing to do."""
    stage.queue_nothing()
    return measured(PLUGIN, stage.task_input("process_queue"))


def measure(scenes: int, latency: Latency) -> Size:
    """The syncs of a library of which Plex knows the files and nothing else."""
    with on_stage(Library(scenes), latency) as stage:
        idle = [idle_task(stage) for _ in range(ROUNDS)]
        changed = full_sync(stage, scenes, f"{scenes} scenes, all changed")
        compared = full_sync(stage, scenes, f"{scenes} scenes, none changed, compared")
        known = [
            full_sync(stage, scenes, f"{scenes} scenes, none changed, known") for _ in range(ROUNDS)
        ]
        return Size(
            scenes,
            _middle(idle, cpu),
            changed,
            compared,
            _middle(known, lambda sync: sync.usage.cpu_s),
        )


def _middle(rounds: Sequence[T], of: Callable[[T], float]) -> T:
    return sorted(rounds, key=of)[len(rounds) // 2]


def sizes(scenes: int, latency: Latency) -> list[Size]:
    """The libraries to compare, the smallest first; those that are short come several times, in
    turn, so that all meet the same weather. One between them makes a plot."""
    small = min(SMALL, scenes)
    wanted = [small, *_between(small, scenes)]
    found = [
        measure(each, latency)
        for number in range(ROUNDS)
        for each in wanted
        if number == 0 or each <= SHORT
    ]
    return sorted(found, key=lambda size: size.scenes)


def _between(small: int, scenes: int) -> list[int]:
    if scenes <= small:
        return []
    middle = [round((small * scenes) ** 0.5)] if scenes >= small * 50 else []
    return [*middle, scenes]


def rows(sizes: Sequence[Size]) -> list[Row]:
    """The budget's rows about full syncs, of the largest library and of how costs grow to it."""
    large = _middle(_of(sizes, sizes[-1].scenes), lambda size: size.compared.usage.cpu_s)
    return [
        Row(
            "everything changed: requests to Plex per scene",
            large.changed.requests_to("plex"),
            1.05,
            note=_times(large.changed),
        ),
        *_no_change_rows("no change, compared", large.compared),
        *_no_change_rows("no change, known", large.known),
        *_growth_rows(sizes),
        _memory_row(large),
    ]


def _no_change_rows(what: str, sync: Sync) -> list[Row]:
    return [
        Row(f"{what}: requests to Plex per scene", sync.requests_to("plex"), 0.03),
        Row(f"{what}: requests to Stash per scene", sync.requests_to("stash"), 0.03),
        Row(f"{what}: CPU time per scene", sync.ms(cpu), 1.0, " ms", _times(sync)),
    ]


def _memory_row(size: Size) -> Row:
    peaks = [sync.usage.peak_mb for sync in (size.changed, size.compared, size.known)]
    note = " / ".join(f"{peak:.0f}" for peak in peaks)
    return Row(
        f"peak memory at {size.scenes} scenes",
        max(peaks),
        200,
        " MB",
        f"changed / compared / known: {note}; doing nothing {size.idle.peak_mb:.0f}",
    )


def _growth_rows(sizes: Sequence[Size]) -> list[Row]:
    if sizes[0].scenes == sizes[-1].scenes:
        return []
    names = f"{sizes[0].scenes} to {sizes[-1].scenes} scenes"
    return [
        _growth(f"{kind}: growth of {name} per scene, {names}", sizes, of, pick)
        for kind, pick in (
            ("everything changed", lambda size: size.changed),
            ("no change, compared", lambda size: size.compared),
            ("no change, known", lambda size: size.known),
        )
        for name, of in (("CPU time", cpu), ("time", wall))
    ]


def _growth(
    what: str, sizes: Sequence[Size], of: Callable[[Usage], float], pick: Callable[[Size], Sync]
) -> Row:
    """Without the process's start, which would hide growth: it is shared by more scenes."""
    small, large = _of(sizes, sizes[0].scenes), _of(sizes, sizes[-1].scenes)
    before, after = (
        statistics.median(pick(size).ms(of, size.idle) for size in each) for each in (small, large)
    )
    with_start = statistics.median(pick(size).ms(of) for size in large) / statistics.median(
        pick(size).ms(of) for size in small
    )
    note = f"{before:.2f} to {after:.2f} ms; with the process's start {with_start:.2f}"
    return Row(what, after / before, MOST_GROWTH, note=note)


def _of(sizes: Sequence[Size], scenes: int) -> list[Size]:
    return [size for size in sizes if size.scenes == scenes]


def _times(sync: Sync) -> str:
    return (
        f"{sync.scenes} scenes in {sync.usage.wall_s:.1f} s; CPU {sync.usage.cpu_s:.1f} s, "
        f"of the simulators {sync.own_cpu_s:.1f} s"
    )
