"""What a worker checks when nothing is due."""

from __future__ import annotations

import math
from collections.abc import Callable

from check.light import LightCheck
from check.own import OwnChecks
from check.reconcile import Reconcile
from pipeline.stores import Stores
from stash.client import StashClient
from validation.config import PlexSyncConfig


class IdleChecks:
    """The worker's own checks first, then that of all scenes at an interval.

    `are_ours`: whether such checks are this worker's business at all. `apart_s`: see `OwnChecks`;
    the rest: see `Reconcile`. `config` is None while the settings aren't known; then there are
    none.
    """

    def __init__(
        self,
        stores: Stores,
        stash: StashClient,
        light: LightCheck,
        renew: Callable[[], None],
        is_comparison_needless: Callable[[], bool],
        apart_s: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
        *,
        are_ours: bool,
    ) -> None:
        registry, scene_cache = stores.registry, stores.scene_cache
        self.own = OwnChecks(
            light,
            scene_cache.names,
            registry.database.data_dir,
            lambda: not registry.others(),
            apart_s,
            monotonic,
        )
        self.reconcile = Reconcile(
            stores.store, stash, scene_cache, renew, clock, is_comparison_needless
        )
        self.next_s = math.inf
        """Until the next check of all scenes, as far as the last step knew."""
        self._are_ours = are_ours

    def step(self, config: PlexSyncConfig | None) -> float:
        """How many seconds until another step is worth while, 0 if there may be something to do
        now. Raises StorageError and what StashClient raises."""
        self.next_s = 0.0
        wait_s = self.own.step(config) if config and self._are_ours else math.inf
        if wait_s <= 0:
            return 0.0
        self.next_s = self.reconcile.step(self.hours(config))
        return min(self.next_s, wait_s)

    def hours(self, config: PlexSyncConfig | None) -> float:
        """Between two checks of all scenes; 0 for never."""
        return config.reconcile_hours if config and self._are_ours else 0.0

    def is_pending(self, config: PlexSyncConfig | None) -> bool:
        """Whether an own check is to come before there is time to rest."""
        return config is not None and self._are_ours and self.own.is_pending
