"""What is left alone: what was undone, until `manage` takes it back; and what a person excludes.
`matching.exclusion` has what the settings exclude."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ledger.ledger import Ledger
from pipeline.stores import Databases, Stores

log = logging.getLogger(__name__)

UNMANAGED = "left alone since it was restored or handed over; the command manage takes it back"


def lines_of_sync(ledger: Ledger) -> list[str]:
    """What a sync of everything says first."""
    lines = []
    if number := ledger.count_unmanaged():
        lines.append(
            f"{number} scene(s) are left alone since they were restored or handed over. To have "
            f"them synced again, run the command manage --all, or manage --scene ID for one"
        )
    if number := ledger.exclusions.count():
        lines.append(
            f"{number} scene(s) are left alone since somebody has said so. To have one synced "
            f"again, run the command exclude --scene ID --off"
        )
    return lines


def unmanaged_scenes(ledger: Ledger, scene_ids: Sequence[int]) -> list[int]:
    """Those of which nothing may be written since they were undone."""
    entries = [entry for _, entry in ledger.of_scenes(dict.fromkeys(scene_ids))]
    free = {each.scene_id for each in entries if not each.memory.is_unmanaged}
    return sorted({each.scene_id for each in entries if each.memory.is_unmanaged} - free)


def undo_advice(ledger: Ledger, scene_id: int) -> str:
    """What can be done about what was written to a scene before it was left alone; "" if nothing
    was, or nothing is ours any more."""
    entries = [entry for _, entry in ledger.of_scenes([scene_id])]
    if all(each.memory.is_unmanaged for each in entries):
        return ""
    return (
        f"What was written to Plex before stays as it is; the command restore --scene {scene_id} "
        "puts back what was there"
    )


def exclude(stores: Stores | Databases, scene_ids: Sequence[int]) -> str:
    """Leave these scenes alone from now on; what to tell. What was written to them stays."""
    stores.ledger.exclusions.add(scene_ids)
    return _told(stores, scene_ids, "left alone from now on; what was written to Plex stays")


def include(stores: Stores | Databases, scene_ids: Sequence[int]) -> str:
    """Sync these scenes again, whether they were excluded, restored or handed over; what to
    tell."""
    stores.ledger.exclusions.remove(scene_ids)
    stores.ledger.manage_scenes(scene_ids)
    return _told(stores, scene_ids, "synced again from now on")


def _told(stores: Stores | Databases, scene_ids: Sequence[int], what: str) -> str:
    stores.scene_cache.invalidate(scene_ids)
    summary = f"{len(scene_ids)} scene(s) are {what}"
    log.info("%s", summary)
    return summary


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
