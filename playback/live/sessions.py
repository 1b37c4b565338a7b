"""Which of Plex's notifications say that a play has ended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from net.event_stream import Event

MOST_SESSIONS = 100
# Plex's own are numbers.
MOST_KEY = 40


class Sessions:
    """Who watches what, as far as it was told on one connection: numbers of sessions begin anew
    with the server."""

    def __init__(self) -> None:
        self._watched: dict[str, str] = {}

    def has_ended(self, event: Event) -> bool:
        """Whether a play has: it was stopped, or its session shows something else."""
        ends = [self._ends(each) for each in _notices(event)]
        return any(ends)

    def _ends(self, notice: dict[str, Any]) -> bool:
        session, item = (str(notice.get(x) or "")[:MOST_KEY] for x in ("sessionKey", "ratingKey"))
        if notice.get("state") == "stopped":
            self._watched.pop(session, None)
            return True
        if not item:
            return False
        before = self._watched.get(session, item)
        if len(self._watched) >= MOST_SESSIONS:
            self._watched.clear()
        self._watched[session] = item
        return before != item


def _notices(event: Event) -> Iterator[dict[str, Any]]:
    """What an event says of players. Bare, or in a container as on Plex's web socket."""
    try:
        told = json.loads(event.data)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict):
        told = told.get("NotificationContainer", told)
    found = told.get("PlaySessionStateNotification") if isinstance(told, dict) else None
    listed = found if isinstance(found, list) else [found]
    yield from (each for each in listed if isinstance(each, dict))
