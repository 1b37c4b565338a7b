"""What the worker leaves behind when positions and ratings came from Plex, for tests of who shows
it and who takes it back."""

from __future__ import annotations

import time
from contextlib import closing

from playback.brought import POSITION, RATING, Brought, BroughtLedger
from simulators.rig import Rig


def bring_position(rig: Rig, scene_id: int, seconds: float, at: float | None = None) -> None:
    scene = rig.stash.library.scene(scene_id)
    _store(rig, POSITION, scene_id, scene.resume_time, seconds, at)
    scene.resume_time = seconds


def bring_rating(rig: Rig, scene_id: int, rating100: int, at: float | None = None) -> None:
    scene = rig.stash.library.scene(scene_id)
    _store(rig, RATING, scene_id, scene.rating100, rating100, at)
    scene.rating100 = rating100


def _store(
    rig: Rig, what: str, scene_id: int, before: float | None, after: float, at: float | None
) -> None:
    server, item = rig.plex.library.machine_identifier, rig.item(scene_id)
    at = time.time() if at is None else at
    with closing(BroughtLedger(str(rig.data_dir))) as ledger:
        row = Brought(server, what, scene_id, item.title, (item.rating_key,), before, after)
        ledger.intend([row], at)
        ledger.arrived(what, {scene_id: after}, at)
