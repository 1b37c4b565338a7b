"""Looking again at what was read a while ago, before it is written.

A batch is read at once and takes seconds to write where Plex is slow. What somebody edits there
meanwhile would be overwritten as if it had never been seen.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from errors import ServerUnavailable, SyncError
from ledger.rows import Intent
from pipeline.sending import Parcel, State
from plex.client import PlexClient
from plex.items import PlexItem

log = logging.getLogger(__name__)

# Older than this, what was read is read again once so many items were begun: that stays within 1.05
# requests an item. Where Plex is so slow that fewer get done, at the latest after twice the time.
FRESH_S = 1.0
WRITES_PER_READING = 40
STALE_S = 2.0


class Freshness:
    """For the parcels of one batch, which were read at `read_m` (monotonic). For several threads.

    `replan` makes an intent anew from the item as it is now, `remember` stores such intents before
    they are sent.
    """

    def __init__(
        self,
        parcels: Sequence[Parcel],
        plex: PlexClient,
        replan: Callable[[Parcel, PlexItem], Intent],
        remember: Callable[[Sequence[Intent]], None],
        read_m: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._waiting = {each.intent.item.rating_key: each for each in parcels}
        self._plex = plex
        self._replan = replan
        self._remember = remember
        self._read_m = read_m
        self._monotonic = monotonic
        self._begun = 0
        self._lock = threading.Lock()

    def ensure(self, parcel: Parcel) -> None:
        """To be called when a parcel is begun: its intent is as of a moment ago afterwards, or it
        is PREEMPTED, if the item is another one by now. Raises ServerUnavailable and LeaseLost."""
        with self._lock:
            if self._is_stale():
                self._look_again()
            self._begun += 1
            self._waiting.pop(parcel.intent.item.rating_key, None)

    def _is_stale(self) -> bool:
        age_s = self._monotonic() - self._read_m
        return age_s > STALE_S or (age_s > FRESH_S and self._begun >= WRITES_PER_READING)

    def _look_again(self) -> None:
        """One request for all that are left, up to a hundred items."""
        left = {k: each for k, each in self._waiting.items() if each.state is State.WAITING}
        read_m = self._monotonic()
        try:
            items = self._plex.items(list(left))
        except ServerUnavailable:
            raise
        except SyncError as error:
            log.debug("not read again before they are written: %s", error)
            items = {key: each.intent.item for key, each in left.items()}
        self._read_m, self._begun = read_m, 0
        news = []
        for key, each in left.items():
            item = _same(each.intent.item, items.get(key))
            if item is None:  # its file has changed, or it is gone
                each.state = State.PREEMPTED
            elif item != each.intent.item:
                each.intent = self._replan(each, item)
                news.append(each.intent)
        self._remember(news)


def _same(former: PlexItem, item: PlexItem | None) -> PlexItem | None:
    """The item, if it still holds the same files."""
    if item is None or {each.path for each in item.files} != {each.path for each in former.files}:
        return None
    return item if item.section_key else replace(item, section_key=former.section_key)
