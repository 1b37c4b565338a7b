"""Sending a batch's items to Plex: several at a time, equal edits together, giving way if asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace

from errors import ServerUnavailable, SettingsError, SyncError
from ledger.ledger import Intent, Ledger
from net.deadline import at_most
from pictures.artwork import Artwork, PicturePlan
from pictures.upload_pool import PicturePatience, PicturePost
from pipeline.unmanaged import RELEASED
from plex.exceptions import PlexPermanentError, PlexTemporaryError
from plex.items import PlexItem
from stash.exceptions import StashUnauthorized
from sync.plan import Plan
from validation.scene import Scene

log = logging.getLogger(__name__)

# How long a text may wait for what its picture is to be: the lock travels with it.
LOOK_TAKES_S = 15.0

Update = Callable[[PlexItem, Plan], None]
UpdateAlike = Callable[[Sequence[PlexItem], Plan], None]


class RestoredMeanwhile(SyncError):
    """The item was restored while its batch was being written; never an outcome."""


class Preempted(SyncError):
    """The item was not begun, since something more urgent waits; never an outcome."""


@dataclass(slots=True)
class Parcel:
    """One item on its way, and what became of it.

    `error`: what of it failed, although the rest may be written. `is_begun`: something was sent.
    `is_confirmed`: Plex has confirmed the plan's edits. `is_postponed`: its pictures are another
    try's matter. `is_finished`: nothing is left to send.
    """

    intent: Intent
    scene: Scene
    pictures: PicturePlan = field(default_factory=PicturePlan)
    error: SyncError | None = None
    is_begun: bool = False
    is_confirmed: bool = False
    is_postponed: bool = False
    is_finished: bool = False

    @property
    def likeness(self) -> Hashable:
        """Parcels of the same likeness need the same requests, but for the rating key."""
        item, edits = self.intent.item, self.intent.plan.edits
        shape = tuple((each.field, each.new, each.lock, each.removed) for each in edits)
        return item.section_key, item.type, shape


class Sender:
    """Sends the parcels of one batch and notes in each what became of it.

    `update` sends one item's plan, `update_alike` the same plan to several items (None: always one
    by one); both return once Plex has confirmed it and raise SyncError for what went wrong, or
    anything else (LeaseLost) to stop the whole batch. Without `artwork` pictures are left alone.
    `gives_way` tells that what was not begun is to wait. `freshen` is called with each parcel
    before it is written; see `pipeline.freshness`. `post` sends the pictures.
    """

    def __init__(
        self,
        ledger: Ledger,
        server: str,
        update: Update,
        update_alike: UpdateAlike | None = None,
        artwork: Artwork | None = None,
        *,
        concurrency: int = 4,
        gives_way: Callable[[], bool] = lambda: False,
        post: PicturePost | None = None,
    ) -> None:
        self._post = post or PicturePost(PicturePatience(), lambda: False)
        self._ledger = ledger
        self._server = server
        self._update = update
        self._update_alike = update_alike
        self._artwork = artwork
        self._concurrency = concurrency
        self._gives_way = gives_way
        self.freshen: Callable[[Parcel], None] = lambda _parcel: None
        self._begun = 0
        self._parts_are_vain = False
        self._outage: ServerUnavailable | None = None

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Items with a changed picture one by one, its text first; the others in groups."""
        try:
            with ThreadPoolExecutor(self._concurrency) as pool:
                list(pool.map(self._look, [each for each in parcels if self.needs_look(each)]))
                left = [each for each in parcels if not (each.is_begun or each.error)]
                list(pool.map(self._write, _groups(left, are_made=self._update_alike is not None)))
        finally:
            self._post.finish()

    def needs_look(self, parcel: Parcel) -> bool:
        """Whether Stash has to be asked for the cover."""
        return bool(self._artwork and self._artwork.needs_look(parcel.intent, parcel.scene))

    def _look(self, parcel: Parcel) -> None:
        if not self._try(parcel, self._check) or self._artwork is None:
            return
        if self._post.is_closed:
            parcel.is_postponed = True
        elif self._try(parcel, self._examine) and parcel.pictures.changes:
            parcel.is_begun = True
            if self._try(parcel, self._finish_fresh) or parcel.is_confirmed:
                self._post_pictures(parcel)

    def _write(self, parcels: Sequence[Parcel]) -> None:
        ready = [
            each
            for each in parcels
            if self._try(each, self._check) and self._try(each, self.freshen)
        ]
        # What was read again may need other edits than its neighbours by now.
        for alike in _groups(ready, are_made=self._update_alike is not None):
            self._write_group(alike)

    def _write_group(self, ready: Sequence[Parcel]) -> None:
        if len(ready) > 1 and self._write_alike(ready):
            return
        for number, each in enumerate(ready):
            if number == 0 or self._try(each, self._check):
                self._try(each, self._finish)

    def _write_alike(self, parcels: Sequence[Parcel]) -> bool:
        """One request for all; False if they have to be tried one by one, so that one that Plex
        refuses doesn't fail its neighbours."""
        assert self._update_alike is not None
        try:
            items = [each.intent.item for each in parcels]
            self._update_alike(items, parcels[0].intent.plan)
        except (ServerUnavailable, SettingsError) as error:
            for each in parcels:
                self._note(each, error)
            return True
        except SyncError as error:
            log.debug("%d items together: %s; trying one by one", len(parcels), error)
            return False
        for each in parcels:
            self._confirmed(each)
        return True

    def _check(self, parcel: Parcel) -> None:
        """Raises what keeps the item from being begun."""
        # The rest of the batch needn't wait for the same timeout, one after another. It spends no
        # attempt, should it turn out that the one item was at fault.
        if self._outage:
            raise Preempted("Plex doesn't answer")
        # The first ones go in any case, or a batch might never get on.
        self._begun += 1
        if self._begun > self._concurrency and self._gives_way():
            raise Preempted("something more urgent waits")
        intent = parcel.intent
        is_known = bool(intent.plan.edits) or intent.memory.original is not None
        if is_known and self._ledger.is_released(self._server, intent.item.rating_key):
            raise RestoredMeanwhile(f"scene {intent.scene_id}: {RELEASED}")

    def _examine(self, parcel: Parcel) -> None:
        """A picture that can't be had doesn't hold up the fields."""
        assert self._artwork is not None
        has_text = bool(parcel.intent.plan.edits)
        try:
            with at_most(LOOK_TAKES_S) if has_text else nullcontext():
                pictures = self._artwork.examine(parcel.intent, parcel.scene)
            self._artwork.announce(self._server, parcel.intent, pictures)
        except StashUnauthorized:
            raise
        except ServerUnavailable as error:
            self._post.failed(error)
            parcel.is_postponed = True
            return
        except SyncError as error:
            if has_text:
                self._finish_fresh(parcel)
            parcel.error = parcel.error or error
            return
        parcel.pictures = pictures
        if not (pictures.changes or has_text):
            self._confirmed(parcel)

    def _post_pictures(self, parcel: Parcel) -> None:
        """Beside all else. A picture on which the text has waited long enough is another try's."""

        def postpone() -> None:
            parcel.is_postponed, parcel.pictures = True, PicturePlan()

        if not parcel.pictures.changes:
            return  # they lack their locks
        key = parcel.intent.item.rating_key
        self._post.send(key, lambda: self._send_pictures(parcel), postpone)

    def _send_pictures(self, parcel: Parcel) -> None:
        """Raises ServerUnavailable, and what ends the batch."""
        assert self._artwork is not None
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
                self._update(item, replace(plan, edits=(), locks=after))
        except ServerUnavailable:
            raise
        except SyncError as error:
            parcel.error, parcel.pictures = parcel.error or error, PicturePlan()
            if ahead:
                undone = tuple((name, False) for name, _ in ahead)
                with suppress(SyncError):
                    self._update(item, replace(plan, edits=(), locks=undone))
            return
        parcel.is_finished = True
        parcel.pictures, parcel.error = sent.plan.without_content(), parcel.error or sent.refused

    def _finish_fresh(self, parcel: Parcel) -> None:
        self.freshen(parcel)
        self._finish(parcel)

    def _finish(self, parcel: Parcel) -> None:
        """The text, with the locks of the pictures that are to follow."""
        intent = parcel.intent
        if intent.plan.edits:
            locks = parcel.pictures.locks_ahead(intent.item.state.locked)
            self._send_fields(parcel, replace(intent.plan, locks=locks))
        self._confirmed(parcel)

    def _send_fields(self, parcel: Parcel, plan: Plan) -> None:
        """All in one go; if Plex refuses that, field by field, so that one which it doesn't take
        doesn't keep the others away."""
        item = parcel.intent.item
        try:
            self._update(item, plan)
            return
        except (ServerUnavailable, SettingsError):
            raise
        except (PlexPermanentError, PlexTemporaryError) as error:
            parts = plan.parts()
            if len(parts) == 1 or self._parts_are_vain:
                raise
            refused = [each for each in parts if self._is_refused(item, each)]
            if len(refused) == len(parts):
                self._parts_are_vain = True
                raise
            parcel.error = _refusal(error, refused)
        if any(each.locks for each in refused):
            # Without their locks the pictures aren't finished: the next look has to begin anew.
            parcel.pictures = PicturePlan()
        names = {edit.field for each in refused for edit in each.edits}
        rest = parcel.intent.plan.without(names, parcel.intent.memory.baseline)
        parcel.intent = replace(parcel.intent, plan=rest)

    def _is_refused(self, item: PlexItem, part: Plan) -> bool:
        try:
            self._update(item, part)
        except (ServerUnavailable, SettingsError):
            raise
        except (PlexPermanentError, PlexTemporaryError):
            return True
        return False

    def _confirmed(self, parcel: Parcel) -> None:
        parcel.is_begun, parcel.is_confirmed = True, bool(parcel.intent.plan.edits)
        parcel.is_finished = not parcel.pictures.changes

    def _try(self, parcel: Parcel, step: Callable[[Parcel], None]) -> bool:
        """Whether the step succeeded and the parcel is to go on."""
        try:
            step(parcel)
        except SyncError as error:
            self._note(parcel, error)
        return parcel.error is None

    def _note(self, parcel: Parcel, error: SyncError) -> None:
        parcel.error = error
        if isinstance(error, ServerUnavailable):
            self._outage = error


def _refusal(error: SyncError, refused: Sequence[Plan]) -> SyncError:
    """What to tell of an item of which the rest was written."""
    names = [edit.field for each in refused for edit in each.edits]
    what = ", ".join(names) or "a lock"
    return type(error)(f"all but {what} was written: {error}", advice=error.advice)


def _groups(parcels: Iterable[Parcel], *, are_made: bool) -> list[list[Parcel]]:
    """Those of one likeness together."""
    groups: dict[Hashable, list[Parcel]] = {}
    for number, each in enumerate(parcels):
        groups.setdefault(each.likeness if are_made else number, []).append(each)
    return list(groups.values())
