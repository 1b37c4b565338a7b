"""What the tasks in Stash do: queue scenes, drain the queue in this process, tell how it went."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from commands.eta import Pace, Progress
from commands.task_arguments import flag
from errors import LeaseLost, SyncError
from jobs.clearing import clear
from jobs.notes import LAST_SYNC_NOTE, OWN_CHECKS_NOTE, SWEEP_NOTE
from jobs.schema import BACKGROUND, LIVE, SCENE, TASK
from pipeline.unmanaged import lines_of_sync
from worker.connect import plex_client
from worker.context import Context
from worker.enqueue_scenes import is_comparison_due, queue_all, queue_recent
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
    full = asked_for_all or is_comparison_due(stores.store, now)
    for line in lines_of_sync(stores.ledger):
        log.warning("%s", line)
    if asked_for_all:
        stores.ledger.forget_answers()
    context.settings.refresh()
    found = queue_all(stores, context.stash, context.settings.config, now, full=full)
    # After a stop there are also those that were queued before.
    number = max(len(found.to_look_at), stores.store.count(TASK_LANES, SCENE))
    in_step = max(found.scenes + len(found.gone) - number, 0)
    summary = _drain(context, progress, "Sync all scenes", expected=number, in_step=in_step)
    if not stores.store.count((TASK,)):
        stores.store.set_note(SWEEP_NOTE, None)
        _complete(context)
    return summary


def sync_recent(context: Context, progress: Progress) -> str:
    """Sync what changed in Stash since it was last looked at, hooks or not."""
    stores = context.stores
    server = _server(context)
    queue_recent(stores, context.stash, context.settings.config, server, time.time())
    summary = _drain(context, progress, "Sync recent changes")
    _complete(context)
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
    summary = clear(context.stores.store, context.stores.registry, time.time())
    log.info("%s", summary)
    progress(1.0)
    return summary


# What these need no other task does, and it is much: each loads its own.


def doctor(context: Context, progress: Progress) -> str:
    """See `commands.doctor.check`."""
    from commands.doctor import check  # noqa: PLC0415 - see above

    return check(context, progress)


def preview(context: Context, progress: Progress) -> str:
    """See `commands.preview.preview`."""
    from commands import preview as previews  # noqa: PLC0415 - see above

    return previews.preview(context, progress)


def restore(context: Context, progress: Progress) -> str:
    """See `commands.undo_task.restore`."""
    from commands import undo_task  # noqa: PLC0415 - see above

    return undo_task.restore(context, progress)


def login(context: Context, progress: Progress) -> str:
    """See `commands.login.login`."""
    from commands import login as signing_in  # noqa: PLC0415 - see above

    return signing_in.login(context, progress)


TASKS: Mapping[str, Callable[[Context, Progress], str]] = {
    "sync_all": sync_all,
    "sync_recent": sync_recent,
    "process_queue": process_queue,
    "retry_failed": retry_failed,
    "doctor": doctor,
    "preview": preview,
    "restore": restore,
    "login": login,
}
"""By `mode`, as in plugin.yml; `entry.quick_task` has the others."""


def _drain(
    context: Context, progress: Progress, name: str, expected: int = 0, in_step: int = 0
) -> str:
    """Work until nothing is left that waiting a little would finish; the summary. `expected` is the
    number of scenes that it should have, besides those that are known to be `in_step`."""
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
            worker.tally.in_sync += in_step
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


def _complete(context: Context) -> None:
    """All scenes were gone through: from now on the worker looks by itself for what changes."""
    context.stores.scene_cache.names.complete()
    context.stores.store.set_note(OWN_CHECKS_NOTE, "yes")


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


def _check_patience(worker: SyncWorker) -> None:
    pause = worker.pause
    if pause is None:
        return
    if pause.is_about_settings or time.monotonic() - pause.since_m > GIVE_UP_S:
        raise PausedTooLong(
            f"stopped: {pause.error}",
            advice=f"{pause.error.advice} What is left stays in the queue: run the task again.",
        )
