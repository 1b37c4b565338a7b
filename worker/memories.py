"""What the worker keeps on disk, opened."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.registry import Registry
from jobs.store import JobStore
from plex.index import PathIndex
from worker.ledger import Ledger
from worker.seen import Seen


@dataclass(frozen=True, slots=True)
class Memories:
    """The queue, this process's entry, the index, the ledger, the name under which Plex lists us,
    and what was seen of each scene."""

    store: JobStore
    registry: Registry
    index: PathIndex
    ledger: Ledger
    client_id: str
    seen: Seen
