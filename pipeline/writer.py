"""Writing what is planned: write ahead, send, read back, confirm; and how the scenes came out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from ledger.ledger import Ledger
from ledger.rows import Intent
from matching.locate import Located
from pictures.artwork import Artwork, still_refused
from pictures.upload_pool import AWAITS_PICTURE
from pipeline.freshness import Freshness
from pipeline.outcome import ForNow, InSync, Outcome, PutBack, Skipped, Synced
from pipeline.planning import plan_again
from pipeline.readback import read_back
from pipeline.sending import Parcel, Sender, State
from pipeline.unmanaged import UNMANAGED
from plex.client import PlexClient
from plex.items import PlexItem
from sync.arrival import next_look_at, overtaken, stays
from sync.covers import lacks_cover
from sync.pictures import PictureMemory
from sync.reasons import NOT_OURS
from sync.values import Answer
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

# When a picture that gave way to somebody's edit is sent after all.
SOON_S = 5.0


class Writer:
    """Writes one batch, of which the items were read at `read_m` (`monotonic`). `now` gives epoch
    seconds."""

    def __init__(
        self,
        config: PlexSyncConfig,
        plex: PlexClient,
        ledger: Ledger,
        artwork: Artwork,
        sender: Sender,
        read_m: float,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._config = config
        self._plex = plex
        self._server = plex.machine_identifier
        self._ledger = ledger
        self._artwork = artwork
        self._sender = sender
        self._read_m = read_m
        self._now = now
        self._monotonic = monotonic

    def write(
        self, intents: Mapping[int, Intent], scenes: Mapping[int, Scene]
    ) -> dict[int, Parcel]:
        """What there was to send, by rating key like the intents.

        An item's originals and the intended values are stored before anything is sent, and
        what was confirmed right after, so that a crash in between leaves nothing unknown.
        """
        news = [each for each in intents.values() if each.is_news]
        if news:
            self._ledger.relocate(self._server, news)
        self._confirm_found(intents.values())
        parcels = [Parcel(each, scenes[each.scene_id]) for each in intents.values()]
        parcels = [x for x in parcels if x.intent.plan.edits or self._sender.needs_look(x)]
        doubts = self._ledger.doubts
        # Before anything is stored of them, pictures included: then they are known.
        keys = [each.intent.item.rating_key for each in parcels]
        if doubted := doubts.among(self._server, keys):
            doubts.remember(self._server, doubted)
        edited = [each.intent for each in parcels if each.intent.plan.edits]
        if edited:
            self._ledger.intend(self._server, edited)
        answers: dict[int, Mapping[str, Answer]] = {}
        try:
            if parcels:
                self._sender.send(parcels, self._freshness(parcels).ensure)
            confirmed = [each.intent for each in parcels if each.is_confirmed]
            answers = read_back(confirmed, scenes, self._config, self._plex)
        finally:
            self._confirm(parcels, answers)
        return dict(zip(keys, parcels, strict=True))

    def _freshness(self, parcels: Sequence[Parcel]) -> Freshness:
        return Freshness(
            parcels, self._plex, self._replan, self._remember_anew, self._read_m, self._monotonic
        )

    def _replan(self, parcel: Parcel, item: PlexItem) -> Intent:
        return plan_again(parcel.intent, item, parcel.scene, self._config, self._now())

    def _remember_anew(self, intents: Sequence[Intent]) -> None:
        """What is to be written, or not any more, now that the items were read again."""
        edited = [each for each in intents if each.plan.edits]
        if edited:
            self._ledger.intend(self._server, edited)
        done = [each for each in intents if not each.plan.edits]
        if done:
            self._ledger.confirm(self._server, done, self._now())

    def _confirm_found(self, intents: Iterable[Intent]) -> None:
        """What a look has found, or found missing, is intended no more, although nothing is to be
        written: or somebody's later edit would be taken for a write that never arrived."""
        found = [
            each
            for each in intents
            if not (each.plan.edits or each.memory.is_unmanaged)
            and not all(stays(values, each.plan.unconfirmed) for values in each.memory.pending)
        ]
        if found:
            self._ledger.confirm(self._server, found, self._now())

    def _confirm(
        self, parcels: Sequence[Parcel], answers: Mapping[int, Mapping[str, Answer]]
    ) -> None:
        """Store what Plex has confirmed, the whole batch at once: each commit waits for the
        disk."""
        edited = [each.intent for each in parcels if each.is_confirmed]
        if edited:
            self._ledger.confirm(self._server, edited, self._now(), answers)
        finished = [(each.intent, each.pictures) for each in parcels if each.is_finished]
        self._artwork.confirm(self._server, finished)


def outcomes_of(
    located: Mapping[int, Located],
    intents: Mapping[int, Intent],
    parcels: Mapping[int, Parcel],
    now: float,
    pictures_wait_s: float,
) -> dict[int, Outcome]:
    """The outcome of each scene. Pictures that were put off are tried again after
    `pictures_wait_s`."""
    outcomes = {}
    for scene_id, found in located.items():
        keys = [each.rating_key for each in found.items]
        outcome = _outcome([_latest(intents[key], parcels) for key in keys], parcels, now)
        is_postponed = any(parcels[key].is_postponed for key in keys if key in parcels)
        if is_postponed and isinstance(outcome, (Synced, InSync)):
            outcome = ForNow(outcome, now + (pictures_wait_s or SOON_S), AWAITS_PICTURE)
        outcomes[scene_id] = outcome
    return outcomes


def _outcome(intents: Sequence[Intent], parcels: Mapping[int, Parcel], now: float) -> Outcome:
    keys = [each.item.rating_key for each in intents]
    mine = [parcels[key] for key in keys if key in parcels]
    states = {each.state for each in mine}
    if State.REFUSED in states:
        return next(each.error for each in mine if each.error)
    if State.PREEMPTED in states:
        return PutBack()
    if State.UNMANAGED in states or (intents and all(each.memory.is_unmanaged for each in intents)):
        return Skipped(UNMANAGED)
    fields = [edit.field for each in intents for edit in each.plan.edits]
    pictures = [change.name for each in mine for change in each.pictures.changes]
    written = tuple(dict.fromkeys(fields + pictures))
    kept = tuple(kept for each in intents for kept in each.plan.kept)
    kept += tuple(kept for each in mine for kept in each.pictures.kept)
    for each in kept:
        if each.because != NOT_OURS:
            log.debug("scene %d: left %s, %s", intents[0].scene_id, each.field, each.because)
    if refused := still_refused(kept):
        return refused
    no_cover = any(lacks_cover(_pictures(each, parcels)) for each in intents)
    look_at = min((at for each in intents if (at := _look_at(each, now))), default=None)
    if not written:
        return InSync(len(intents), kept, no_cover, look_at)
    return Synced(written, len(intents), kept, no_cover, look_at)


def _latest(intent: Intent, parcels: Mapping[int, Parcel]) -> Intent:
    """As it was carried out: the item may have been read again meanwhile."""
    parcel = parcels.get(intent.item.rating_key)
    return parcel.intent if parcel else intent


def _look_at(intent: Intent, now: float) -> float | None:
    """When to look whether an earlier write of the item has arrived late."""
    if intent.memory.is_unmanaged:
        return None
    late = overtaken(intent.memory, intent.plan.unconfirmed, now)
    return next_look_at(late, intent.plan.baseline, now)


def _pictures(intent: Intent, parcels: Mapping[int, Parcel]) -> Mapping[str, PictureMemory]:
    """What is known of the item's pictures by now."""
    parcel = parcels.get(intent.item.rating_key)
    return parcel.pictures.known if parcel and parcel.pictures.known else intent.pictures
