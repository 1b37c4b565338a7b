"""What a person asked for as a whole, carried out by the worker a page at a time. One that a
server's absence or the end of the process cuts short goes on where it was; only a preview is begun
anew."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from errors import LeaseLost, Outage, SettingsError, SyncError
from jobs import runs as run_states
from jobs.runs import Run, Runs
from jobs.schema import RUN
from plex.exceptions import PlexReplaced
from storage.files import StorageError
from worker.context import Context
from worker.processor import SyncWorker

if TYPE_CHECKING:
    from page.syncing.errand_kinds import Pages

log = logging.getLogger(__name__)


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
            from page.syncing.errand_kinds import CARRIED_OUT  # noqa: PLC0415 - seldom needed

            self._runs.begin(run.id, self._context.stores.registry.token, time.time())
            worker.run_ids[RUN] = run.id
            worker.tallies.pop(RUN, None)
            self._pages = CARRIED_OUT[run.what](self._context, worker, run)
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
