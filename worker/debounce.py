"""Someone who saves a scene again and again gets the first save at once and the rest bundled."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.job import Job
from jobs.schema import LIVE

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 2.0
FORGET_AFTER_S = 4.0
MANY = 1000


@dataclass(frozen=True, slots=True)
class _Finished:
    at_m: float
    wait_s: float


class Debounce:
    """When an object may be synced again. Times ending in `_m` are monotonic seconds.

    Nothing is ever dropped: a job that comes too soon is put off, by a time that doubles as long
    as the saves go on.
    """

    def __init__(self) -> None:
        self._finished: dict[tuple[str, int], _Finished] = {}

    def wait_s(self, job: Job, now_m: float) -> float:
        """Seconds to put the job off; 0 or less for not at all."""
        last = self._finished.get((job.kind, job.object_id)) if job.lane == LIVE else None
        return last.at_m + last.wait_s - now_m if last else 0.0

    def finished(self, job: Job, now_m: float) -> None:
        """The job's object has just been synced."""
        if job.lane != LIVE:
            return
        key = (job.kind, job.object_id)
        last = self._finished.get(key)
        repeated = last is not None and now_m - last.at_m < FORGET_AFTER_S
        wait_s = min(2 * last.wait_s, LONGEST_WAIT_S) if last and repeated else FIRST_WAIT_S
        self._finished[key] = _Finished(now_m, wait_s)
        if len(self._finished) > MANY:
            self._finished = {
                key: each
                for key, each in self._finished.items()
                if now_m - each.at_m < FORGET_AFTER_S
            }
