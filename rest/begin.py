"""A worker without anything to do goes to rest: it becomes a watcher (`rest.watch`), in the same
process and with its place as the worker."""

from __future__ import annotations

import atexit
import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from check.schedule import EVERY_S
from jobs import looked
from jobs.registry import WORKER, Registry
from jobs.store import JobStore, open_job_database
from rest.ask import OVERVIEW, SETTINGS, STAYS_ON
from rest.become import WATCH, become, become_worker
from rest.orders import Orders, queue_stamp
from rest.plays import ASKS_PLEX
from rest.watch import ANSWERS_WITHIN_S
from stash.connection import API_KEY
from stash.protocol import Invocation
from storage.files import StorageError

log = logging.getLogger(__name__)

# The argument of its document by which a worker knows that it has rested.
HAS_RESTED = "has_rested"
# The same that tells when somebody was about last, epoch seconds.
BUSY_AT = "busy_at"
# The same by which it knows that it had better not.
STAYS = "stays"

# Some systems count the times of files in steps of up to 10 ms: what is stored later gets another.
STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Terms:
    """`until`: when something is due, epoch seconds, inf for never; `end_s`: how long to stay then,
    None for as long as Stash answers. `settings`: what `rest.idle.digest` made of them; `api_key`:
    by which Stash lets us in, if we were told one. `code`: what our files were like when we
    started; `lanes`: whose jobs we serve. `asks_plex`, `overview`: what to ask Plex and Stash now
    and then, see `playback.at_rest` and `check.own`; `plays_in_s`: in how many seconds to ask Plex
    first. `quiet_s`: for how long nobody has been about."""

    until: float
    end_s: float | None
    settings: str
    code: str
    lanes: Sequence[int]
    api_key: str = ""
    asks_plex: Mapping[str, Any] | None = None
    overview: Mapping[str, Any] = field(default_factory=dict)
    quiet_s: float = 0.0
    plays_in_s: float = 0.0


def rest(invocation: Invocation, file: int, terms: Terms) -> None:
    """Returns only if that isn't possible. The registry was left before, and all databases are
    closed. `file` holds the lock."""
    document, data_dir, until = _document(invocation, terms), invocation.data_dir, terms.until
    time.sleep(STEP_S)
    # In this order: what is stored from now on makes another stamp.
    queue = queue_stamp(data_dir)
    try:
        is_quiet = _is_quiet(data_dir, terms)
        now, now_m = time.time(), time.monotonic()
        orders = Orders(
            data_dir,
            file,
            queue,
            terms.code,
            due=until,
            due_m=now_m + until - now,
            ask_m=now_m + EVERY_S,
            plays_m=now_m + terms.plays_in_s if terms.asks_plex else math.inf,
            end_m=now_m + _end_s(terms) if until == math.inf else math.inf,
            busy_m=now_m - terms.quiet_s,
            looked_at=looked.at(data_dir),
        )
        # As the interpreter does at its end: some packages leave files for then.
        atexit._run_exitfuncs()
        if is_quiet:
            become(WATCH, orders.arguments(), document, file)
        become_worker(document, file)
    except (OSError, StorageError) as error:
        log.warning("the worker cannot become small while it has nothing to do: %s", error)
        invocation.args = {STAYS: True}


def quiet_s(invocation: Invocation, now: float) -> float:
    """For how long nobody had been about when a worker began; 0 if it hasn't rested."""
    busy_at = max(invocation.args.get(BUSY_AT, now), looked.at(invocation.data_dir))
    return float(max(now - busy_at, 0.0))


def _end_s(terms: Terms) -> float:
    return ANSWERS_WITHIN_S if terms.end_s is None else terms.end_s


def _is_quiet(data_dir: str, terms: Terms) -> bool:
    """Whether still nothing is due before. Raises StorageError."""
    with closing(open_job_database(data_dir)) as database:
        due_at = JobStore(database).next_due_at(terms.lanes)
        return not Registry(database, WORKER).others() and (due_at is None or due_at >= terms.until)


def _document(invocation: Invocation, terms: Terms) -> bytes:
    invocation.args = {
        HAS_RESTED: True,
        BUSY_AT: time.time() - terms.quiet_s,
        SETTINGS: terms.settings,
        OVERVIEW: dict(terms.overview),
        STAYS_ON: terms.end_s is None,
    }
    if terms.asks_plex:
        invocation.args[ASKS_PLEX] = dict(terms.asks_plex)
    invocation.connection[API_KEY] = terms.api_key
    return invocation.document()
