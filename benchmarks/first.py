"""The first sync of a big library with pictures at a slow Plex, and edits made meanwhile."""

from __future__ import annotations

from benchmarks.measure import Row
from benchmarks.saves import Saves
from benchmarks.stage import Latency, Library, on_stage
from benchmarks.syncs import Sync, full_sync
from validation.config import PlexSyncConfig

# Near the limit: the rest is our own work and Stash's answers.
MOST_OF_LIMIT = 1.25
SAVE_EVERY_S = 10.0


def rows(scenes: int, latency: Latency) -> list[Row]:
    """Plex can't be done sooner than its answers take: requests x latency / concurrency."""
    with on_stage(Library(scenes, covers=True), latency) as stage:
        # From the end of the library, where the sync comes last.
        saves = Saves(stage, range(scenes, 0, -1), SAVE_EVERY_S, after_s=SAVE_EVERY_S)
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
        *saves.rows("slowest edit during it, until visible in Plex"),
        Row("the same: scenes that differ afterwards", wrong, 0),
    ]


def _per_scene(sync: Sync, kinds: dict[str, int]) -> str:
    counts = ", ".join(f"{kind} {number / sync.scenes:.2f}" for kind, number in kinds.items())
    return f"per scene: {counts}; CPU {sync.usage.cpu_s / sync.scenes * 1000:.1f} ms"
