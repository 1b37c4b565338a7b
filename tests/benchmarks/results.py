"""Made-up results."""

from __future__ import annotations

from benchmarks.syncs import Size, Sync
from benchmarks.usage import Usage


def size(scenes: int, *, changed_ms: float = 4.0, unchanged_ms: float = 0.8) -> Size:
    """A library whose process starts in half a second and then takes so long for each scene."""
    return Size(
        scenes,
        Usage(0.5, 0.5, 50.0),
        _sync(scenes, changed_ms, plex=scenes + scenes // 100),
        _sync(scenes, unchanged_ms, plex=scenes // 100),
        _sync(scenes, unchanged_ms / 2, plex=2),
    )


def _sync(scenes: int, ms: float, *, plex: int) -> Sync:
    seconds = 0.5 + scenes * ms / 1000
    return Sync(scenes, plex, scenes // 50, Usage(seconds * 1.5, seconds, 60.0), 1.0)
