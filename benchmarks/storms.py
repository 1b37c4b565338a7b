"""Many scenes changed by Stash at once, and a user who goes on editing others meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.measure import Progress, Row
from benchmarks.saves import Saves
from benchmarks.stage import Latency, Library, Stage, on_stage
from benchmarks.syncs import full_sync

SAVE_EVERY_S = 2.0
# The user's scenes are not among those of the storm: what it does to them is looked at at its end.
EDITED = 100
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Storm:
    """What it took until every scene was in Plex; `hooks_s` of it until the last hook of the storm
    had ended. `requests` are those to Plex and to Stash. The user's edits are among all of it."""

    hooks: int
    hooks_s: float
    requests: tuple[int, int]
    wall_s: float

    def note(self) -> str:
        plex, stash = self.requests
        return (
            f"{self.hooks} hooks in {self.hooks_s:.1f} s, all in Plex after {self.wall_s:.1f} s; "
            f"{plex} requests to Plex, {stash} to Stash"
        )


def rows(identified: int, merged: int, latency: Latency) -> list[Row]:
    """Of both storms. Plex answers with this latency once the libraries are in step."""
    return [
        *_rows(f"identification of {identified} scenes", identified, latency, _identify),
        *_rows(f"merge of a tag of {merged} scenes", merged, latency, _merge_tags),
    ]


def _identify(stage: Stage, scenes: int) -> Callable[[], None]:
    return lambda: stage.identify(scenes)


def _merge_tags(stage: Stage, scenes: int) -> Callable[[], None]:
    """Plex has to have the tag before it can lose it."""
    source, destination = stage.add_tag(scenes), stage.add_tag(0)
    return lambda: stage.merge_tags(source, destination)


def _rows(
    what: str, scenes: int, latency: Latency, prepare: Callable[[Stage, int], Callable[[], None]]
) -> list[Row]:
    everything = scenes + EDITED
    with on_stage(Library(everything)) as stage:
        begin = prepare(stage, scenes)
        full_sync(stage, everything, f"{what}: first all of them in step")
        stage.answer_after(latency)
        saves = Saves(stage, range(everything, scenes, -1), SAVE_EVERY_S)
        storm = _measure(stage, begin, saves, Progress(what))
        wrong = stage.differences()
    return [
        *saves.rows(f"{what}: slowest live edit during it, until visible in Plex"),
        Row(f"{what}: scenes that differ afterwards", wrong, 0, note=storm.note()),
    ]


def _measure(stage: Stage, begin: Callable[[], None], saves: Saves, progress: Progress) -> Storm:
    stage.forget()
    hooks, began, most = stage.served().hooks, time.perf_counter(), 1
    with saves:
        begin()
        hooks_s = time.perf_counter() - began
        while True:
            coming, queued = stage.coming_hooks(), stage.jobs_left()
            if coming:
                hooks_s = time.perf_counter() - began
            elif not queued:
                break
            most = max(most, coming + queued)
            progress(1 - (coming + queued) / most)
            time.sleep(LOOK_S)
        wall_s = time.perf_counter() - began
    stage.until_drained()
    served = stage.served()
    return Storm(served.hooks - hooks, hooks_s, (served.plex, served.stash), wall_s)
