"""The job queue: one job at a time for the whole server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["READY", "RUNNING", "STOPPING", "FINISHED", "CANCELLED", "FAILED"]

_REMEMBERED = 10


class JobFailed(Exception):
    """Raised by a job's work; the text becomes the job's error and the status FAILED."""


@dataclass(slots=True, eq=False)
class Job:
    """`progress` in 0..1; `progress_history` has every value that was reported, in order.

    Before the first report progress is 0 and not null: Stash's Job starts with Go's zero value,
    and only a job that reports "indefinite" shows null (pkg/job/manager.go).
    """

    id: int
    description: str
    work: Callable[[Job], None]
    status: Status = "READY"
    progress: float = 0.0
    progress_history: list[float] = field(default_factory=list)
    error: str | None = None
    add_time: str = ""
    start_time: str | None = None
    end_time: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def report(self, progress: float) -> None:
        self.progress = progress
        self.progress_history.append(progress)


class BusyReceiver:
    """What takes a plugin's progress: for `busy_s` after a value it takes no other one.

    Stash drops a value that comes right after another, even if it is the last (internal/manager/
    task_plugin.go; seen on v0.28.0 and develop cf3489ef).
    """

    def __init__(self, job: Job, busy_s: float) -> None:
        self._job = job
        self._busy_s = busy_s
        self._free_at_s = 0.0

    def take(self, progress: float) -> None:
        now = time.monotonic()
        if now >= self._free_at_s:
            self._free_at_s = now + self._busy_s
            self._job.report(progress)


class Jobs:
    """Runs jobs in the order in which they were added, in a thread of its own."""

    def __init__(self, timestamp: Callable[[], str], log_error: Callable[[str], None]) -> None:
        self._timestamp = timestamp
        self._log_error = log_error
        self._changed = threading.Condition()
        self._queue: list[Job] = []
        self._finished: list[Job] = []
        self._last_id = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.all: dict[int, Job] = {}

    def add(self, description: str, work: Callable[[Job], None]) -> Job:
        with self._changed:
            self._last_id += 1
            job = Job(self._last_id, description, work, add_time=self._timestamp())
            self._queue.append(job)
            self.all[job.id] = job
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return job

    def queue(self) -> list[Job]:
        with self._changed:
            return list(self._queue)

    def find(self, job_id: int) -> Job | None:
        """Queued, running, and the last ten that ended; others are forgotten."""
        with self._changed:
            known = [*self._queue, *self._finished]
        return next((job for job in known if job.id == job_id), None)

    def cancel(self, job_id: int) -> None:
        """A waiting job leaves the queue; a running one is told to stop. Unknown ids: nothing."""
        with self._changed:
            for job in self._queue:
                if job.id != job_id:
                    continue
                job.cancelled.set()
                if job.status == "READY":
                    job.status = "CANCELLED"
                    self._remove(job)
                elif job.status == "RUNNING":
                    job.status = "STOPPING"
                return

    def cancel_all(self) -> None:
        for job in self.queue():
            self.cancel(job.id)

    def stop(self) -> None:
        """Cancel everything and wait for the thread."""
        self.cancel_all()
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                job = self._queue[0]
                job.status, job.start_time = "RUNNING", self._timestamp()
            self._execute(job)

    def _execute(self, job: Job) -> None:
        outcome: Status = "FAILED"
        try:
            job.work(job)
            outcome = "FINISHED"
        except JobFailed as failure:
            job.error = str(failure)
            self._log_error(f"task failed due to error: {failure}")
        finally:
            with self._changed:
                stopped = job.status == "STOPPING" and outcome == "FINISHED"
                job.status = "CANCELLED" if stopped else outcome
                self._remove(job)

    def _remove(self, job: Job) -> None:
        job.end_time = self._timestamp()
        self._queue.remove(job)
        self._finished = [*self._finished, job][-_REMEMBERED:]
        job.ended.set()
