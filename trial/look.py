"""A look at the first items that a server gets: each is stored before it is written, and read back
complete before anything else is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.sending import Parcel
from plex.client import PlexClient
from plex.items import PICTURE_LOCKS, PlexItem
from sync.pictures import PICTURES
from trial.clears import Clears
from trial.compare import (
    Difference,
    differences,
    in_capitals,
    other_locks,
)
from trial.put_back import chosen_picture
from trial.snapshot import Snapshot, of_item
from trial.surprise import raise_for
from trial.written import Written, written

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Flown:
    """An item that something is written to, how it was before, and how a look has found it; None
    for not yet."""

    item: PlexItem
    before: Snapshot
    written: Written
    found: Snapshot | None = None


class Look:
    """At one portion; see `pipeline.sending.Inspection`. `note`: stores items before anything is
    sent to them; `looked_at`: that these came as they were written. `seen`: how many did, `flown`:
    all that something was sent to, by rating key."""

    def __init__(
        self,
        plex: PlexClient,
        note: Callable[[Mapping[int, Flown]], None],
        looked_at: Callable[[Iterable[int]], None],
        *,
        is_first: bool,
    ) -> None:
        self.plex = plex
        self.seen = 0
        self.flown: dict[int, Flown] = {}
        self.clears = Clears()
        self._came: set[int] = set()
        self._note = note
        self._looked_at = looked_at
        self._is_first = is_first
        self._told_of_locks = False
        self._lock = threading.Lock()

    def is_to_be_sent(self, parcels: Sequence[Parcel]) -> None:
        new = {}
        for parcel in parcels:
            item = parcel.intent.item
            new[item.rating_key] = Flown(item, of_item(item), written(parcel))
        self._note(new)
        with self._lock:
            self.flown |= new

    def text_is_there(self, parcels: Sequence[Parcel]) -> None:
        edited = [each for each in parcels if each.is_confirmed]
        self._compare(edited)
        if self._is_first:
            for each in edited:
                flown = self.flown[each.intent.item.rating_key]
                chosen = self._others(flown)
                flown.before = replace(flown.before, chosen=chosen)

    def all_is_there(self, parcels: Sequence[Parcel]) -> None:
        finished = [each for each in parcels if each.is_finished and each.pictures.changes]
        self._compare(finished)
        for each in finished:
            flown = self.flown[each.intent.item.rating_key]
            raise_for(each.scene.id, self._pictures(flown, each))
        for key, flown in self.flown.items() if self._is_first else ():
            if flown.before.chosen and (came := self._others(flown)) != flown.before.chosen:
                self._found(key, chosen=came)
                other = Difference("pictures", "those that were chosen", "others")
                raise_for(flown.written.scene_id, [other])
        # Neither what went in that moment nor what needed no write says anything of the server.
        self.seen = len(self._came)
        self._looked_at(
            key
            for each in parcels
            if (key := each.intent.item.rating_key) in self.flown
            and (key in self._came or not (each.intent.plan.edits or each.pictures.changes))
            and (each.is_finished or (each.is_confirmed and not self.flown[key].written.pictures))
        )

    def _compare(self, parcels: Sequence[Parcel]) -> None:
        if not parcels:
            return
        items = self.plex.items([each.intent.item.rating_key for each in parcels])
        looks: list[tuple[Parcel, Written, Snapshot, Snapshot]] = []
        for parcel in parcels:
            key = parcel.intent.item.rating_key
            if key in items:  # else it went in this moment
                before, now = of_item(parcel.intent.item), of_item(items[key])
                self.flown[key].found = now
                self._came.add(key)
                looks.append((parcel, written(parcel), before, now))
        for parcel, sent, before, now in looks:
            raise_for(parcel.scene.id, differences(sent, before, now))
            self._tell_of_locks(parcel, other_locks(sent, before, now))
            self.clears.note_parcel(parcel, items[parcel.intent.item.rating_key].state)
        if looks:
            raise_for(looks[0][0].scene.id, in_capitals([each[1:] for each in looks]))

    def _tell_of_locks(self, parcel: Parcel, found: Sequence[Difference]) -> None:
        if found and not self._told_of_locks:
            self._told_of_locks = True
            log.warning(
                "Plex has other locks than it was told with scene %d: %s. Its next refresh may "
                "change these fields",
                parcel.scene.id,
                "; ".join(map(str, found)),
            )

    def _pictures(self, flown: Flown, parcel: Parcel) -> list[Difference]:
        """Of the pictures that were sent, those that aren't the chosen ones."""
        found = []
        for change in parcel.pictures.changes:
            key = PICTURE_LOCKS[change.name]
            chosen = chosen_picture(self.plex, flown.item, change.name)
            sent = written(parcel).pictures[key]
            self._found(flown.item.rating_key, chosen={key: chosen})
            if not sent.is_shown(chosen):
                expected = "the picture that was sent"
                found.append(Difference(change.name, expected, "another one", is_written=True))
        return found

    def _found(self, key: int, *, chosen: Mapping[str, str]) -> None:
        flown = self.flown[key]
        known = flown.found or flown.before
        flown.found = replace(known, chosen={**known.chosen, **chosen})

    def _others(self, flown: Flown) -> dict[str, str]:
        """Which pictures are chosen that we don't change."""
        names = {name: key for name, key in PICTURE_LOCKS.items() if name in PICTURES}
        return {
            key: chosen_picture(self.plex, flown.item, name)
            for name, key in names.items()
            if key not in flown.written.pictures
        }
