"""How things stand: the queue, the failures, the worker, the servers."""

from __future__ import annotations

import datetime
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.job import FailedJob
from jobs.registry import WORKER, Process, Registry
from jobs.schema import LANE_NAMES
from jobs.store import JobStore
from worker.processor import PAUSE_NOTE

SHOWN_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Status:
    """`queue` by (lane, state); `pause` and `last_sync` as noted by the process they concern."""

    queue: dict[tuple[int, str], int]
    failures: Sequence[FailedJob]
    worker: Process | None
    pause: dict[str, Any] | None
    last_sync: dict[str, Any] | None


def read_status(store: JobStore, registry: Registry) -> Status:
    """From the store alone: no server is asked."""
    pause, last_sync = store.note(PAUSE_NOTE), store.note("last_sync")
    return Status(
        queue=store.counts(),
        failures=store.failures(),
        worker=next((each for each in registry.others() if each.role == WORKER), None),
        pause=json.loads(pause) if pause else None,
        last_sync=json.loads(last_sync) if last_sync else None,
    )


def status_lines(status: Status) -> list[str]:
    """For people, the most urgent first."""
    lines = []
    if status.pause:
        since = _when(status.pause["since"])
        lines.append(f"Waiting since {since}: {status.pause['error']}. {status.pause['advice']}")
    lines += _queue_lines(status)
    lines.append(
        f"Worker: alive (process {status.worker.pid})"
        if status.worker
        else "Worker: not running; the next change in Stash starts it"
    )
    if status.last_sync:
        lines.append(f"Last task, {_when(status.last_sync['at'])}: {status.last_sync['summary']}")
    return lines + _failure_lines(status.failures)


def _queue_lines(status: Status) -> list[str]:
    waiting = {key: number for key, number in status.queue.items() if key[1] != "failed"}
    if not waiting:
        return ["Queue: empty"]
    parts = [
        f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in sorted(waiting.items())
    ]
    return [f"Queue: {', '.join(parts)}"]


def _failure_lines(failures: Sequence[FailedJob]) -> list[str]:
    by_reason: dict[str, list[FailedJob]] = defaultdict(list)
    for each in failures:
        by_reason[each.reason].append(each)
    lines = []
    for reason, found in sorted(by_reason.items(), key=lambda entry: -len(entry[1])):
        lines.append(f"Failed, {reason}: {len(found)}. {found[0].advice}")
        lines += [f"  {each.error}" for each in found[:SHOWN_FAILURES]]
        if len(found) > SHOWN_FAILURES:
            lines.append(f"  … and {len(found) - SHOWN_FAILURES} more")
    return lines


def _when(epoch_s: float) -> str:
    return datetime.datetime.fromtimestamp(epoch_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
