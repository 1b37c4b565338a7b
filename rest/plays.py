"""A resting worker's look at Plex: whether anything was played. A child process of its own asks,
since whoever waits for an answer sees no event, and what that loads is gone with it.

Next to nothing imported.
"""

from __future__ import annotations

import os
import signal

from check.schedule import PLAYS_EVERY_S
from rest.become import SIGNALS

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a watcher
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rest.orders import Orders

# The argument of the document that says what to ask Plex; see `playback.at_rest.question`.
ASKS_PLEX = "asks_plex"
# All in all, however steadily an answer drips.
WITHIN_S = 5

# How the child ends.
NOTHING, NEWS, BUG = 0, 3, 4


class PlaysWatch:
    """Asks whenever `orders.plays_m` says so."""

    def __init__(self, orders: Orders, document: bytes) -> None:
        self._orders = orders
        self._document = document
        self._child = 0

    def has_news(self, now_m: float) -> bool:
        """Whether something was played, as far as is known; costs next to nothing otherwise."""
        if self._child:
            return self._ended() == NEWS
        if now_m >= self._orders.plays_m:
            # Whatever comes of it: a Plex that is away is asked no more often than others.
            self._orders.plays_m = now_m + PLAYS_EVERY_S
            self._child = _ask(self._document, self._orders.file)
        return False

    def end(self) -> None:
        """Before this process becomes another program, which would know of no child."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0

    def _ended(self) -> int:
        child, status = os.waitpid(self._child, os.WNOHANG)
        if not child:
            return NOTHING
        self._child = 0
        found = os.waitstatus_to_exitcode(status)
        if found == BUG:
            # It would tell of it again and again.
            self._orders.plays_m = float("inf")
        return found


def _ask(document: bytes, lock: int) -> int:
    """The id of a child that asks, 0 if the system has none to give."""
    try:
        # Whoever started us may have told the system to bury children unseen.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        child = os.fork()
    except OSError:
        return 0
    if child:
        return child
    os._exit(_answer(document, lock))


def _answer(document: bytes, lock: int) -> int:
    """What the child finds out."""
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        # The watcher hears of them in its own way.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        # The lock is held as long as anybody has it open.
        os.close(lock)
        # Ends this process, wherever it stands.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WITHIN_S)
        return _look(document)
    except Exception as error:  # noqa: BLE001 - its traceback goes to the log file
        return _report(error, document)


def _look(document: bytes) -> int:
    import gc  # noqa: PLC0415 - no watcher needs it

    gc.disable()  # as `plex_sync.py` does
    import json  # noqa: PLC0415 - the same

    from playback.at_rest.ask import has_news  # noqa: PLC0415 - the same

    asked: Mapping[str, Any] = json.loads(document)["args"][ASKS_PLEX]
    return NEWS if has_news(asked) else NOTHING


def _report(error: Exception, document: bytes) -> int:
    from contextlib import suppress  # noqa: PLC0415 - seldom needed

    from rest.ask import log_crash  # noqa: PLC0415 - the same

    with suppress(Exception):  # nothing is left to tell it by
        log_crash(error, document)
    return BUG
