"""Forgetting what is in the queue, as a person asks for it."""

from __future__ import annotations

from jobs.notes import SWEEP_NOTE
from jobs.registry import Registry
from jobs.schema import LANE_NAMES
from jobs.store import JobStore


def clear(store: JobStore, registry: Registry, now: float) -> str:
    """Forget what waits and what failed; what a living process is busy with is left to it. Says
    what was removed. `now` in epoch seconds. Raises StorageError."""
    store.take_in(now)
    removed = store.clear([each.token for each in registry.living(now)])
    store.set_note(SWEEP_NOTE, None)
    parts = [f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in removed.items()]
    return f"Clear queue: removed {', '.join(parts) or 'nothing, it was empty'}"
