"""What the tasks in Stash do: queue scenes, drain the queue in this process, tell how it went."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from commands.diagnosis import Problem, finding_lines, verdict
from commands.doctor import asked_to_try, examine, try_as_told
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
from trial.meaning import every_edit_moves_time
from worker.connect import plex_client
from worker.context import Context
from worker.enqueue_scenes import SWEEP_NOTE, is_comparison_due, queue_all, queue_recent
from worker.processor import SyncWorker

log = logging.getLogger(__name__)

TASK_LANES = (LIVE, BACKGROUND, TASK)

# A task holds up Stash's own jobs; what it leaves in the queue the next one finds there.
GIVE_UP_S = 120.0


class PausedTooLong(SyncError):
    """A server stayed away; the jobs stay in the queue."""

    reason = "paused"


def sync_all(context: Context, progress: Progress) -> str:
    """Queue every scene and sync; goes on where a former run was stopped.

    Scenes that haven't changed on either side since they were in step are not compared again,
    except with the argument `full` and once a week.
    """
    stores = context.stores
    now = time.time()
    asked_for_all = flag(context.args, "full")
    full = asked_for_all or is_comparison_due(stores.store, now, lambda: _sees_edits(context))
    for line in lines_of_sync(stores.ledger):
        log.warning("%s", line)
    if asked_for_all:
        stores.ledger.forget_answers()
    invalidate = stores.scene_cache.invalidate if full else None
    context.settings.refresh()
    rules = rules_digest(context.settings.config)
    number = queue_all(stores.store, context.stash, now, rules=rules, invalidate=invalidate)
    # After a stop there are also those that were queued before.
    number = max(number, stores.store.count(TASK_LANES, SCENE))
    summary = _drain(context, progress, "Sync all scenes", expected=number)
    if not stores.store.count((TASK,)):
        stores.store.set_note(SWEEP_NOTE, None)
    return summary


def sync_recent(context: Context, progress: Progress) -> str:
    """Sync what changed in Stash since this task last came to its end, hooks or not."""
    stores = context.stores
    server = _server(context)
    mark = queue_recent(stores.store, context.stash, stores.scene_cache, server, time.time())
    summary = _drain(context, progress, "Sync recent changes")
    stores.scene_cache.set_mark(server, mark)
    return summary


def sync_scenes(context: Context, scene_ids: Sequence[int], progress: Progress) -> str:
    """Sync these, whatever is known of them and of Plex's ways."""
    stores = context.stores
    for scene_id in scene_ids:
        stores.ledger.forget_answers(scene_id)
        stores.ledger.forget_refusals(scene_id)
    stores.scene_cache.invalidate(scene_ids)
    stores.store.enqueue(SCENE, scene_ids, TASK, time.time())
    number = len(set(scene_ids))
    return _drain(context, progress, f"Sync of {number} scene(s)", expected=number)


def process_queue(context: Context, progress: Progress) -> str:
    """Sync what waits in the queue, also what a stopped task has left there."""
    return _drain(context, progress, "Process queue")


def retry_failed(context: Context, progress: Progress) -> str:
    """Bring back what failed, and sync it."""
    context.stores.ledger.forget_refusals()
    number = context.stores.store.retry_failed(time.time(), TASK)
    log.info("Retry failed: %d job(s) are back in the queue", number)
    return _drain(context, progress, "Retry failed")


def clear_queue(context: Context, progress: Progress) -> str:
    """Forget what waits and what failed; what a living process is busy with is left to it."""
    store, now = context.stores.store, time.time()
    store.take_in(now)
    removed = store.clear([each.token for each in context.stores.registry.living(now)])
    store.set_note(SWEEP_NOTE, None)
    parts = [f"{number} {LANE_NAMES[lane]} {state}" for (lane, state), number in removed.items()]
    summary = f"Clear queue: removed {', '.join(parts) or 'nothing, it was empty'}"
    log.info("%s", summary)
    progress(1.0)
    return summary


def status(context: Context, progress: Progress) -> str:
    """Tell how things stand, in the log."""
    lines = status_lines(status_of(context.stores))
    for line in lines:
        log.info("%s", line)
    progress(1.0)
    return "\n".join(lines)


def doctor(context: Context, progress: Progress) -> str:
    """Check the set-up; what is found goes to the log, what to change as a warning. With the
    argument `try` a trial on one item instead."""
    if asked_to_try(context.args):
        lines = try_as_told(context, progress)
        for line in lines:
            log.info("%s", line)
        return "\n".join(lines)
    findings = examine(context)
    for finding, line in zip(findings, finding_lines(findings), strict=True):
        log.log(logging.WARNING if isinstance(finding, Problem) else logging.INFO, "%s", line)
    log.info("%s", verdict(findings))
    progress(1.0)
    return "\n".join([*finding_lines(findings), verdict(findings)])


TASKS: Mapping[str, Callable[[Context, Progress], str]] = {
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


def _drain(context: Context, progress: Progress, name: str, expected: int = 0) -> str:
    """Work until nothing is left that waiting a little would finish; the summary. `expected` is the
    number of scenes that it should have."""
    began = time.monotonic()
    registry = context.stores.registry
    registry.enter(time.time(), time.monotonic())
    with context.registered() as heartbeat:
        worker, lacking = context.worker(TASK_LANES), 0
        # This very thread works, so that nobody else could end it.
        heartbeat.watch(lambda: worker.progress_m, lambda: os._exit(1))
        try:
            _work(context, worker, progress)
            if heartbeat.lost:
                raise LeaseLost("this task was taken for dead; run it again to go on")
            if not context.stop.is_set():
                lacking = expected - worker.tally.total
        finally:
            worker.close()
            summary = f"{name}: {worker.tally.summary()}"
            difference = _about_difference(lacking) if expected else ""
            log.info("%s in %.1f s%s", summary, time.monotonic() - began, difference)
            summary += difference
    context.stores.store.set_note(
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


def _work(context: Context, worker: SyncWorker, progress: Progress) -> None:
    store = context.stores.store
    total = store.count(TASK_LANES)
    pace = Pace(total, time.monotonic())
    while not context.stop.is_set():
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
        context.stop.wait(min(wait_s, 1.0))


def _server(context: Context) -> str:
    """The machine identifier of the Plex of the settings as they are now."""
    context.settings.refresh()
    config, client_id = context.settings.config, context.stores.client_id
    with closing(plex_client(config, client_id)) as plex:
        return plex.machine_identifier


def _sees_edits(context: Context) -> bool:
    """Whether this Plex was found to tell of every edit by the time of update."""
    if not context.stores.traits.measured():
        return False
    context.settings.refresh()
    with closing(plex_client(context.settings.config, context.stores.client_id)) as plex:
        traits = context.stores.traits.traits(plex.machine_identifier, plex.version)
    return every_edit_moves_time(traits)


def _check_patience(worker: SyncWorker) -> None:
    pause = worker.pause
    if pause is None:
        return
    if pause.is_about_settings or time.monotonic() - pause.since_m > GIVE_UP_S:
        raise PausedTooLong(
            f"stopped: {pause.error}",
            advice=f"{pause.error.advice} What is left stays in the queue: run the task again.",
        )
