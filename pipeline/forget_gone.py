"""Scenes that are gone from Stash: what is forgotten of them, and what is kept on purpose."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ledger.ledger import Ledger
from ledger.rows import Entry
from plex.client import PlexClient

log = logging.getLogger(__name__)


def forget_gone(ledger: Ledger, plex: PlexClient, scene_ids: Sequence[int]) -> list[Entry]:
    """Forget these scenes' items, but for those that Plex still has: the entries of these.

    What an item held before our first edit stays known as long as Plex has the item: only so can
    it be restored, and only so does a file that comes back as another scene go on from it. Plex is
    asked only if something was ever written for one of the scenes.
    """
    entries = ledger.of_scenes(scene_ids)
    if not entries:
        return []
    server = plex.machine_identifier
    own = [entry for on_server, entry in entries if on_server == server]
    items = plex.items([entry.rating_key for entry in own])
    vanished = [entry for entry in own if entry.rating_key not in items]
    if vanished:
        plex.confirm_server()  # another one has none of them
        ledger.forget(server, vanished)
        log.debug("forgot %d item(s) that are gone from Stash and Plex", len(vanished))
    return [entry for entry in own if entry.rating_key in items]
