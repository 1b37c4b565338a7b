"""Kills at random, each amid a little work: for a test of minutes and a soak of hours."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from jobs.schema import BACKGROUND, LIVE
from simulators.rig import Rig
from tests.crash.kit import Accidents, Saves, check_at_rest, kill_worker
from tests.harness.rest import rests

# A little more than a process of each kind has; beyond its last it is not killed.
POINTS = {"worker": 40, "task": 45, "hook": 6, "watch": 2}


class Strikes:
    """Strikes a rig again and again. `kills` counts the processes that it has killed, by kind.

    The rig's last scene is left alone: saving it is the unrelated event that must bring
    everything in step again.
    """

    def __init__(self, rig: Rig, accidents: Accidents, rng: random.Random) -> None:
        self.saves = Saves(rig)
        self.kills: Counter[str] = Counter()
        self._rig = rig
        self._accidents = accidents
        self._rng = rng
        self._ways: dict[Callable[[], None], int] = {
            self._worker: 8,
            self._hook: 6,
            self._task: 2,
            self._rest: 2,
            self._request: 2,
            self._at_any_time: 3,
        }

    def strike(self) -> None:
        """One more kill, or none when the process was through before its time had come."""
        ways, weights = zip(*self._ways.items(), strict=True)
        self._rng.choices(ways, weights)[0]()
        self._accidents.disarm()
        self._rig.plex.faults.clear()

    def recover(self) -> None:
        """Check that after one more event nothing is missing and nothing left over."""
        self.saves.save(len(self._rig.films))
        self._rig.until(self._is_idle, "the end of the jobs")
        self.saves.check()
        # What a killed task has left is for the next task, on purpose.
        self._rig.stash.wait_for_job(self._rig.stash.run_task("Process queue"))
        self.saves.check()
        check_at_rest(self._rig)

    def _is_idle(self) -> bool:
        return self._rig.jobs_left((LIVE, BACKGROUND)) == 0

    def _worker(self) -> None:
        self._arm("worker")
        self.saves.save(*self._some_scenes(most=4))
        self._await("worker", self._is_idle)

    def _hook(self) -> None:
        self._arm("hook")
        self.saves.save(*self._some_scenes(most=2))
        self._await("hook", lambda: True)

    def _rest(self) -> None:
        """On its way back from its rest, if it is there."""
        if not rests(self._rig):
            return
        self._arm("watch")
        self.saves.save(*self._some_scenes(most=3))
        self._await("watch", self._is_idle)

    def _task(self) -> None:
        self.saves.save_unseen(*self._some_scenes(most=4))
        self._arm("task")
        job = self._rig.stash.run_task(self._rng.choice(("Sync all scenes", "Process queue")))
        # Meanwhile the worker works as well.
        self.saves.save(*self._some_scenes(most=2))
        self._rig.stash.wait_for_job(job)
        self._await("task", lambda: True)

    def _request(self) -> None:
        pattern = self._rng.choice(("PUT ", "PUT ", "GET /library/metadata", "GET /identity"))
        before = self._accidents.kills
        self._accidents.kill_at_request(self._rig, pattern, skip=self._rng.randrange(3))
        self.saves.save(*self._some_scenes(most=5))
        self._rig.until(lambda: self._accidents.kills > before or self._is_idle(), "an end")
        self.kills["worker, by request"] += self._accidents.kills - before

    def _at_any_time(self) -> None:
        self.saves.save(*self._some_scenes(most=3))
        self.kills["worker, at any time"] += len(kill_worker(self._rig))

    def _some_scenes(self, *, most: int) -> list[int]:
        scenes = range(1, len(self._rig.films))
        return [self._rng.choice(scenes) for _ in range(self._rng.randint(1, most))]

    def _arm(self, kind: str) -> None:
        self._accidents.arm(kind, self._rng.randint(1, POINTS[kind]))

    def _await(self, kind: str, is_through: Callable[[], bool]) -> None:
        before = self._accidents.kills
        self._rig.until(lambda: not self._accidents.is_armed() or is_through(), "an end")
        self.kills[kind] += not self._accidents.is_armed() or self._accidents.kills > before
