"""What was restored or handed over is left alone until somebody takes it back, by `manage`."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ledger.ledger import Ledger
from pipeline.stores import Stores

log = logging.getLogger(__name__)

UNMANAGED = "left alone since it was restored or handed over; the command manage takes it back"


def lines_of_sync(ledger: Ledger) -> list[str]:
    """What a sync of everything says first."""
    number = ledger.count_unmanaged()
    if not number:
        return []
    return [
        f"{number} scene(s) are left alone since they were restored or handed over. To have them "
        f"synced again, run the command manage --all, or manage --scene ID for one"
    ]


def unmanaged_scenes(ledger: Ledger, scene_ids: Sequence[int]) -> list[int]:
    """Those of which nothing may be written."""
    entries = [entry for _, entry in ledger.of_scenes(dict.fromkeys(scene_ids))]
    free = {each.scene_id for each in entries if not each.memory.is_unmanaged}
    return sorted({each.scene_id for each in entries if each.memory.is_unmanaged} - free)


def manage(stores: Stores, scene_id: int | None = None) -> str:
    """Take back a scene's items, or all; what to tell."""
    number = stores.ledger.manage(scene_id)
    what = f"scene {scene_id}" if scene_id else "Plex"
    if not number:
        return f"Manage: nothing of {what} was left alone"
    stores.scene_cache.invalidate(None if scene_id is None else [scene_id])
    then = f"sync --scene {scene_id}" if scene_id else "sync --all"
    summary = (
        f"Manage: {number} item(s) of {what} are synced again from now on; to bring them in step "
        f"at once, run {then}"
    )
    log.info("%s", summary)
    return summary
