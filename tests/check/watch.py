"""The background worker with its own checks, in this process, at a time that passes when told."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from check.own import OwnChecks
from check.schedule import EVERY_S
from jobs.schema import WORKER_LANES
from tests.harness.sync import Desk
from worker.context import Context
from worker.processor import SyncWorker


class Watch:
    """The background worker in this process, at a time that passes when told."""

    def __init__(self, desk: Desk, context: Context) -> None:
        self.desk, self.context = desk, context
        self.now = time.time()
        self.worker = SyncWorker(
            context.stores,
            context.stash,
            settings=context.settings,
            lanes=WORKER_LANES,
            clock=lambda: self.now,
            monotonic=lambda: self.now,
        )
        context.settings.refresh()
        self._stand_in_for_the_keeping_of_the_session()

    def _stand_in_for_the_keeping_of_the_session(self) -> None:
        self.worker._asked_m = math.inf

    @property
    def checks(self) -> OwnChecks:
        return self.worker.checks.own

    def is_pending(self) -> bool:
        return self.checks.is_pending

    def after(self, seconds: float) -> int:
        """How many checks there are within so many seconds, in steps of one."""
        before = self.looks()
        for _ in range(int(seconds)):
            self.now += 1.0
            while self.worker.step() == 0.0:
                pass
        return self.looks() - before

    def next_check(self) -> None:
        """Everything within five minutes: the next check at the latest, and what it finds. What is
        bundled, or is found by looking again, takes its seconds."""
        for seconds in (10.0, 10.0, EVERY_S - 20.0, 10.0, 40.0):
            self.now += seconds
            while self.worker.step() == 0.0:
                pass

    def looks(self) -> int:
        sent = self.desk.rig.stash.requests.matching("POST", "/graphql")
        return sum(b"query PlexSyncNames" in each.body for each in sent)


@contextmanager
def on_watch(desk: Desk) -> Iterator[Watch]:
    with desk.context() as context:
        context.stores.registry.enter(time.time(), time.monotonic())
        watch = Watch(desk, context)
        yield watch
        watch.worker.close()
        context.stores.registry.leave()
