"""How things stand: the queue, the failures, the worker, the servers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobs import place
from jobs.job import FailedJob, PutOff, WaitingJob
from jobs.registry import WORKER, Process, Registry
from jobs.schema import LANE_NAMES
from jobs.store import JobStore
from plex.mappings import Mapping as FolderMapping
from worker.patience import PAUSE_NOTE
from worker.reconcile import Round, last_round
from worker.verdict import named

SHOWN_FAILURES = 5
SHOWN_RETRIES = 5

LAST_SYNC_NOTE = "last_sync"


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failures of one reason: how many, and the newest of them."""

    reason: str
    count: int
    newest: Sequence[FailedJob]


@dataclass(frozen=True, slots=True)
class Status:
    """`queue` by (lane, state); `pause` and `last_sync` as noted by the process they concern;
    `check`: where the checks of all scenes are, which the setting reconcile_hours asks for."""

    queue: dict[tuple[int, str], int]
    retries: Sequence[WaitingJob]
    failures: Sequence[FailureGroup]
    worker: Process | None
    pause: dict[str, Any] | None
    last_sync: dict[str, Any] | None
    learned: Sequence[FolderMapping] = ()
    put_off: Sequence[PutOff] = ()
    check: Round = field(default_factory=Round)

    def as_json(self) -> dict[str, Any]:
        """For scripts. Times are epoch seconds."""
        return {
            "queue": [
                {"lane": LANE_NAMES[lane], "state": state, "jobs": number}
                for (lane, state), number in sorted(self.queue.items())
            ],
            "put_off": [asdict(each) for each in self.put_off],
            "retries": [asdict(each) for each in self.retries],
            "failures": [asdict(each) for each in self.failures],
            "worker": {"pid": self.worker.pid} if self.worker else None,
            "pause": self.pause,
            "last_sync": self.last_sync,
            "check": asdict(self.check),
            "learned": [asdict(each) for each in self.learned],
        }


def read_status(
    store: JobStore, registry: Registry, mappings: Sequence[FolderMapping] = ()
) -> Status:
    """From the store alone: no server is asked. `mappings`: what the path index has learned."""
    return Status(
        queue=store.counts(),
        retries=store.retries(),
        failures=[
            FailureGroup(reason, count, store.failures(SHOWN_FAILURES, reason))
            for reason, count in store.failure_counts().items()
        ],
        worker=_living_worker(registry),
        pause=_noted(store, PAUSE_NOTE),
        last_sync=_noted(store, LAST_SYNC_NOTE),
        learned=[each for each in mappings if each.is_believed],
        put_off=store.put_off(),
        check=last_round(store),
    )


def status_lines(status: Status) -> list[str]:
    """For people, the most urgent first."""
    return [
        *overview_lines(status),
        *retry_lines(status.retries),
        *failure_lines(status.failures),
    ]


def overview_lines(status: Status) -> list[str]:
    """All but the single jobs."""
    lines = []
    if status.pause:
        since = when(status.pause["since"])
        lines.append(f"Waiting since {since}: {status.pause['error']}. {status.pause['advice']}")
    lines += _queue_lines(status)
    lines += [
        f"Looked at again later: {each.jobs} scene(s), {each.reason}; the next at "
        f"{when(each.due_at)}"
        for each in status.put_off
    ]
    lines.append(
        f"Worker: alive (process {status.worker.pid})"
        if status.worker
        else "Worker: not running; the next change in Stash starts it"
    )
    if status.last_sync:
        lines.append(f"Last task, {when(status.last_sync['at'])}: {status.last_sync['summary']}")
    lines += _check_lines(status.check)
    lines += [f"Learned: Stash's {each.source} is Plex's {each.target}" for each in status.learned]
    return lines


def _living_worker(registry: Registry) -> Process | None:
    return next(
        (
            each
            for each in registry.others()
            if each.role == WORKER and not place.is_provably_dead(each.pid, each.place)
        ),
        None,
    )


def _noted(store: JobStore, name: str) -> dict[str, Any] | None:
    note = store.note(name)
    found: dict[str, Any] | None = json.loads(note) if note else None
    return found


def _queue_lines(status: Status) -> list[str]:
    waiting = {key: number for key, number in status.queue.items() if key[1] != "failed"}
    if not waiting:
        return ["Queue: empty"]
    parts = [
        f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in sorted(waiting.items())
    ]
    return [f"Queue: {', '.join(parts)}"]


def _check_lines(check: Round) -> list[str]:
    lines = []
    if check.started:
        far = f"so far up to scene {check.after}"
        lines.append(f"Checking all scenes since {when(check.started)}, {far}")
    if check.finished:
        lines.append(f"Last check of all scenes: {when(check.finished)}")
    return lines


def retry_lines(retries: Sequence[WaitingJob]) -> list[str]:
    """A line for each of the next retries."""
    lines = [
        f"Retry at {when(each.due_at)}, after {each.attempts} failed tries: {_told(each)}"
        for each in retries[:SHOWN_RETRIES]
    ]
    if len(retries) > SHOWN_RETRIES:
        lines.append("… and more retries after these")
    return lines


def failure_lines(failures: Sequence[FailureGroup]) -> list[str]:
    """A paragraph for each reason."""
    lines = []
    for group in failures:
        lines.append(f"Failed, {group.reason}: {group.count}. {group.newest[0].advice}")
        lines += [f"  {_told(each)}" for each in group.newest]
        if group.count > len(group.newest):
            lines.append(f"  … and {group.count - len(group.newest)} more")
    return lines


def _told(job: WaitingJob | FailedJob) -> str:
    return named(f"{job.kind} {job.object_id}", job.error)


def when(epoch_s: float) -> str:
    """A moment for people, in local time."""
    return datetime.datetime.fromtimestamp(epoch_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
