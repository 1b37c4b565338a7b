"""First writes that are taken back, and those of a process that ended before it had looked."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from errors import Outage, SettingsError, SyncError
from ledger.first_writes import FirstWrite, FirstWrites
from ledger.former_rows import Row
from ledger.ledger import Ledger
from pictures.original import shown_before
from plex.client import PlexClient
from plex.items import EDIT_KEYS, PICTURE_LOCKS, PlexItem
from plex.pictures import list_pictures
from trial.aim import aim
from trial.compare import differences, in_capitals
from trial.look import Flown
from trial.put_back import differences as others
from trial.put_back import put_back
from trial.snapshot import load, of_item
from trial.written import load_written

log = logging.getLogger(__name__)

_PICTURES = {key: name for name, key in PICTURE_LOCKS.items()}
_NAMES = _PICTURES | {key: name for name, key in EDIT_KEYS.items()}


def stored(
    flown: Mapping[int, Flown], rows: Mapping[int, Row | None], version: str, owner: str
) -> list[FirstWrite]:
    """As they are to be stored. `rows`: what the ledger knew of them before."""
    return [
        FirstWrite(
            key,
            version,
            each.before.dump(),
            each.written.dump(),
            each.found.dump() if each.found else "",
            json.dumps(rows.get(key)),
            owner,
        )
        for key, each in flown.items()
    ]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What became of an item. `left`: what isn't as it was to be, by the names of the settings
    where it has one; `is_over`: whether nothing is left to be tried again."""

    left: tuple[str, ...] = ()
    is_over: bool = True


class FirstWriteKeeper:
    """For one worker; `now` gives epoch seconds."""

    def __init__(self, ledger: Ledger, book: FirstWrites, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._book = book
        self._now = now

    def take_back(self, plex: PlexClient, each: FirstWrite, *, is_again: bool = False) -> TakenBack:
        """Put the item back, but for what somebody has changed since, and the ledger's row as well.
        `is_again`: this may have been begun before. Raises Outage and SettingsError."""
        server, key = plex.machine_identifier, each.rating_key
        before, written = load(each.before), load_written(each.written)
        item = plex.items([key]).get(key)
        if item is None or not before.is_of(item):
            self._book.looked_at(server, key)
            return TakenBack()
        row = json.loads(each.former)
        self._ledger.former.bring_back(server, {key: tuple(row) if row else None})
        found = load(each.found) if each.found else None
        chosen, unlisted = self._chosen(plex, item, each)
        wanted = aim(before, written, found, of_item(item), chosen, is_again=is_again)
        left = put_back(plex, item, wanted) + unlisted
        if not unlisted:
            self._book.taken_back(server, key, self._now())
        names = dict.fromkeys(_told(name) for name in left)
        return TakenBack(tuple(names), is_over=not unlisted)

    def look_after(self, plex: PlexClient, is_alive: Callable[[str], bool]) -> int:
        """Look at what a process that is gone, or this one when Plex was away, has written without
        a look; how many items are as they were written, by a server of this version. The others
        are taken back. Raises Outage and SettingsError."""
        server = plex.machine_identifier
        unseen = [each for each in self._book.unseen(server) if not is_alive(each.owner)]
        if not unseen:
            return 0
        items = plex.items([each.rating_key for each in unseen])
        return sum(self._look(plex, each, items.get(each.rating_key)) for each in unseen)

    def _look(self, plex: PlexClient, each: FirstWrite, item: PlexItem | None) -> bool:
        server, key, before = plex.machine_identifier, each.rating_key, load(each.before)
        written = load_written(each.written)
        is_gone = item is None or not before.is_of(item)
        if item is None or is_gone or self._ledger.is_unmanaged(server, key):
            self._book.looked_at(server, key)
            return False
        now, sent = of_item(item), written.text_alone()
        is_right = not differences(sent, before, now) and not in_capitals([(sent, before, now)])
        has_text = bool(sent.texts or sent.tags)
        # What is stored as found is to be taken back, right or not: there was a surprise.
        stays = is_right and has_text and not each.found
        if stays or not (others(before, now) or written.pictures):
            self._book.looked_at(server, key)
            return has_text and not written.pictures and each.version == plex.version
        try:
            taken_back = self.take_back(plex, each, is_again=True)
        except (Outage, SettingsError):
            raise
        except SyncError as error:
            taken_back = TakenBack((str(error),))
        if taken_back.left:
            # Tried again for ever it would keep everything else from being written.
            self._book.taken_back(server, key, self._now())
            told = "item %d could not be put back as it was before an interrupted first write: %s"
            log.warning(told, key, ", ".join(taken_back.left))
        else:
            log.info("item %d: an interrupted first write is taken back", key)
        return False

    def _chosen(
        self, plex: PlexClient, item: PlexItem, each: FirstWrite
    ) -> tuple[dict[str, str], list[str]]:
        """Which pictures are to be chosen, of those that are as we, or the server, have made them;
        and the names of those that can't be listed."""
        before, written = load(each.before), load_written(each.written)
        found = load(each.found).chosen if each.found else {}
        wanted, unlisted = {}, []
        for key in dict.fromkeys([*written.pictures, *before.chosen]):
            try:
                listed = list_pictures(plex, item, _PICTURES[key])
            except (Outage, SettingsError):
                raise
            except SyncError as error:
                log.debug("the %s of item %d stays: %s", _PICTURES[key], item.rating_key, error)
                unlisted.append(_PICTURES[key])
                continue
            chosen = next((x.key for x in listed if x.is_chosen), "")
            sent = written.pictures.get(key)
            is_ours = sent.is_shown(chosen) if sent else False
            if is_ours or found.get(key) == chosen:
                wanted[key] = (
                    shown_before(sent.memory, listed) if sent else before.chosen.get(key, "")
                )
        return wanted, unlisted


def _told(name: str) -> str:
    """A field of Plex's, or its lock, in our words."""
    key = name.removeprefix("lock of ")
    return f"{name.removesuffix(key)}{_NAMES.get(key, key)}"
