"""What the worker notes for whoever asks how things stand. Imports nothing heavy."""

from __future__ import annotations

import json
from typing import NamedTuple

from jobs.store import JobStore

# Why nothing is done at the moment.
PAUSE_NOTE = "pause"
# What was found out about Plex that counts: a JSON list of sentences.
WAYS_NOTE = "plex_ways"
RECONCILE_NOTE = "reconcile"
LAST_SYNC_NOTE = "last_sync"
# How far "Sync all scenes" has queued them.
SWEEP_NOTE = "sync_all"
# The Plex that was written to: name, version, libraries (names), seen_at (epoch seconds).
PLEX_NOTE = "plex"

# Set once a worker is to look by itself for what changes in Stash.
OWN_CHECKS_NOTE = "own_checks"


class Round(NamedTuple):
    """Where the checks are. Times in epoch seconds, 0 for never.

    `started`: of the round under way, 0 between two. `after`: the last scene queued in it.
    `finished`: of the last round.
    """

    started: float = 0.0
    after: int = 0
    finished: float = 0.0


def last_round(store: JobStore) -> Round:
    """The round under way, or the last one."""
    return Round(**json.loads(store.note(RECONCILE_NOTE) or "{}"))
