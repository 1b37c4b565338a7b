"""The first sync of a big library with pictures at a slow Plex, and edits made meanwhile."""

from __future__ import annotations

import statistics
import threading

from benchmarks.measure import Row
from benchmarks.stage import Latency, Library, Stage, on_stage
from benchmarks.syncs import Sync, full_sync
from validation.config import PlexSyncConfig

# Near the limit: the rest is our own work and Stash's answers.
MOST_OF_LIMIT = 1.25
MOST_DELAY_S = 5.0
SAVE_EVERY_S = 10.0


def rows(scenes: int, latency: Latency) -> list[Row]:
    """Plex can't be done sooner than its answers take: requests x latency / concurrency."""
    with on_stage(Library(scenes, covers=True), latency) as stage:
        saves = _Saves(stage, scenes)
        with saves:
            sync = full_sync(stage, scenes, f"{scenes} new scenes, Plex answers slowly")
        kinds = dict(stage.served().plex_kinds)
        wrong = stage.differences()
    concurrency = int(PlexSyncConfig.model_fields["concurrency"].default)
    limit_s = sync.plex * latency.plex_s / concurrency
    return [
        Row(
            f"first sync of {scenes} scenes, x the limit of Plex's latency",
            sync.usage.wall_s / limit_s,
            MOST_OF_LIMIT,
            note=f"{sync.usage.wall_s:.0f} s / {limit_s:.0f} s; {_per_scene(sync, kinds)}",
        ),
        *saves.rows(),
        Row("the same: scenes that differ afterwards", wrong, 0),
    ]


class _Saves:
    """Saves a scene now and then, from the end of the library, while the block runs."""

    def __init__(self, stage: Stage, scenes: int) -> None:
        self._stage = stage
        self._scene_id = scenes
        self._stop = threading.Event()
        self._took_s: list[float] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def rows(self) -> list[Row]:
        if not self._took_s:
            return []
        note = f"{len(self._took_s)} edits, median {statistics.median(self._took_s):.2f} s"
        what = "slowest edit during it, until visible in Plex"
        return [Row(what, max(self._took_s), MOST_DELAY_S, " s", note)]

    def _run(self) -> None:
        while not self._stop.wait(SAVE_EVERY_S):
            took_s, _ = self._stage.save(self._scene_id, f"Edited {self._scene_id}")
            self._took_s.append(took_s)
            self._scene_id -= 1


def _per_scene(sync: Sync, kinds: dict[str, int]) -> str:
    counts = ", ".join(f"{kind} {number / sync.scenes:.2f}" for kind, number in kinds.items())
    return f"per scene: {counts}; CPU {sync.usage.cpu_s / sync.scenes * 1000:.1f} ms"
