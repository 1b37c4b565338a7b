"""Queueing many scenes: all of them, or those that changed since the last time."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Callable

from jobs.notes import SWEEP_NOTE
from jobs.schema import SCENE, TASK
from jobs.store import JobStore
from ledger.scene_cache import SceneCache
from stash.client import StashClient
from storage.times import is_recent
from sync.covers import epoch_s

log = logging.getLogger(__name__)

# An interrupted sweep is worth continuing while what it has already done is still fresh.
SWEEP_FRESH_S = 24 * 3600.0

COMPARED_NOTE = "compared_all"
# What is known spares the look at a scene whose times haven't changed; but no document promises
# that every edit made in Plex moves its time. So now and then nothing is taken for granted.
COMPARE_ALL_EVERY_S = 7 * 24 * 3600.0

# Stash stores a change's time as text, in the local time of then, and compares it as text. Summer
# time sets that back by two hours at most, and a move to another time zone by 26.
OVERLAP = datetime.timedelta(hours=26)
_WALL_TIME = "%Y-%m-%dT%H:%M:%S"
_WALL_TIME_LENGTH = len("2026-01-31T12:00:00")


def queue_all(
    store: JobStore,
    stash: StashClient,
    now: float,
    *,
    rules: str = "",
    invalidate: Callable[[], None] | None = None,
) -> int:
    """Queue all scenes page by page, and return their number; how far it got is noted with each
    page, so that a run that is killed is continued instead of begun again.

    `rules` stands for what decides what is written: if that has changed, so that what a stopped
    run has done counts no more, it is begun again. `invalidate` takes back what is known of all
    scenes; it makes this a full run, in which each of them is compared with Plex.
    """
    full = invalidate is not None
    sweep = json.loads(store.note(SWEEP_NOTE) or "{}")
    is_fresh = is_recent(sweep.get("started", 0), now, SWEEP_FRESH_S)
    # Another task may have finished what it left: then there is nothing to go on with.
    is_under_way = is_fresh and sweep.get("rules") == rules and store.count((TASK,)) > 0
    if not is_under_way or (full and not sweep.get("full")):
        sweep = {"started": now, "after": 0, "full": full, "rules": rules}
        if invalidate:
            begin_comparison(store, invalidate, now)
    elif sweep["after"]:
        log.info("continuing the sync that was stopped, after scene %d", sweep["after"])
    number = 0
    for ids in stash.scene_ids(sweep["after"]):
        sweep["after"] = ids[-1]
        store.enqueue_page(SCENE, ids, TASK, now, note=(SWEEP_NOTE, json.dumps(sweep)))
        number += len(ids)
    return number


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


def queue_recent(
    store: JobStore, stash: StashClient, scene_cache: SceneCache, server: str, now: float
) -> str:
    """Queue what changed in Stash since the last run, as far as it wasn't looked at since then.

    The mark to be set once that is done: the greatest of Stash's own times that was met, so that
    no clock but Stash's counts. Without a mark all scenes are gone through.
    """
    mark = newest = scene_cache.mark(server)
    number = 0
    for page in stash.changes(since=earlier(mark)):
        known = scene_cache.get(server, page)
        ids = [
            scene_id
            for scene_id, updated_at in page.items()
            if scene_id not in known or not known[scene_id].is_of(updated_at)
        ]
        store.enqueue(SCENE, ids, TASK, now)
        number += len(ids)
        newest = max(newest, *page.values())
    log.info("%d scene(s) changed since the last run", number)
    return not_ahead(newest, now)


def not_ahead(updated_at: str, now: float) -> str:
    """The time of Stash, or `now` (epoch seconds) if that is long before it: a scene that was
    changed under a wrong clock must not hide all others until that time has come."""
    changed_at = epoch_s(updated_at)
    if changed_at is None or changed_at <= now + OVERLAP.total_seconds():
        return updated_at
    return datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime(_WALL_TIME + "Z")


def earlier(updated_at: str) -> str:
    """A time of Stash moved back by OVERLAP, in the same form; "" if it is none."""
    wall_time, offset = updated_at[:_WALL_TIME_LENGTH], updated_at[_WALL_TIME_LENGTH:]
    try:
        # Its zone stays beside it: what is compared is the text.
        moved = datetime.datetime.strptime(wall_time, _WALL_TIME) - OVERLAP  # noqa: DTZ007
    except (ValueError, OverflowError):
        return ""
    return moved.isoformat() + offset
