"""What a worker without anything to do may do: leave, or rest."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs import inbox

if TYPE_CHECKING:
    from pipeline.stores import Stores

# A worker that was needed just now is soon needed again, most likely.
REST_AFTER_S = 30.0
# What keeps it from resting passes without a word: a task that ends, lines that reach Stash's log.
LOOK_AGAIN_S = 1.0


class Idle:
    """For one worker, which tells by `begin` that it has done something.

    It leaves after `exit_s` if no job waits, however long; None for never. It may rest, which is to
    become a smaller process until something happens, after `rest_after_s` if nothing is due within
    as long again; None for never, and only if `can_rest` says so.
    """

    def __init__(
        self,
        stores: Stores,
        lanes: Sequence[int],
        exit_s: float | None,
        rest_after_s: float | None,
        can_rest: Callable[[], bool],
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.since_m = monotonic()
        self.rests_until: float | None = None
        """When the next job or check is due, epoch seconds, inf for never; None until the worker
        is to rest."""
        self._stores = stores
        self._lanes = lanes
        self._exit_s = exit_s
        self._rest_after_s = rest_after_s
        self._can_rest = can_rest
        self._now = clock
        self._monotonic = monotonic

    def begin(self) -> None:
        """From now on nothing is done."""
        self.since_m = self._monotonic()

    def look_within_s(self) -> float:
        """How many seconds until it may leave or rest, or until another look if it can't yet; inf
        for never."""
        passed_s = self._passed_s()
        terms = [each for each in (self._exit_s, self._rest_after_s) if each is not None]
        waits = [each - passed_s for each in terms if each > passed_s]
        if self._rest_after_s is not None:
            waits.append(max(self._rest_after_s, LOOK_AGAIN_S))
        return min(waits, default=math.inf)

    def leaves(self) -> bool:
        """Leave the registry, if it is time; whether that was done."""
        if self._exit_s is None or self._passed_s() < self._exit_s:
            return False
        if self._stores.store.events_waiting():
            return False
        return self._stores.registry.leave_if_idle(self._lanes)

    def rests(self, next_check_s: float) -> bool:
        """Whether to rest: then `rests_until` is set. `next_check_s`: until a check of all scenes
        is due."""
        patience_s = self._rest_after_s
        if patience_s is None or self._passed_s() < patience_s or not self._can_rest():
            return False
        now, store = self._now(), self._stores.store
        due_at = store.next_due_at(self._lanes)
        until = min(now + next_check_s, math.inf if due_at is None else due_at)
        if until - now < patience_s or store.has_log_lines():
            return False
        # Another process may be killed, and leave work that only a look at the queue finds.
        if inbox.has_event(self._stores.registry.database.data_dir, now) or (
            self._stores.registry.others()
        ):
            return False
        self.rests_until = until
        return True

    def _passed_s(self) -> float:
        return self._monotonic() - self.since_m


def digest(settings: Mapping[str, Any]) -> str:
    """Another text for other settings, from which nobody learns them."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
