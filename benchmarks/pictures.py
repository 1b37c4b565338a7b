"""What new covers cost: every scene with another title and another picture."""

from __future__ import annotations

from benchmarks.measure import Row
from benchmarks.stage import Latency, Library, Stage, on_stage
from benchmarks.syncs import Sync, full_sync

# Two uploads and an edit; Plex has pictures of its own, of which none was locked by anybody.
MOST_AT_FIRST = 3.1


def rows(scenes: int, latency: Latency) -> list[Row]:
    """The budget of a new cover is for one picture each; a background is one request more."""
    with on_stage(Library(scenes, covers=True), latency) as stage:
        first = full_sync(
            stage, scenes, f"{scenes} scenes, synced for the first time, with pictures"
        )
        both = _anew(stage, scenes, 1, "poster and background")
        stage.configure(skip_fields="background")
        poster = _anew(stage, scenes, 2, "poster")
    return [
        Row(
            "first sync with poster and background: requests to Plex per scene",
            first.requests_to("plex"),
            MOST_AT_FIRST,
            note=_note(first),
        ),
        Row(
            "everything changed, new posters: requests to Plex per scene",
            poster.requests_to("plex"),
            2.1,
            note=_note(poster),
        ),
        Row(
            "the same with new backgrounds too",
            both.requests_to("plex"),
            3.1,
            note=_note(both),
        ),
    ]


def _anew(stage: Stage, scenes: int, turn: int, what: str) -> Sync:
    stage.new_covers(turn)
    stage.retitle(f"Turn {turn}, scene")
    return full_sync(stage, scenes, f"{scenes} scenes, all changed, new {what}")


def _note(sync: Sync) -> str:
    seconds = f"{sync.scenes} scenes in {sync.usage.wall_s:.1f} s"
    return f"{seconds}; to Stash {sync.requests_to('stash'):.2f}"
