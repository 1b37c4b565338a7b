"""When all scenes are compared, whatever is known of them."""

from __future__ import annotations

from collections.abc import Callable

from jobs.store import JobStore
from storage.times import is_recent

COMPARED_NOTE = "compared_all"
# What is known spares the look at a scene whose times haven't changed; but no document promises
# that every edit made in Plex moves its time. So now and then nothing is taken for granted.
COMPARE_ALL_EVERY_S = 7 * 24 * 3600.0


def is_comparison_due(
    store: JobStore, now: float, is_needless: Callable[[], bool] = lambda: False
) -> bool:
    """Whether it is time to compare all scenes, whatever is known of them. `is_needless`: asked
    then, whether nothing goes unseen in this Plex without."""
    if is_recent(float(store.note(COMPARED_NOTE) or 0), now, COMPARE_ALL_EVERY_S):
        return False
    if is_needless():
        store.set_note(COMPARED_NOTE, str(now))
        return False
    return True


def begin_comparison(store: JobStore, invalidate: Callable[[], None], now: float) -> None:
    """From here on all scenes are compared once; `invalidate` takes back what is known of them."""
    invalidate()
    store.set_note(COMPARED_NOTE, str(now))
