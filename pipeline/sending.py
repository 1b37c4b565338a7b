"""Sending a batch's items to Plex: several at a time, equal edits together, giving way if asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from errors import Outage, ServerUnavailable, SettingsError, SyncError
from ledger.ledger import Ledger
from ledger.rows import Intent
from net.deadline import at_most
from pictures.artwork import Artwork
from pictures.plan import PicturePlan
from pictures.upload_pool import PicturePost
from plex.client import PlexClient
from plex.edits import send_plan
from plex.exceptions import PlexNotFound, PlexPermanentError, PlexTemporaryError
from plex.items import PlexItem
from stash.exceptions import StashPictureError
from sync.plan import Plan
from validation.scene import Scene

log = logging.getLogger(__name__)

# How long a text may wait for what its picture is to be: the lock travels with it.
LOOK_TAKES_S = 15.0


class State(Enum):
    """What became of an item."""

    WAITING = "not written yet"
    SENT = "Plex has confirmed it, but for pictures that may follow"
    REFUSED = "some of it failed, although the rest may be written"
    PREEMPTED = "not begun: something more urgent waits, Plex is down, or it has another file"
    UNMANAGED = "not begun: it was restored or handed over meanwhile"


@dataclass(slots=True)
class Parcel:
    """One item on its way, and what became of it.

    `error`: why it is REFUSED. `is_confirmed`: Plex has confirmed the plan's edits. `is_postponed`:
    its pictures are another try's matter. `is_finished`: nothing is left to send.
    """

    intent: Intent
    scene: Scene
    pictures: PicturePlan = field(default_factory=PicturePlan)
    state: State = State.WAITING
    error: SyncError | None = None
    is_confirmed: bool = False
    is_postponed: bool = False
    is_finished: bool = False

    @property
    def likeness(self) -> Hashable:
        """Parcels of the same likeness need the same requests, but for the rating key."""
        item, edits = self.intent.item, self.intent.plan.edits
        shape = tuple((each.field, each.new, each.lock, each.removed) for each in edits)
        return item.section_key, item.type, shape

    def refuse(self, error: SyncError) -> None:
        """What went wrong first counts."""
        if self.state in (State.WAITING, State.SENT):
            self.state, self.error = State.REFUSED, error

    def confirm(self) -> None:
        """Plex has confirmed the edits, if there are any."""
        if self.state is State.WAITING:
            self.state = State.SENT
        self.is_confirmed = bool(self.intent.plan.edits)
        self.is_finished = not self.pictures.changes


class Inspection(Protocol):
    """Looks at the first items that a server gets. Raises what is to end the batch."""

    def is_to_be_sent(self, parcels: Sequence[Parcel]) -> None:
        """Called before anything of these is sent, from several threads."""

    def text_is_there(self, parcels: Sequence[Parcel]) -> None:
        """Called once their texts are sent, and before any of their pictures."""

    def all_is_there(self, parcels: Sequence[Parcel]) -> None:
        """Called once nothing is under way any more."""


class Sender:
    """Sends the parcels of one batch and notes in each what became of it.

    What `plex` raises beside SyncError (LeaseLost) stops the whole batch. `post` sends the
    pictures. `gives_way` tells that what was not begun is to wait. `inspection`: has the pictures
    wait until all texts were looked at.
    """

    def __init__(
        self,
        plex: PlexClient,
        ledger: Ledger,
        artwork: Artwork,
        post: PicturePost,
        concurrency: int,
        gives_way: Callable[[], bool],
        inspection: Inspection | None = None,
    ) -> None:
        self._plex = plex
        self._server = plex.machine_identifier
        self._ledger = ledger
        self._artwork = artwork
        self._post = post
        self._concurrency = concurrency
        self._gives_way = gives_way
        self._inspection = inspection
        self._held: list[Parcel] = []
        self._freshen: Callable[[Parcel], None] = lambda _parcel: None
        self._begun = 0
        self._parts_are_vain = False
        self._is_down = False

    def send(self, parcels: Sequence[Parcel], freshen: Callable[[Parcel], None]) -> None:
        """Items with a changed picture one by one, its text first; the others in groups. `freshen`
        is called with each before it is written; see `pipeline.freshness`."""
        self._freshen = freshen
        try:
            with ThreadPoolExecutor(self._concurrency) as pool:
                list(pool.map(self._look, [each for each in parcels if self.needs_look(each)]))
                left = [each for each in parcels if each.state is State.WAITING]
                list(pool.map(self._write, _groups(left)))
            if self._inspection:
                self._inspection.text_is_there(parcels)
            for each in self._held:
                self._post_pictures(each)
        finally:
            self._post.finish()
        if self._inspection:
            self._inspection.all_is_there(parcels)

    def needs_look(self, parcel: Parcel) -> bool:
        """Whether Stash has to be asked for the cover."""
        return self._artwork.needs_look(parcel.intent, parcel.scene)

    def _look(self, parcel: Parcel) -> None:
        if not self._may_begin(parcel):
            return
        if self._post.is_closed:
            parcel.is_postponed = True
        elif self._try(parcel, self._examine) and parcel.pictures.changes:
            self._try(parcel, self._finish_fresh)
            if parcel.state is State.SENT or parcel.is_confirmed:
                (self._held.append if self._inspection else self._post_pictures)(parcel)

    def _write(self, parcels: Sequence[Parcel]) -> None:
        ready = [
            each for each in parcels if self._may_begin(each) and self._try(each, self._freshen)
        ]
        self._announce(ready)
        # What was read again may need other edits than its neighbours by now.
        for alike in _groups(ready):
            self._write_group(alike)

    def _write_group(self, ready: Sequence[Parcel]) -> None:
        if len(ready) > 1 and self._write_alike(ready):
            return
        for number, each in enumerate(ready):
            if number == 0 or self._may_begin(each):
                self._try(each, self._finish)

    def _write_alike(self, parcels: Sequence[Parcel]) -> bool:
        """One request for all; False if they have to be tried one by one, so that one that Plex
        refuses doesn't fail its neighbours."""
        try:
            items = [each.intent.item for each in parcels]
            send_plan(self._plex, items, parcels[0].intent.plan)
        except (Outage, SettingsError) as error:
            for each in parcels:
                self._refuse(each, error)
            return True
        except SyncError as error:
            log.debug("%d items together: %s; trying one by one", len(parcels), error)
            return False
        for each in parcels:
            each.confirm()
        return True

    def _may_begin(self, parcel: Parcel) -> bool:
        """If not, the parcel's state says why."""
        intent = parcel.intent
        is_known = bool(intent.plan.edits) or intent.memory.original is not None
        if self._has_to_wait():
            parcel.state = State.PREEMPTED
        elif is_known and self._ledger.is_unmanaged(self._server, intent.item.rating_key):
            parcel.state = State.UNMANAGED
        return parcel.state is State.WAITING

    def _has_to_wait(self) -> bool:
        # The rest of the batch needn't wait for the same timeout, one after another. It spends no
        # attempt, should it turn out that the one item was at fault.
        if self._is_down:
            return True
        # The first ones go in any case, or a batch might never get on.
        self._begun += 1
        return self._begun > self._concurrency and self._gives_way()

    def _examine(self, parcel: Parcel) -> None:
        """A picture that can't be had doesn't hold up the fields."""
        has_text = bool(parcel.intent.plan.edits)
        try:
            with at_most(LOOK_TAKES_S) if has_text else nullcontext():
                pictures = self._artwork.examine(parcel.intent, parcel.scene)
            self._artwork.announce(self._server, parcel.intent, pictures)
        except ServerUnavailable as error:
            self._post.failed(error)
            parcel.is_postponed = True
            return
        except (StashPictureError, PlexPermanentError, PlexTemporaryError, PlexNotFound) as error:
            if has_text:
                self._finish_fresh(parcel)
            parcel.refuse(error)
            return
        parcel.pictures = pictures
        if not (pictures.changes or has_text):
            parcel.confirm()

    def _post_pictures(self, parcel: Parcel) -> None:
        """Beside all else. A picture on which the text has waited long enough is another try's."""

        def postpone() -> None:
            parcel.is_postponed, parcel.pictures = True, PicturePlan()

        if not parcel.pictures.changes:
            return  # they lack their locks
        key = parcel.intent.item.rating_key
        self._post.send(key, lambda: self._send_pictures(parcel), postpone)

    def _send_pictures(self, parcel: Parcel) -> None:
        """Raises Outage, and what ends the batch."""
        item, plan = parcel.intent.item, parcel.intent.plan
        ahead = parcel.pictures.locks_ahead(item.state.locked) if plan.edits else ()
        try:
            sent = self._artwork.apply(parcel.intent, parcel.pictures)
            locks = dict(sent.plan.locks(item.state.locked))
            # What isn't there needn't be kept from anybody.
            vain = {name: False for name, _ in ahead if name not in locks}
            locks = {name: lock for name, lock in locks.items() if (name, lock) not in ahead}
            after = tuple((locks | vain).items())
            if after:
                send_plan(self._plex, [item], replace(plan, edits=(), locks=after))
        except Outage:
            raise
        except SyncError as error:
            parcel.refuse(error)
            parcel.pictures = PicturePlan()
            if ahead:
                undone = tuple((name, False) for name, _ in ahead)
                with suppress(SyncError):
                    send_plan(self._plex, [item], replace(plan, edits=(), locks=undone))
            return
        parcel.is_finished = True
        parcel.pictures = sent.plan.without_content()
        if sent.refused:
            parcel.refuse(sent.refused)

    def _finish_fresh(self, parcel: Parcel) -> None:
        self._freshen(parcel)
        if parcel.state is State.WAITING:
            self._announce([parcel])
            self._finish(parcel)

    def _announce(self, parcels: Sequence[Parcel]) -> None:
        if self._inspection and parcels:
            self._inspection.is_to_be_sent(parcels)

    def _finish(self, parcel: Parcel) -> None:
        """The text, with the locks of the pictures that are to follow."""
        intent = parcel.intent
        if intent.plan.edits:
            locks = parcel.pictures.locks_ahead(intent.item.state.locked)
            self._send_fields(parcel, replace(intent.plan, locks=locks))
        parcel.confirm()

    def _send_fields(self, parcel: Parcel, plan: Plan) -> None:
        """All in one go; if Plex refuses that, field by field, so that one which it doesn't take
        doesn't keep the others away."""
        item = parcel.intent.item
        try:
            send_plan(self._plex, [item], plan)
            return
        except (Outage, SettingsError):
            raise
        except (PlexPermanentError, PlexTemporaryError) as error:
            parts = plan.parts()
            if len(parts) == 1 or self._parts_are_vain:
                raise
            refused = [each for each in parts if self._is_refused(item, each)]
            if len(refused) == len(parts):
                self._parts_are_vain = True
                raise
            parcel.refuse(_refusal(error, refused))
        if any(each.locks for each in refused):
            # Without their locks the pictures aren't finished: the next look has to begin anew.
            parcel.pictures = PicturePlan()
        names = {edit.field for each in refused for edit in each.edits}
        rest = parcel.intent.plan.without(names, parcel.intent.memory.baseline)
        parcel.intent = replace(parcel.intent, plan=rest)

    def _is_refused(self, item: PlexItem, part: Plan) -> bool:
        try:
            send_plan(self._plex, [item], part)
        except (Outage, SettingsError):
            raise
        except (PlexPermanentError, PlexTemporaryError):
            return True
        return False

    def _try(self, parcel: Parcel, step: Callable[[Parcel], None]) -> bool:
        """Whether the parcel is still to be written after the step."""
        try:
            step(parcel)
        except SyncError as error:
            self._refuse(parcel, error)
        return parcel.state is State.WAITING

    def _refuse(self, parcel: Parcel, error: SyncError) -> None:
        parcel.refuse(error)
        if isinstance(error, Outage):
            self._is_down = True


def _refusal(error: SyncError, refused: Sequence[Plan]) -> SyncError:
    """What to tell of an item of which the rest was written."""
    names = [edit.field for each in refused for edit in each.edits]
    what = ", ".join(names) or "a lock"
    return type(error)(f"all but {what} was written: {error}", advice=error.advice)


def _groups(parcels: Iterable[Parcel]) -> list[list[Parcel]]:
    """Those of one likeness together."""
    groups: dict[Hashable, list[Parcel]] = {}
    for each in parcels:
        groups.setdefault(each.likeness, []).append(each)
    return list(groups.values())
