"""What the status tells of Plex servers: noted where it is read with next to nothing loaded."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from jobs.notes import WAYS_NOTE
from jobs.store import JobStore
from ledger.traits import TraitBook
from trial.meaning import is_measured, stop_sentences


def note_ways(store: JobStore, book: TraitBook) -> None:
    """To be called when anything of it has changed."""
    store.set_note(WAYS_NOTE, json.dumps(list(_sentences(book))))


def _sentences(book: TraitBook) -> Iterator[str]:
    yield from book.surprises()
    for server, version, at in book.measured():
        traits = book.traits(server, version)
        if is_measured(traits):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
            yield f"Tried out: Plex {version}, {when}"
        yield from stop_sentences(traits, version)
