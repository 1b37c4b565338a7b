"""Waiting until a question can be answered, without the waiting."""

from __future__ import annotations

import time

from commands.confirmation import READ_S, Moment
from commands.undo_task import ASKED_NOTE
from simulators.rig import Rig


def let_it_be_read(rig: Rig, seconds: float = READ_S) -> None:
    """As if "Restore Plex metadata" had asked that many seconds ago."""
    with rig.store() as store:
        assert store.note(ASKED_NOTE), "nothing was asked"
        asked = Moment(time.time() - seconds, time.monotonic() - seconds)
        store.set_note(ASKED_NOTE, asked.dump())
