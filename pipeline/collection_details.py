"""What a collection that we created shows: poster, summary and order, as Stash has them.

Whatever goes wrong here is tried again with a later batch and never fails a scene.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from errors import Outage, SyncError
from ledger.ledger import NO_SCENE, Ledger
from ledger.own_collections import OwnCollection, Place
from ledger.rows import Entry, Intent
from pictures.artwork import Artwork
from pictures.plan import PicturePlan
from plex.client import PlexClient
from plex.collection import (
    ListedCollection,
    collections_by_title,
    list_members,
    move_member,
    order_wanted,
)
from plex.edits import send_plan
from plex.exceptions import PlexNotFound
from plex.items import PlexItem
from stash.client import Description, StashClient
from stash.pictures import CoverAnswer, NoCover
from sync.arrival import as_of, seen
from sync.collection import CUSTOM, desired_description, is_final, moves, wanted_order
from sync.fields import ORDER
from sync.merge import merge
from sync.pictures import POSTER
from sync.presumption import presume_ours, presume_pictures
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

# Moving costs a request per item; more members are left as they are.
MOST_SORTED = 100
AT_ONCE = 2
# For what scenes tell no time of change of: looked at once.
SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Due:
    """One of ours that is to be looked at. `order`: as it is to be sorted, "" for whatever it is;
    `numbers`: of the group's scenes, if it is to be sorted by hand."""

    own: OwnCollection
    order: str = ""
    numbers: Mapping[int, int] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.own.place


class CollectionDetails:
    """For one batch. Raises LeaseLost and StorageError, nothing else."""

    def __init__(
        self,
        config: PlexSyncConfig,
        stash: StashClient,
        plex: PlexClient,
        ledger: Ledger,
        artwork: Artwork,
        now: Callable[[], float],
    ) -> None:
        self._config = config
        self._stash = stash
        self._plex = plex
        self._ledger = ledger
        self._artwork = artwork
        self._now = now

    def furnish(self, server: str, due: Sequence[Due], gives_way: Callable[[], bool]) -> None:
        """Bring them in step. What isn't begun, since `gives_way`, comes with the next batch."""
        try:
            if not gives_way():
                self._furnish(server, due, gives_way)
        except SyncError as error:
            log.debug("collections are left for the next batch: %s", error)

    def _furnish(self, server: str, due: Sequence[Due], gives_way: Callable[[], bool]) -> None:
        due = self._with_keys(server, due)
        items = self._plex.items([each.own.rating_key or 0 for each in due])
        gone = [each.place for each in due if each.own.rating_key not in items]
        self._ledger.collections.forget(server, gone)
        due = [each for each in due if each.own.rating_key in items]
        entries = self._ledger.recall(server, [(item, NO_SCENE) for item in items.values()])
        doubted = self._ledger.doubts.among(server, items)
        self._ledger.doubts.remember(server, doubted)
        looked_at = self._now()
        told = self._stash.descriptions([(each.own.kind, each.own.source_id) for each in due])
        due = [self._with_numbers(each) for each in due]

        def furnish_one(each: Due, description: Description | None) -> None:
            if not gives_way():
                key = each.own.rating_key or 0
                entry = entries[key]
                if key in doubted and description is not None:
                    entry = self._presumed(entry, items[key], each, description)
                self._furnish_one(server, each, items[key], entry, description, looked_at)

        with ThreadPoolExecutor(min(AT_ONCE, self._config.concurrency)) as pool:
            list(pool.map(furnish_one, due, told))

    def _presumed(self, entry: Entry, item: PlexItem, due: Due, told: Description) -> Entry:
        """Of a collection of which the last writes are forgotten."""
        desired = desired_description(told.text, due.order, self._config)
        return replace(
            entry,
            memory=presume_ours(entry.memory, item.state, desired),
            pictures=presume_pictures(entry.pictures, (POSTER,)),
        )

    def _with_keys(self, server: str, due: Sequence[Due]) -> list[Due]:
        """With the rating keys of those that Plex has just made; without those that it hasn't.

        Plex may list a collection a moment after it has confirmed the edit that made it. So one
        that isn't listed is looked for once more, a while later, before it counts as not made.
        """
        sections = sorted({each.place[0] for each in due if each.own.rating_key is None})
        there = {
            (section, name): found
            for section in sections
            for name, found in self._listed(section).items()
        }
        made = {
            each.place: replace(each.own, rating_key=there[each.place].rating_key)
            for each in due
            if each.own.rating_key is None and each.place in there
        }
        unlisted = [x.own for x in due if x.own.rating_key is None and x.place not in made]
        later = [replace(x, failed_at=self._now()) for x in unlisted if x.failed_at is None]
        self._ledger.collections.remember(server, [*made.values(), *later])
        self._ledger.collections.forget(
            server, [each.place for each in unlisted if each.failed_at is not None]
        )
        missing = {each.place for each in unlisted}
        return [
            replace(each, own=made.get(each.place, each.own))
            for each in due
            if each.place not in missing
        ]

    def _listed(self, section: str) -> Mapping[str, ListedCollection]:
        try:
            return collections_by_title(self._plex, section)
        except PlexNotFound:
            return {}  # with their library

    def _with_numbers(self, due: Due) -> Due:
        if due.order != CUSTOM:
            return due
        return replace(due, numbers=self._stash.group_numbers(due.own.source_id))

    def _furnish_one(
        self,
        server: str,
        due: Due,
        item: PlexItem,
        entry: Entry,
        told: Description | None,
        looked_at: float,
    ) -> None:
        own, hint = due.own, told.updated_at if told else ""
        try:
            if told is not None and not entry.memory.is_unmanaged:
                self._write(server, due, item, entry, told)
        except Outage as error:
            log.debug("collection %s: %s", item.title, error)
            # Its source may not change again, so a later batch has to take it along.
            own = replace(own, hint="")
        except SyncError as error:
            log.warning("collection %s: %s. %s", item.title, error, error.advice)
            own = replace(own, hint="", failed_at=self._now())
        else:
            own = replace(
                own,
                hint=_hint(own, told) if is_final(hint, looked_at) else "",
                sorting=due.order or own.sorting,
                failed_at=None,
            )
        self._ledger.collections.remember(server, [own])

    def _write(
        self, server: str, due: Due, item: PlexItem, entry: Entry, told: Description
    ) -> None:
        """Noted before it is sent, like the edits of items."""
        memory = seen(as_of(entry.memory, self._now()), item.state)
        plan = merge(
            memory,
            item.state,
            desired_description(told.text, due.order, self._config),
            keep_plex_edits=self._config.keep_plex_edits,
            uncleared=self._config.uncleared,
        )
        intent = Intent(item, NO_SCENE, memory, plan, entry.pictures)
        if self._ledger.is_unmanaged(server, item.rating_key):
            return
        if plan.edits:
            self._ledger.intend(server, [intent])
        poster = self._send_poster(server, intent, due.own, told)
        locks = poster.locks(item.state.locked) if isinstance(poster, PicturePlan) else ()
        send_plan(self._plex, [item], replace(plan, locks=locks))
        if plan.edits or memory.pending:
            self._ledger.confirm(server, [intent], self._now())
        # Of those that have never had one of ours nothing need be known.
        if isinstance(poster, PicturePlan) and (poster.changes or entry.pictures):
            self._artwork.confirm(server, [(intent, poster)])
        if due.order == CUSTOM and CUSTOM in (order_wanted(plan.edits), item.state.text(ORDER)):
            self._arrange(server, item, due.numbers)
        if isinstance(poster, SyncError):
            raise poster

    def _send_poster(
        self, server: str, intent: Intent, own: OwnCollection, told: Description
    ) -> PicturePlan | SyncError:
        """What was sent, or what went wrong: a poster that can't be had doesn't hold up the
        rest."""

        def ask(etag: str) -> CoverAnswer:
            return (
                self._stash.picture(own.kind, own.source_id, etag)
                if told.has_picture
                else NoCover()
            )

        try:
            pictures = self._artwork.examine_poster(intent, ask)
            self._artwork.announce(server, intent, pictures)
            sent = self._artwork.apply(intent, pictures)
        except Outage:
            raise
        except SyncError as error:
            return error
        if sent.refused:
            log.warning("%s: %s. %s", intent.subject, sent.refused, sent.refused.advice)
        return sent.plan

    def _arrange(self, server: str, item: PlexItem, numbers: Mapping[int, int]) -> None:
        """Move its members into the order of their scenes' numbers, by the fewest requests."""
        members = list_members(self._plex, item, MOST_SORTED)
        if members is None:
            log.debug("collection %s: more than %d items are not sorted", item.title, MOST_SORTED)
            return
        scene_ids = self._ledger.scene_ids(server, members)
        by_key = {key: numbers[each] for key, each in scene_ids.items() if each in numbers}
        for key, after in moves(members, wanted_order(members, by_key)):
            move_member(self._plex, item, key, after)


def _hint(own: OwnCollection, told: Description | None) -> str:
    """What to compare the next scenes' answers with."""
    return SEEN if own.kind == "tag" or told is None else told.updated_at or SEEN
