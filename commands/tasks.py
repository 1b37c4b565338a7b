"""What the tasks in Stash do: queue scenes, drain the queue in this process, tell how it went."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from commands.diagnosis import Problem, finding_lines, verdict
from commands.doctor import examine
from commands.eta import Pace, Progress
from commands.login import login
from commands.preview import preview
from commands.status import LAST_SYNC_NOTE, status_lines, status_of
from commands.task_arguments import flag
from commands.undo_task import restore
from errors import LeaseLost, SyncError
from jobs.schema import BACKGROUND, LANE_NAMES, LIVE, SCENE, TASK
from pipeline.fingerprint import rules_digest
from pipeline.unmanaged import lines_of_sync
from worker.connect import plex_client
from worker.context import Workplace
from worker.enqueue_scenes import SWEEP_NOTE, is_comparison_due, queue_all, queue_recent
from worker.processor import SyncWorker

log = logging.getLogger(__name__)

TASK_LANES = (LIVE, BACKGROUND, TASK)

# A task holds up Stash's own jobs; what it leaves in the queue the next one finds there.
GIVE_UP_S = 120.0


class PausedTooLong(SyncError):
    """A server stayed away; the jobs stay in the queue."""

    reason = "paused"


def sync_all(workplace: Workplace, progress: Progress) -> str:
    """Queue every scene and sync; goes on where a former run was stopped.

    Scenes that haven't changed on either side since they were in step are not compared again,
    except with the argument `full` and once a week.
    """
    memories = workplace.memories
    now = time.time()
    asked_for_all = flag(workplace.args, "full")
    full = asked_for_all or is_comparison_due(memories.store, now)
    for line in lines_of_sync(memories.ledger):
        log.warning("%s", line)
    if asked_for_all:
        memories.ledger.forget_answers()
    doubt = memories.seen.doubt if full else None
    workplace.settings.refresh()
    rules = rules_digest(workplace.settings.config)
    number = queue_all(memories.store, workplace.stash, now, rules=rules, doubt=doubt)
    # After a stop there are also those that were queued before.
    number = max(number, memories.store.count(TASK_LANES, SCENE))
    summary = _drain(workplace, progress, "Sync all scenes", expected=number)
    if not memories.store.count((TASK,)):
        memories.store.set_note(SWEEP_NOTE, None)
    return summary


def sync_recent(workplace: Workplace, progress: Progress) -> str:
    """Sync what changed in Stash since this task last came to its end, hooks or not."""
    memories = workplace.memories
    server = _server(workplace)
    mark = queue_recent(memories.store, workplace.stash, memories.seen, server, time.time())
    summary = _drain(workplace, progress, "Sync recent changes")
    memories.seen.set_mark(server, mark)
    return summary


def sync_scenes(workplace: Workplace, scene_ids: Sequence[int], progress: Progress) -> str:
    """Sync these, whatever is known of them and of Plex's ways."""
    memories = workplace.memories
    for scene_id in scene_ids:
        memories.ledger.forget_answers(scene_id)
        memories.ledger.forget_refusals(scene_id)
    memories.seen.doubt(scene_ids)
    memories.store.enqueue(SCENE, scene_ids, TASK, time.time())
    number = len(set(scene_ids))
    return _drain(workplace, progress, f"Sync of {number} scene(s)", expected=number)


def process_queue(workplace: Workplace, progress: Progress) -> str:
    """Sync what waits in the queue, also what a stopped task has left there."""
    return _drain(workplace, progress, "Process queue")


def retry_failed(workplace: Workplace, progress: Progress) -> str:
    """Bring back what failed, and sync it."""
    workplace.memories.ledger.forget_refusals()
    number = workplace.memories.store.retry_failed(time.time(), TASK)
    log.info("Retry failed: %d job(s) are back in the queue", number)
    return _drain(workplace, progress, "Retry failed")


def clear_queue(workplace: Workplace, progress: Progress) -> str:
    """Forget what waits and what failed; what a living process is busy with is left to it."""
    store, now = workplace.memories.store, time.time()
    store.take_in(now)
    removed = store.clear([each.token for each in workplace.memories.registry.living(now)])
    store.set_note(SWEEP_NOTE, None)
    parts = [f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in removed.items()]
    summary = f"Clear queue: removed {', '.join(parts) or 'nothing, it was empty'}"
    log.info("%s", summary)
    progress(1.0)
    return summary


def status(workplace: Workplace, progress: Progress) -> str:
    """Tell how things stand, in the log."""
    lines = status_lines(status_of(workplace.memories))
    for line in lines:
        log.info("%s", line)
    progress(1.0)
    return "\n".join(lines)


def doctor(workplace: Workplace, progress: Progress) -> str:
    """Check the set-up; what is found goes to the log, what to change as a warning."""
    findings = examine(workplace)
    for finding, line in zip(findings, finding_lines(findings), strict=True):
        log.log(logging.WARNING if isinstance(finding, Problem) else logging.INFO, "%s", line)
    log.info("%s", verdict(findings))
    progress(1.0)
    return "\n".join([*finding_lines(findings), verdict(findings)])


TASKS: Mapping[str, Callable[[Workplace, Progress], str]] = {
    "sync_all": sync_all,
    "sync_recent": sync_recent,
    "process_queue": process_queue,
    "retry_failed": retry_failed,
    "clear_queue": clear_queue,
    "status": status,
    "doctor": doctor,
    "preview": preview,
    "restore": restore,
    "login": login,
}
"""By `mode`, as in plugin.yml."""


def _drain(workplace: Workplace, progress: Progress, name: str, expected: int = 0) -> str:
    """Work until nothing is left that waiting a little would finish; the summary. `expected` is the
    number of scenes that it should have."""
    began = time.monotonic()
    registry = workplace.memories.registry
    registry.enter(time.time(), time.monotonic())
    with workplace.registered() as heartbeat:
        worker, lacking = workplace.worker(TASK_LANES), 0
        # This very thread works, so that nobody else could end it.
        heartbeat.watch(lambda: worker.progress_m, lambda: os._exit(1))
        try:
            _work(workplace, worker, progress)
            if heartbeat.lost:
                raise LeaseLost("this task was taken for dead; run it again to go on")
            if not workplace.stop.is_set():
                lacking = expected - worker.tally.total
        finally:
            worker.close()
            summary = f"{name}: {worker.tally.summary()}"
            note = _about_difference(lacking) if expected else ""
            log.info("%s in %.1f s%s", summary, time.monotonic() - began, note)
            summary += note
    workplace.memories.store.set_note(
        LAST_SYNC_NOTE, json.dumps({"at": time.time(), "summary": summary})
    )
    return summary


def _about_difference(lacking: int) -> str:
    """What to say of so many scenes that the task should have come to and didn't; below 0, of so
    many that it came to besides."""
    if lacking > 0:
        # Jobs that existed keep their lane: the worker was faster, or will try them again.
        return f"; {lacking} more are left to the background worker"
    return f"; {-lacking} of them waited in the queue or came meanwhile" if lacking else ""


def _work(workplace: Workplace, worker: SyncWorker, progress: Progress) -> None:
    store = workplace.memories.store
    total = store.count(TASK_LANES)
    pace = Pace(total, time.monotonic())
    while not workplace.stop.is_set():
        wait_s = worker.step()
        if wait_s > 0 and worker.pause is None and store.next_due_at((TASK,)) is None:
            # Alone, since Stash drops a value that comes right after another.
            progress(1.0)
            return
        progress(min(worker.tally.total / total, 0.99) if total else 0.0)
        if news := pace.news(worker.tally.total, time.monotonic()):
            log.info("%s", news)
        if wait_s <= 0:
            continue
        _check_patience(worker)
        workplace.stop.wait(min(wait_s, 1.0))


def _server(workplace: Workplace) -> str:
    """The machine identifier of the Plex of the settings as they are now."""
    workplace.settings.refresh()
    config, client_id = workplace.settings.config, workplace.memories.client_id
    with closing(plex_client(config, client_id)) as plex:
        return plex.machine_identifier


def _check_patience(worker: SyncWorker) -> None:
    pause = worker.pause
    if pause is None:
        return
    if pause.is_about_settings or time.monotonic() - pause.since_m > GIVE_UP_S:
        raise PausedTooLong(
            f"stopped: {pause.error}",
            advice=f"{pause.error.advice} What is left stays in the queue: run the task again.",
        )
