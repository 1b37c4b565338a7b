"""What the tasks in Stash do: queue scenes, drain the queue in this process, tell how it went."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing

from check.comparison import is_comparison_due
from commands.eta import Pace, Progress
from commands.import_task import import_plays
from commands.status import when
from errors import LeaseLost, SyncError
from jobs import runs as run_states
from jobs.clearing import clear
from jobs.hold import Hold, hold_of
from jobs.notes import LAST_SYNC_NOTE, OWN_CHECKS_NOTE, SWEEP_NOTE
from jobs.runs import Runs
from jobs.schema import BACKGROUND, LIVE, RUN, SCENE, TASK
from pipeline.unmanaged import lines_of_sync
from stash.task_arguments import flag
from trial.meaning import every_edit_moves_time
from worker.connect import plex_client
from worker.context import Context
from worker.enqueue_scenes import queue_all, queue_recent
from worker.processor import SyncWorker

log = logging.getLogger(__name__)

TASK_LANES = (LIVE, BACKGROUND, TASK, RUN)

# A task holds up Stash's own jobs: what it can't do now is left to the worker.
GIVE_UP_S = 5.0
TELL_PROGRESS_S = 2.0


class Paused(SyncError):
    """A setting is wrong, or a server is away; the jobs stay in the queue."""

    reason = "paused"


def sync_all(context: Context, progress: Progress) -> str:
    """Queue every scene and sync; goes on where a former run was stopped.

    Scenes that haven't changed on either side since they were in step are not compared again,
    except with the argument `full` and once a week.
    """
    number, in_step = queue_everything(context, full=flag(context.args, "full"))
    summary = _drain(context, progress, "Sync all scenes", expected=number, in_step=in_step)
    end_sweep(context)
    return summary


def queue_everything(context: Context, *, full: bool) -> tuple[int, int]:
    """Queue all scenes that need a look in the lane of tasks, or go on where that was left: how
    many wait, how many are known to be in step. `full`: nothing that is known spares a look."""
    stores, now = context.stores, time.time()
    for line in lines_of_sync(stores.ledger):
        log.warning("%s", line)
    if full:
        stores.ledger.forget_answers()
    compares_all = full or is_comparison_due(stores.store, now, lambda: _sees_edits(context))
    context.settings.refresh()
    config = context.settings.config
    found = queue_all(stores, context.stash, config, now, full=compares_all)
    # After a stop there are also those that were queued before.
    number = max(len(found.to_look_at), stores.store.count(TASK_LANES, SCENE))
    return number, max(found.scenes + len(found.gone) - number, 0)


def end_sweep(context: Context) -> None:
    """Once nothing of it is left, the next one begins anew, and the worker looks by itself for what
    changes from then on."""
    store = context.stores.store
    if store.note(SWEEP_NOTE) and not store.count((TASK, RUN)):
        store.set_note(SWEEP_NOTE, None)
        _complete(context)


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
    stores.ledger.forget_answers(scene_ids)
    stores.ledger.forget_refusals(scene_ids)
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
    """See `commands.doctor.check`, and with the argument `try` `commands.trial.order`."""
    if str(context.args.get("try") or "").lower() not in ("", "false", "none"):
        from commands.trial.order import try_task  # noqa: PLC0415 - see above

        return try_task(context, progress)
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
    "login": login,
    "doctor": doctor,
    "preview": preview,
    "sync_all": sync_all,
    "sync_recent": sync_recent,
    "retry_failed": retry_failed,
    "restore": restore,
    "import": import_plays,
    "process_queue": process_queue,
    "clear_queue": clear_queue,
}
"""By `mode`, as in plugin.yml. A task that needs neither server is `entry.quick_task`'s."""


def _drain(
    context: Context, progress: Progress, name: str, expected: int = 0, in_step: int = 0
) -> str:
    """Work until nothing is left that waiting a little would finish; the summary. `expected` is the
    number of scenes that it should have, besides those that are known to be `in_step`."""
    began = time.monotonic()
    registry, runs = context.stores.registry, Runs(context.stores.store.database)
    registry.enter(time.time(), time.monotonic())
    with context.registered() as heartbeat:
        worker, lacking = context.worker(TASK_LANES), 0
        run_id = runs.begin_task(name, registry.token, time.time())
        worker.run_ids[TASK] = run_id
        # This very thread works, so that nobody else could end it.
        heartbeat.watch(lambda: worker.progress_m, lambda: os._exit(1))
        state, note = run_states.FAILED, ""
        try:
            state, note = _work(context, worker, progress, run_id)
            if heartbeat.lost:
                raise LeaseLost("this task was taken for dead; run it again to go on")
            if state == run_states.DONE:
                lacking = expected - worker.tally.total
            worker.tally.in_sync += in_step
        except Paused:
            _leave_to_worker(context, name)
            raise
        finally:
            worker.close()
            for line in (*worker.tallies[TASK].warnings(), *worker.tallies[RUN].warnings()):
                log.warning("%s", line)
            summary = f"{name}: {worker.tally.summary()}"
            difference = note or (_about_difference(lacking) if expected else "")
            log.info("%s in %.1f s%s", summary, time.monotonic() - began, difference)
            summary += difference
            runs.end(run_id, state, summary, time.time())
    context.stores.store.set_note(
        LAST_SYNC_NOTE, json.dumps({"at": time.time(), "summary": summary})
    )
    return summary


def _complete(context: Context) -> None:
    context.stores.scene_cache.names.complete()
    context.stores.store.set_note(OWN_CHECKS_NOTE, "yes")


def _leave_to_worker(context: Context, name: str) -> int:
    """Whatever this task has queued and not done; how many jobs. The process ends, and whoever ends
    it sees that there is a worker."""
    store = context.stores.store
    number = store.move(TASK, RUN)
    if number:
        Runs(store.database).ask(run_states.HANDED_OVER, name, time.time())
    return number


def _about_difference(lacking: int) -> str:
    """What to say of so many scenes that the task should have come to and didn't; below 0, of so
    many that it came to besides."""
    if lacking > 0:
        # Jobs that existed keep their lane: the worker was faster, or will try them again.
        return f"; {lacking} more are left to the background worker"
    return f"; {-lacking} of them waited in the queue or came meanwhile" if lacking else ""


def _work(context: Context, worker: SyncWorker, progress: Progress, run_id: int) -> tuple[str, str]:
    """How it ended, and what to add to the summary. Raises Paused."""
    store = context.stores.store
    runs = Runs(store.database)
    total = store.count(TASK_LANES)
    pace, told_m = Pace(total, time.monotonic()), -math.inf
    while not context.stop.is_set():
        if hold := hold_of(store.database, time.time()):
            number = _leave_to_worker(context, "What a task has left")
            return run_states.STOPPED, f"; {_about_hold(hold)}, and {number} job(s) wait for that"
        wait_s = worker.step()
        if not runs.is_open(run_id):
            return run_states.STOPPED, "; it was stopped on the page, what is left stays queued"
        if wait_s > 0 and worker.pause is None and store.next_due_at((TASK, RUN)) is None:
            # Alone, since Stash drops a value that comes right after another.
            progress(1.0)
            return run_states.DONE, ""
        done, now_m = worker.tally.total, time.monotonic()
        progress(min(done / total, 0.99) if total else 0.0)
        if now_m - told_m >= TELL_PROGRESS_S:
            told_m = now_m
            runs.progress(run_id, min(done, total), total)
        if news := pace.news(done, now_m):
            log.info("%s", news)
        if wait_s <= 0:
            continue
        _check_patience(worker)
        context.stop.wait(min(wait_s, 1.0))
    return run_states.STOPPED, ""


def _about_hold(hold: Hold) -> str:
    until = "" if hold.until is None else f" until {when(hold.until)}"
    return f"PlexSync is paused{until}"


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
        raise Paused(
            f"stopped: {pause.error}",
            advice=f"{pause.error.advice} What is left is not lost: the background worker goes on "
            "with it as soon as it can.",
        )
