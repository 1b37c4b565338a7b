"""Hearing from Plex that a play has ended, only to ask sooner: what is imported is found out by the
same questions as without, and nothing is missed by whoever hears nothing."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from http.client import HTTPException

from errors import SyncError
from net.event_stream import EventStream, NoEventStream, StreamBroken
from playback.live.sessions import Sessions
from plex.client import PlexClient
from plex.exceptions import PlexReplaced

log = logging.getLogger(__name__)

# No other kind of event: whether one tells of a rating or a mark nobody knows, and our own writes
# and every scan cause thousands of the others.
PATH = "/:/eventsource/notifications?filters=playing"
# Plex says every 10 seconds that it is there.
SILENCE_S = 60.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
# A connection that held so long, and told something, is followed by the shortest pause.
HELD_S = 60.0
# Plex may note a play a moment after it has told of its end.
SETTLES_S = 1.0
# Some players tell of one end three times, and broken ones on and on.
BETWEEN_LOOKS_S = 5.0


def pause_after_s(last_s: float, *, has_held: bool) -> float:
    """How long to wait before the next connection; `last_s`: how long before this one, 0 for the
    first."""
    return FIRST_PAUSE_S if has_held or not last_s else min(2 * last_s, LONGEST_PAUSE_S)


class Listener:
    """For one worker, which has it `follow` the Plex that it is connected to. It has a thread while
    it does, for which nobody ever waits. `monotonic`: the worker's."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.heard_m = -math.inf
        """When it was last heard that a play has ended."""
        self._monotonic = monotonic
        self._plex: PlexClient | None = None
        self._thread: _Thread | None = None

    def due_m(self, looked_m: float) -> float:
        """When to ask Plex for what was heard of since the last look, inf for nothing."""
        if self.heard_m < looked_m:
            return math.inf
        return max(self.heard_m + SETTLES_S, looked_m + BETWEEN_LOOKS_S)

    def follow(self, plex: PlexClient) -> None:
        """Listen to this server and to no other. Of one that has nothing to tell us no more is
        asked."""
        if plex is self._plex:
            return
        self.close()
        self._plex = plex
        self._thread = _Thread(plex, self._heard)
        self._thread.start()

    def close(self) -> None:
        """End the connection, at once and without waiting."""
        if self._thread:
            self._thread.close()
        self._plex = self._thread = None

    def _heard(self) -> None:
        self.heard_m = self._monotonic()


class _Thread(threading.Thread):
    """Calls `heard` whenever a play has ended."""

    def __init__(self, plex: PlexClient, heard: Callable[[], None]) -> None:
        super().__init__(name="notifications", daemon=True)
        self._plex = plex
        self._heard = heard
        self._closed = threading.Event()
        self._stream: EventStream | None = None
        self._has_told = False
        self._said: set[str] = set()

    def close(self) -> None:
        self._closed.set()
        if stream := self._stream:
            stream.close()

    def run(self) -> None:
        try:
            self._listen()
        except Exception:
            log.exception("listening to Plex ended because of a bug; please report it")

    def _listen(self) -> None:
        pause_s = 0.0
        while not self._closed.is_set():
            began_m, self._has_told = time.monotonic(), False
            try:
                self._hear_out()
            except (NoEventStream, PlexReplaced) as error:
                self._say(f"Plex tells nothing of plays, and is only asked for them: {error}")
                return
            except (StreamBroken, SyncError) as error:
                self._say(f"not listening to Plex at the moment: {error}")
            except (OSError, HTTPException, ValueError) as error:
                # Whose text may repeat what was sent or came.
                self._say(f"not listening to Plex at the moment: {type(error).__name__}")
            has_held = self._has_told and time.monotonic() - began_m >= HELD_S
            pause_s = pause_after_s(pause_s, has_held=has_held)
            self._closed.wait(pause_s)

    def _hear_out(self) -> None:
        """Listen until the connection ends."""
        self._stream = self._plex.event_stream(PATH, SILENCE_S)
        if self._closed.is_set():
            return
        sessions = Sessions()
        for event in self._stream.events():
            self._has_told = True
            if sessions.has_ended(event):
                self._heard()

    def _say(self, text: str) -> None:
        """Once, and to nobody who doesn't look for it."""
        if text not in self._said and not self._closed.is_set():
            log.debug("%s", text)
        self._said.add(text)
