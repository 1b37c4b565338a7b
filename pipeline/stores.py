"""What the worker keeps on disk, opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from jobs.registry import Registry
from jobs.store import JobStore
from ledger.ledger import Ledger
from ledger.scene_cache import SceneCache
from matching.index import PathIndex


@dataclass(frozen=True, slots=True)
class Stores:
    """The queue, this process's entry, the index, the ledger, the name under which Plex lists us,
    and what was seen of each scene."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger
    client_id: str
    seen: SceneCache

    def former_items(self, server: str, scene_ids: Iterable[int]) -> Mapping[int, Set[int]]:
        """By scene, the rating keys of the items that showed these scenes last."""
        scene_ids = list(scene_ids)
        known = self.seen.recall(server, scene_ids)
        found = {scene_id: set(each.items) for scene_id, each in known.items()}
        for on_server, entry in self.ledger.of_scenes(scene_ids):
            if on_server == server:
                found.setdefault(entry.scene_id, set()).add(entry.rating_key)
        return found
