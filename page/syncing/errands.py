"""What a person asked for as a whole, carried out by the worker a page at a time.

Each kind is a generator: it yields after each page, False while there is nothing to do but wait for
jobs, and returns the summary. One that a server's absence or the end of the process cuts short goes
on where it was; only a preview is begun anew.
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
from errors import LeaseLost, Outage, SettingsError, SyncError
from jobs import runs as run_states
from jobs.runs import Run, Runs
from jobs.schema import RUN, SCENE, TASK
from ledger.preview_store import PreviewStore
from plex.exceptions import PlexReplaced
from storage.files import StorageError
from worker.context import Context
from worker.processor import SyncWorker

log = logging.getLogger(__name__)

TELL_PROGRESS_S = 2.0

Pages = Generator[bool, None, str]


class Errands:
    """Those of one worker; see `worker.processor.Errands`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._runs = Runs(context.stores.store.database)
        self._run: Run | None = None
        self._pages: Pages | None = None

    def step(self, worker: SyncWorker) -> bool:
        """One page of what is under way, or was asked for first; whether there was any."""
        if self._run and not self._runs.is_open(self._run.id):
            self._leave(worker)  # somebody has stopped it
        if self._run is None:
            self._run = self._begin(worker)
        if self._run is None or self._pages is None:
            return False
        try:
            return next(self._pages)
        except StopIteration as end:
            self._end(worker, run_states.DONE, str(end.value))
        except (Outage, SettingsError, PlexReplaced, StorageError, LeaseLost):
            self._leave(worker)
            raise
        except SyncError as error:
            self._end(worker, run_states.FAILED, f"{self._run.name}: {error}. {error.advice}")
        except Exception:
            # Else each worker that comes would end by it.
            log.exception("%s ended because of a bug; please report it", self._run.name)
            self._end(worker, run_states.FAILED, f"{self._run.name} ended because of a bug")
        return True

    def _begin(self, worker: SyncWorker) -> Run | None:
        run = self._runs.next()
        if run:
            self._runs.begin(run.id, self._context.stores.registry.token, time.time())
            worker.run_ids[RUN] = run.id
            worker.tallies.pop(RUN, None)
            self._pages = _CARRIED_OUT[run.what](self._context, worker, run)
        return run

    def _end(self, worker: SyncWorker, state: str, summary: str) -> None:
        assert self._run is not None
        say = log.info if state == run_states.DONE else log.error
        say("%s", summary)
        self._runs.end(self._run.id, state, summary, time.time())
        self._leave(worker)

    def _leave(self, worker: SyncWorker) -> None:
        if self._pages:
            self._pages.close()
        self._run = self._pages = None
        worker.run_ids.pop(RUN, None)


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


_CARRIED_OUT: Mapping[str, Callable[[Context, SyncWorker, Run], Pages]] = {
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
