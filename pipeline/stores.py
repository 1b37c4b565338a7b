"""What the worker keeps on disk, opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.anew import open_jobs
from jobs.registry import Registry
from jobs.store import JobStore
from ledger.file import open_ledger
from ledger.ledger import Ledger
from ledger.scene_cache import SceneCache
from ledger.traits import TraitBook, open_traits
from matching.index import PathIndex

if TYPE_CHECKING:
    from matching.locate import Locator
    from stash.client import StashClient
    from validation.config import PlexSyncConfig


@dataclass(frozen=True, slots=True)
class Stores:
    """The queue, this process's entry, the index, the ledger, the name under which Plex lists us,
    what was seen of each scene, and what is known of Plex's ways."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger
    client_id: str
    scene_cache: SceneCache
    traits: TraitBook

    def former_items(self, server: str, scene_ids: Iterable[int]) -> Mapping[int, Set[int]]:
        """By scene, the rating keys of the items that showed these scenes last."""
        scene_ids = list(scene_ids)
        known = self.scene_cache.get(server, scene_ids)
        found = {scene_id: set(each.items) for scene_id, each in known.items()}
        for on_server, entry in self.ledger.of_scenes(scene_ids):
            if on_server == server:
                found.setdefault(entry.scene_id, set()).add(entry.rating_key)
        return found

    def locator(
        self,
        config: PlexSyncConfig,
        stash: StashClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> Locator:
        """What finds the Plex items of scenes, with these settings."""
        from matching.locate import Locator  # noqa: PLC0415 - who answers `query` needs none

        ask, former = stash.scenes_with_file, self.former_items
        return Locator(self.index, config, ask, monotonic, former)


@dataclass(frozen=True, slots=True)
class Databases:
    """The queue, this process's entry, the index, the ledger, what was seen of each scene, and what
    is known of Plex's ways."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger
    scene_cache: SceneCache
    traits: TraitBook


@contextmanager
def open_databases(
    data_dir: str, role: str, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Databases]:
    """For a process of this role (see `jobs.registry`), which `is_stopped` tells to end. Raises
    StorageError."""
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_jobs(data_dir)))
        registry = Registry(database, role)
        index = stack.enter_context(closing(PathIndex(data_dir, time.time, is_stopped)))
        ledger = stack.enter_context(
            closing(open_ledger(lambda: Ledger(data_dir, registry.is_entered)))
        )
        scene_cache = stack.enter_context(closing(SceneCache(data_dir, time.time)))
        traits = stack.enter_context(closing(open_traits(data_dir)))
        yield Databases(JobStore(database), registry, index, ledger, scene_cache, traits)
