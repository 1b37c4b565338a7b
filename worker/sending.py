"""Sending a batch's items to Plex: several at a time, equal edits together, giving way if asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from plex.exceptions import PlexPermanentError, PlexTemporaryError
from plex.items import PlexItem
from sync.plan import Plan
from validation.scene import Scene
from worker.artwork import Artwork, PicturePlan
from worker.errors import ServerUnavailable, SettingsError, SyncError
from worker.ledger import Intent, Ledger

log = logging.getLogger(__name__)

RELEASED = "restored or handed over on purpose; sync this scene, or all, to take it up again"

Update = Callable[[PlexItem, Plan], None]
UpdateAlike = Callable[[Sequence[PlexItem], Plan], None]


class RestoredMeanwhile(SyncError):
    """The item was restored while its batch was being written; never an outcome."""


class GaveWay(SyncError):
    """The item was not begun, since something more urgent waits; never an outcome."""


@dataclass(slots=True)
class Parcel:
    """One item on its way, and what became of it.

    `error`: what of it failed, although the rest may be written. `is_confirmed`: Plex has
    confirmed the plan's edits. `is_finished`: nothing is left to send.
    """

    intent: Intent
    scene: Scene
    pictures: PicturePlan = field(default_factory=PicturePlan)
    error: SyncError | None = None
    is_confirmed: bool = False
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
    `gives_way` tells that what was not begun is to wait.
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
    ) -> None:
        self._ledger = ledger
        self._server = server
        self._update = update
        self._update_alike = update_alike
        self._artwork = artwork
        self._concurrency = concurrency
        self._gives_way = gives_way
        self._begun = 0
        self._parts_are_vain = False
        self._outage: ServerUnavailable | None = None

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Items with a changed picture one by one, as a whole; the others in groups."""
        with ThreadPoolExecutor(self._concurrency) as pool:
            list(pool.map(self._look, [each for each in parcels if self.needs_look(each)]))
            left = [each for each in parcels if not (each.is_finished or each.error)]
            list(pool.map(self._write, _groups(left, are_made=self._update_alike is not None)))

    def needs_look(self, parcel: Parcel) -> bool:
        """Whether Stash has to be asked for the cover."""
        return bool(self._artwork and self._artwork.needs_look(parcel.intent, parcel.scene))

    def _look(self, parcel: Parcel) -> None:
        """Pictures first, so that their locks travel with the other edits."""
        if not self._try(parcel, self._check) or self._artwork is None:
            return
        if self._try(parcel, self._send_pictures) and (
            parcel.pictures.changes or not parcel.intent.plan.edits
        ):
            self._try(parcel, self._finish)

    def _write(self, parcels: Sequence[Parcel]) -> None:
        ready = [each for each in parcels if self._try(each, self._check)]
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
        # The rest of the batch needn't wait for the same timeout, one after another.
        if self._outage:
            raise self._outage
        # The first ones go in any case, or a batch might never get on.
        self._begun += 1
        if self._begun > self._concurrency and self._gives_way():
            raise GaveWay("something more urgent waits")
        intent = parcel.intent
        is_known = bool(intent.plan.edits) or intent.memory.original is not None
        if is_known and self._ledger.is_released(self._server, intent.item.rating_key):
            raise RestoredMeanwhile(f"scene {intent.scene_id}: {RELEASED}")

    def _send_pictures(self, parcel: Parcel) -> None:
        """A picture that can't be had or that Plex refuses doesn't hold up the fields."""
        assert self._artwork is not None
        try:
            pictures = self._artwork.examine(parcel.intent, parcel.scene)
            sent = self._artwork.apply(self._server, parcel.intent, pictures)
        except ServerUnavailable:
            raise
        except SyncError as error:
            parcel.error = error
            if parcel.intent.plan.edits:
                self._finish(parcel)
            return
        parcel.pictures = sent.plan
        if sent.refused:
            self._finish(parcel)
            parcel.error = sent.refused

    def _finish(self, parcel: Parcel) -> None:
        intent = parcel.intent
        locks = parcel.pictures.locks(intent.item.state.locked)
        if intent.plan.edits or locks:
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
        parcel.is_finished, parcel.is_confirmed = True, bool(parcel.intent.plan.edits)
        parcel.pictures = parcel.pictures.without_content()

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
