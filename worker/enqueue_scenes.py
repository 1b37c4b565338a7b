"""Queueing many scenes: all that need a look, or those that changed in Stash."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import closing

from check.comparison import begin_comparison
from check.light import Found, LightCheck, NeedsLook
from check.plex_side import PlexSide
from errors import SyncError
from jobs.notes import SWEEP_NOTE
from jobs.schema import SCENE, TASK
from jobs.states import States
from jobs.store import JobStore
from ledger.scene_cache import Known, SceneCache
from pipeline.expand import Expander
from pipeline.fingerprint import rules_key
from pipeline.stores import Stores
from stash.client import StashClient
from storage.times import is_recent
from validation.config import PlexSyncConfig
from worker.connect import plex_client

log = logging.getLogger(__name__)

# An interrupted comparison is worth continuing while what it has already done is still fresh.
SWEEP_FRESH_S = 24 * 3600.0


def light_check(stores: Stores, stash: StashClient, now: Callable[[], float]) -> LightCheck:
    expander = Expander(stash, stores.store, stores.scene_cache, stores.ledger.collections, now)
    return LightCheck(stash, stores.store, stores.scene_cache, expander, now)


def queue_all(
    stores: Stores, stash: StashClient, config: PlexSyncConfig, now: float, *, full: bool = False
) -> Found:
    """Queue all scenes that aren't known to be in step, on either side.

    A run that was stopped is continued by it: what that has done is known by then. `full`: nothing
    is taken for granted, but for what a full run that was stopped has compared.
    """
    begin_sweep(stores.store, stores.scene_cache, now, full=full)
    check = light_check(stores, stash, lambda: now)
    side = _plex_side(stores, stash, config)
    if side is None:
        return check.run(config, TASK, lambda *_: True)
    in_step: set[int] = set()

    def needs_look(scene_id: int, updated_at: str, known: Mapping[str, Known]) -> bool:
        if side.needs_look(scene_id, updated_at, known):
            return True
        in_step.add(scene_id)
        return False

    found = check.run(config, TASK, needs_look, lambda: side.held_elsewhere(stash))
    side.note()
    # Whoever begins with an empty job store is shown as much as everybody else.
    States(stores.store.database).presume_in_step(in_step - found.to_look_at)
    return found


def _plex_side(stores: Stores, stash: StashClient, config: PlexSyncConfig) -> PlexSide | None:
    """None if Plex doesn't tell: whoever works on the scenes waits for it, or says why."""
    locator = stores.locator(config, stash)
    try:
        with closing(plex_client(config, stores.client_id)) as plex:
            return PlexSide(plex, locator, stores.scene_cache, rules_key(config))
    except SyncError as error:
        log.debug("all scenes are looked at: %s", error)
        return None


def queue_recent(
    stores: Stores, stash: StashClient, config: PlexSyncConfig, server: str, now: float
) -> Found:
    """Queue what changed in Stash and wasn't looked at since then, for this server."""
    check = light_check(stores, stash, lambda: now)
    found = check.run(config, TASK, looked_at_for(server))
    log.info("%d scene(s) changed since the last run", len(found.to_look_at))
    return found


def looked_at_for(server: str) -> NeedsLook:
    return lambda _, updated_at, known: server not in known or not known[server].is_of(updated_at)


def begin_sweep(store: JobStore, scene_cache: SceneCache, now: float, *, full: bool) -> None:
    """Note that all scenes are gone through, unless a run that was stopped is continued."""
    sweep = json.loads(store.note(SWEEP_NOTE) or "{}")
    left = store.count((TASK,), SCENE)
    # Another task may have finished what it left: then there is nothing to go on with.
    is_under_way = left > 0 and is_recent(sweep.get("started", 0), now, SWEEP_FRESH_S)
    if is_under_way and (sweep.get("full") or not full):
        log.info("continuing the sync that was stopped; %d scene(s) of it are left", left)
        return
    store.set_note(SWEEP_NOTE, json.dumps({"started": now, "full": full}))
    if full:
        begin_comparison(store, scene_cache.invalidate, now)
