"""How each kind of errand is carried out: a generator, which yields after each page, False while
there is nothing to do but wait for jobs, and returns the summary. Most of what they load no batch
needs.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import asdict

from commands.preview import keep_page, preview_scenes
from commands.preview_text import PreviewTally
from commands.tasks import end_sweep, queue_everything
from commands.undo import UndoTally
from commands.undo_task import UndoOrder, undo_pages, undo_summary
from jobs import runs as run_states
from jobs.runs import Run, Runs
from jobs.schema import RUN, SCENE, TASK
from ledger.preview_store import PreviewStore
from worker.context import Context
from worker.processor import SyncWorker

log = logging.getLogger(__name__)

TELL_PROGRESS_S = 2.0

Pages = Generator[bool, None, str]


def _sync_all(context: Context, worker: SyncWorker, run: Run) -> Pages:
    store = context.stores.store
    if not run.total:
        # What a task has left is part of all.
        _, in_step = queue_everything(context, full=bool(run.args.get("full")))
        worker.tallies[RUN].in_sync += in_step
        store.move(TASK, RUN)
        yield True
    yield from _until_done(context, run)
    end_sweep(context)
    return _summary(run.name, worker)


def _handed_over(context: Context, worker: SyncWorker, run: Run) -> Pages:
    yield from _until_done(context, run)
    end_sweep(context)
    return _summary(f"{run.name}, begun by a task", worker)


def _summary(name: str, worker: SyncWorker) -> str:
    for line in worker.tallies[RUN].warnings():
        log.warning("%s", line)
    return f"{name}: {worker.tallies[RUN].summary()}"


def _until_done(context: Context, run: Run) -> Generator[bool, None, None]:
    """Until nothing of the run's lane is left, which the worker goes through meanwhile."""
    store, progress = context.stores.store, _Progress(context, run)
    total = max(run.total, store.count((RUN,), SCENE))
    while store.next_due_at((RUN,)) is not None:
        if progress.is_due():
            progress.tell(total - store.count((RUN,)), total)
        yield False


def _preview(context: Context, worker: SyncWorker, run: Run) -> Pages:
    worker.refresh_settings()
    total, done, tally = context.stash.scene_count(), 0, PreviewTally()
    progress = _Progress(context, run)
    with closing(PreviewStore(context.stores.ledger.data_dir)) as store:
        number = store.begin(time.time())
        for page in preview_scenes(context, worker.plex, context.stash.scene_ids()):
            keep_page(store, number, page)
            for each in page:
                tally.add(each)
            done += len(page)
            if progress.is_due():
                progress.tell(min(done, total), total)
            yield True
        store.finish(number, time.time())
    return tally.summary()


def _undo(context: Context, worker: SyncWorker, run: Run) -> Pages:
    order = UndoOrder(
        scenes=tuple(run.args.get("scenes") or ()),
        run=run.args.get("run") or 0,
        force=bool(run.args.get("force")),
        forgets=bool(run.args.get("forgets")),
    )
    worker.refresh_settings()
    context.keep_copy(at_once=True)
    tally, progress = UndoTally(**(run.kept or {})), _Progress(context, run)
    runs = Runs(context.stores.store.database)
    for fraction in undo_pages(context, worker.plex, order, tally):
        # What this page has put back isn't looked at again, whatever ends this process.
        runs.keep(run.id, asdict(tally))
        if progress.is_due() and fraction:
            progress.tell(tally.total, round(tally.total / fraction))
        yield True
    context.keep_copy(at_once=True)
    for line in tally.lines():
        log.warning("%s", line)
    return undo_summary(order, tally)


CARRIED_OUT: Mapping[str, Callable[[Context, SyncWorker, Run], Pages]] = {
    run_states.SYNC_ALL: _sync_all,
    run_states.HANDED_OVER: _handed_over,
    run_states.PREVIEW: _preview,
    run_states.UNDO: _undo,
}


class _Progress:
    """Tells how far a run is, not too often: each time is a write to the disk."""

    def __init__(self, context: Context, run: Run) -> None:
        self._runs = Runs(context.stores.store.database)
        self._run = run
        self._told_m = -math.inf

    def is_due(self) -> bool:
        return time.monotonic() - self._told_m >= TELL_PROGRESS_S

    def tell(self, done: int, total: int) -> None:
        self._told_m = time.monotonic()
        self._runs.progress(self._run.id, done, total)
