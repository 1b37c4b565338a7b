"""A resting worker: waits until there is something to do, in as little memory as Python allows.

It holds the worker's lock, so that hooks see that a worker exists, but has no entry in the registry
and opens no database: it could write nothing to Plex. What it finds it leaves to the worker that it
becomes. It imports next to nothing of the standard library and writes nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from check.schedule import pause_s
from jobs import inbox, lock, looked
from rest.arrivals import Arrivals
from rest.become import ASK, SCRIPT, SIGNALS, WATCH, WORKER, become, become_worker
from rest.code_watch import CodeWatch
from rest.orders import Orders, queue_stamp
from rest.plays import PlaysWatch
from storage.files import StorageError

TYPE_CHECKING = False  # as type checkers know it; typing is too much for a watcher
if TYPE_CHECKING:
    from collections.abc import Callable

# Between two looks for events, where the system doesn't tell of them.
POLL_S = 0.3
# Whatever else may happen can wait for so many of these looks.
SELDOM = 4
# Between two looks for everything, where it does.
TOLD_POLL_S = 1.0
# Stash may be away for so long; then the next hook, task or operation starts another worker.
ANSWERS_WITHIN_S = 7 * 86_400.0

END = "end"


def main(arguments: list[str]) -> int:
    """The exit status, if it comes to that."""
    try:
        orders = Orders.read(arguments[1:])
    except ValueError:
        sys.stderr.write("This is how PlexSync starts itself; see --help for what it can do.\n")
        return 2
    document = sys.stdin.buffer.read()
    try:
        if arguments[0] == ASK:
            import gc  # noqa: PLC0415 - no watcher needs it

            gc.disable()  # as `plex_sync.py` does
            from rest.ask import ask  # noqa: PLC0415 - it is large, and gone with its answer

            document, role, stays = ask(document)
            if stays:
                orders.end_m = max(orders.end_m, time.monotonic() + ANSWERS_WITHIN_S)
        else:
            role = _watch(orders, PlaysWatch(orders, document))
        return _go_on(role, orders, document)
    except Exception as error:  # noqa: BLE001 - its traceback goes to the log file
        from rest.ask import log_crash  # noqa: PLC0415 - seldom needed

        log_crash(error, document)
        return 1


class Watch:
    """Looks again and again what is to be done. `arrivals_are_told`: of events, see
    `rest.arrivals`; then each look is for everything."""

    def __init__(
        self,
        orders: Orders,
        plays: PlaysWatch,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        arrivals_are_told: bool = False,
    ) -> None:
        self.pause_s = TOLD_POLL_S if arrivals_are_told else POLL_S
        """Until the next look."""
        self._orders = orders
        self._plays = plays
        self._now = now
        self._monotonic = monotonic
        self._own_code = CodeWatch(SCRIPT, monotonic, orders.code)
        self._looks = 0
        self._thorough_every = 1 if arrivals_are_told else SELDOM

    def look(self) -> str:
        """What to become: END for nothing any more, "" to go on watching."""
        is_thorough = self._looks % self._thorough_every == 0
        self._looks += 1
        role = self._wanted(is_thorough)
        # Also before anything is begun: half of the new files may be missing.
        if role or is_thorough or self._own_code.is_changing:
            if self._own_code.is_outdated():
                return WORKER if os.path.exists(SCRIPT) else END
            if self._own_code.is_changing:
                return ""
        if role == ASK:
            now_m = self._monotonic()
            self._orders.ask_m = now_m + pause_s(now_m - self._orders.busy_m)
        return role

    def _wanted(self, is_thorough: bool) -> str:
        """`is_thorough`: look everywhere, and not for new events alone."""
        orders, now, now_m = self._orders, self._now(), self._monotonic()
        folders = inbox.FOLDERS if is_thorough else (inbox.FOLDER,)
        if inbox.has_event(orders.data_dir, now, folders):
            return WORKER
        if is_thorough and queue_stamp(orders.data_dir) != orders.queue:
            return WORKER
        if is_thorough and looked.at(orders.data_dir) != orders.looked_at:
            # Somebody waits to see whether all is well.
            orders.looked_at, orders.busy_m = looked.at(orders.data_dir), now_m
            orders.ask_m = now_m
        if now >= orders.due or now_m >= orders.due_m:
            return WORKER
        if now_m >= orders.end_m:
            return END
        if self._plays.has_news(now_m):
            return WORKER
        return ASK if now_m >= orders.ask_m else ""


def _watch(orders: Orders, plays: PlaysWatch) -> str:
    """What to become, once there is something to do."""
    is_told_to_end = False

    def end(_number: int, _frame: object) -> None:
        nonlocal is_told_to_end
        is_told_to_end = True

    for number in SIGNALS:
        signal.signal(number, end)
    # Before the first look: what comes after it is told.
    arrivals = Arrivals(os.path.join(orders.data_dir, inbox.FOLDER))
    watch = Watch(orders, plays, arrivals_are_told=arrivals.are_told)
    while not (role := watch.look()):
        if arrivals.wait(watch.pause_s):
            role = END
            break
    plays.end()
    arrivals.close()
    return END if is_told_to_end else role


def _go_on(role: str, orders: Orders, document: bytes) -> int:
    """The exit status, where it is over."""
    try:
        if role in (WATCH, ASK):
            become(role, orders.arguments(), document, orders.file)
        if role == WORKER:
            # It takes a moment until it takes in what waits.
            lock.mark(orders.data_dir)
            become_worker(document, _still_held(orders))
        lock.release(orders.file)
        # A hook may have seen the lock held, since it looks after it has left its event.
        if inbox.waiting(orders.data_dir) and os.path.exists(SCRIPT):
            file = lock.claim(orders.data_dir, lock.FILE_NAME)
            if file is not None:
                become_worker(document, file)
    except (OSError, StorageError):
        return 1  # the lock goes with this process, and the next hook starts another
    return 0


def _still_held(orders: Orders) -> int | None:
    """The descriptor of the lock, None if the file that others look at is another one by now."""
    held = os.fstat(orders.file)
    try:
        found = os.stat(os.path.join(orders.data_dir, lock.FILE_NAME))
    except OSError:
        found = None
    if found and (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino):
        return orders.file
    os.close(orders.file)
    return None
