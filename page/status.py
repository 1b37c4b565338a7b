"""How things stand."""

from __future__ import annotations

import json
import time
from typing import Any

from commands.status import Status, open_notes, status_of
from jobs import days
from jobs.hold import Hold, hold_of
from jobs.notes import PLEX_NOTE
from jobs.runs import Run, Runs
from jobs.states import EXCLUDED, FAILED, IN_STEP, LEFT_ALONE, NOT_IN_PLEX, WAITING, States
from page.operation import Answer, Operation, Operations
from plex.own_identity import own_version
from stash.protocol import Invocation

SHOWN_DAYS = 14
COUNTED = (IN_STEP, WAITING, FAILED, NOT_IN_PLEX, LEFT_ALONE, EXCLUDED)


def status(invocation: Invocation) -> Answer:
    """What `status --json` of the command line prints, and more for a page."""
    now = time.time()
    with open_notes(invocation.data_dir) as notes:
        found = status_of(notes, lambda: now)
        database = notes.store.database
        living = [each.token for each in notes.registry.living(now)]
        runs = Runs(database)
        hold, run, last = hold_of(database, now), runs.current(living), runs.last()
        counts = States(database).counts()
        return {
            **found.as_json(),
            "version": own_version(),
            "now": now,
            "activity": activity(found, hold, run),
            "counts": _counts(counts, found),
            "run": None if run is None else run.as_json(now),
            "last_run": None if last is None else _ended(last),
            "days": [each._asdict() for each in days.recent(database, now, SHOWN_DAYS)],
            "paused": None if hold is None else hold._asdict(),
            "plex": json.loads(notes.store.note(PLEX_NOTE) or "null"),
        }


def _ended(run: Run) -> dict[str, Any]:
    return {
        "name": run.name,
        "what": run.what,
        "state": run.state,
        "ended": run.ended_at,
        "summary": run.summary,
    }


def activity(found: Status, hold: Hold | None, run: Run | None) -> dict[str, Any]:
    """What is being done at the moment. `since` is null where nobody has noted it."""
    if hold:
        return _doing("paused", hold.since, "a person has paused it")
    if found.pause:
        why = f"{found.pause['error']}. {found.pause['advice']}"
        return _doing("waiting", found.pause["since"], why)
    if any(state == "claimed" for _, state in found.queue):
        return _doing("working", run.began_at if run else None, run.name if run else "")
    if found.worker:
        return _doing("idle", found.alive_at, "")
    if found.resting:
        return _doing("resting", found.alive_at, "")
    return _doing("off", found.alive_at, "the next change in Stash starts it")


def _counts(counts: dict[str, int], found: Status) -> dict[str, int]:
    """Scenes; what was left alone is known for sure, whatever was seen of it last."""
    shown = {name: max(counts.get(name, 0), 0) for name in COUNTED}
    return {**shown, WAITING: shown[WAITING] + found.spooled, LEFT_ALONE: found.unmanaged}


def _doing(state: str, since: float | None, why: str) -> dict[str, Any]:
    return {"state": state, "since": since, "why": why}


QUERIES: Operations = {"status": Operation(status)}
