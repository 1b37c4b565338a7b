"""The worker's own checks, which nobody has to ask for: what Stash told nobody is found within
minutes while somebody is about, and within half an hour else. A resting worker asks Stash no more
than whether the answer is another one by now (`rest.ask`)."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

from check.light import Found, LightCheck, changed_since
from check.question import question_of
from check.schedule import is_on, pause_s
from errors import ServerUnavailable, SettingsError
from jobs import looked
from jobs.schema import CHECK
from ledger.names import Names
from ledger.scene_cache import Known
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

# What has just been done may not be all: a person saves several scenes.
QUIET_S = 5.0
# Found so often at the same time of change, a scene is its job's matter alone: that may fail.
MOST_FINDS = 2


class OwnChecks:
    """For one worker. `is_alone`: whether no task is at work, which may have much in hand.
    `apart_s`: at least so long between two, however much is done meanwhile, and however often
    somebody looks at the page.

    Nothing is done before a task has once come to its end with all scenes: whoever has only
    installed the plugin hasn't asked for anything to be written.
    """

    def __init__(
        self,
        check: LightCheck,
        names: Names,
        data_dir: str,
        is_alone: Callable[[], bool],
        apart_s: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._check = check
        self._names = names
        self._data_dir = data_dir
        self._is_alone = is_alone
        self._apart_s = apart_s
        self._monotonic = monotonic
        self._looked_at = looked.at(data_dir)
        self._busy_m = monotonic()
        self._checked_m = -math.inf
        self._seen_busy_m = -math.inf
        self._last: Found | None = None
        self._finds_of: dict[int, tuple[str, int]] = {}

    def busy(self) -> None:
        """Something was done, or somebody looks: there may be more to find."""
        self._busy_m = self._monotonic()

    def was_quiet(self, seconds: float) -> None:
        """Nobody was about for so long when we began, says who was the worker before."""
        self._busy_m = min(self._busy_m, self._monotonic() - seconds)

    @property
    def quiet_s(self) -> float:
        """For how long nobody has been about."""
        return self._monotonic() - self._busy_m

    @property
    def is_pending(self) -> bool:
        """Whether a check is to come before there is time to rest."""
        return self._is_on() and self._seen_busy_m < self._busy_m

    def step(self, config: PlexSyncConfig) -> float:
        """To be called when nothing is due. How many seconds until another step is worth while, 0
        if there may be something to do now. Raises StashUnauthorized and StorageError."""
        if not self._is_on():
            return math.inf
        if looked.at(self._data_dir) != self._looked_at:
            self._looked_at = looked.at(self._data_dir)
            self.busy()
        wait_s = self._due_m() - self._monotonic()
        if wait_s > 0:
            return wait_s
        if not self._is_alone():
            return QUIET_S
        return 0.0 if self._finds(config) else self._due_m() - self._monotonic()

    def orders(self, config: PlexSyncConfig) -> dict[str, Any]:
        """What a resting worker is to ask, and the digest of the answer when nothing was due; ""
        if that isn't known. Empty without such checks."""
        if not self._is_on():
            return {}
        found = self._last or Found(question=question_of(config, 0.0))
        return {"question": found.question.as_json(), "digest": found.digest}

    def _is_on(self) -> bool:
        return is_on() and self._names.is_complete

    def _due_m(self) -> float:
        if self._seen_busy_m < self._busy_m:
            quiet_s = min(QUIET_S, self._apart_s)
            return max(self._busy_m + quiet_s, self._checked_m + self._apart_s)
        return self._checked_m + pause_s(self.quiet_s)

    def _finds(self, config: PlexSyncConfig) -> bool:
        """Whether anything is queued by now."""
        self._checked_m = self._monotonic()
        self._seen_busy_m = self._busy_m
        self._last = None
        finds_of: dict[int, tuple[str, int]] = {}

        def is_news(scene_id: int, updated_at: str, known: Mapping[str, Known]) -> bool:
            if not changed_since(scene_id, updated_at, known):
                return False
            before, finds = self._finds_of.get(scene_id, ("", 0))
            finds = finds if before == updated_at else 0
            finds_of[scene_id] = updated_at, finds + 1
            return finds < MOST_FINDS

        try:
            self._last = found = self._check.run(config, CHECK, is_news)
        except (ServerUnavailable, SettingsError) as error:
            # Nobody waits for it: it is asked again at its time.
            log.debug("while looking for changes: %s", error)
            return False
        self._finds_of = finds_of
        if str(found):
            log.info("a look at all of Stash found: %s", found)
            self._busy_m = self._seen_busy_m = self._monotonic()
        if found.changed or found.new:
            # Within the second of its change a scene may have changed again.
            self._seen_busy_m = -math.inf
        return bool(found.to_look_at)
