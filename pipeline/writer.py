"""Bring located items in step: recall, merge, write ahead, write, confirm."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from errors import ServerUnavailable
from ledger.ledger import Intent, Ledger
from matching.locate import Located
from pictures.artwork import Artwork, still_refused
from pictures.upload_pool import AWAITS_PICTURE, PicturePatience, PicturePost
from pipeline.collection import Collections
from pipeline.collection_details import CollectionDetails
from pipeline.freshness import Freshness
from pipeline.outcome import ForNow, InSync, Outcome, PutBack, Skipped, Synced
from pipeline.readback import ReadItems, read_back
from pipeline.sending import (
    Parcel,
    Preempted,
    RestoredMeanwhile,
    Sender,
    Update,
    UpdateAlike,
)
from pipeline.unmanaged import RELEASED
from plex.items import PlexItem
from sync.arrival import as_of, next_look_at, overtaken, seen, stays
from sync.covers import lacks_cover
from sync.mapping import desired_values
from sync.merge import merge
from sync.pictures import PICTURES, PictureMemory
from sync.plan import WHOLE_ITEM, Kept, Plan
from sync.presumption import presume_ours, presume_pictures
from sync.reasons import NOT_OURS
from sync.values import Answer, Memory
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

# When a picture that gave way to somebody's edit is sent after all.
SOON_S = 5.0


class Writer:
    """Writes one batch. `update`, `update_alike`, `artwork` and `gives_way` are those of
    `pipeline.sending.Sender`. Without `collections` and `furnisher` collections get nothing but
    members; without `read_items` (`PlexClient.items`) nothing is read back. `read_m`: when the
    items were read, by `monotonic`; None: they are not read again, however old they are.
    `pictures` and `pictures_give_way` are those of `pictures.upload_pool`."""

    def __init__(
        self,
        ledger: Ledger,
        config: PlexSyncConfig,
        update: Update,
        now: Callable[[], float],
        artwork: Artwork | None = None,
        *,
        collections: Collections | None = None,
        furnisher: CollectionDetails | None = None,
        update_alike: UpdateAlike | None = None,
        read_items: ReadItems | None = None,
        gives_way: Callable[[], bool] = lambda: False,
        read_m: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pictures: PicturePatience | None = None,
        pictures_give_way: Callable[[], bool] = lambda: False,
    ) -> None:
        self._patience = pictures or PicturePatience()
        self._pictures_give_way = pictures_give_way
        self._ledger = ledger
        self._config = config
        self._update = update
        self._now = now
        self._artwork = artwork
        self._collections = collections
        self._furnisher = furnisher
        self._update_alike = update_alike
        self._read_items = read_items
        self._gives_way = gives_way
        self._read_m = read_m
        self._monotonic = monotonic

    def plans(
        self, server: str, scenes: Mapping[int, Scene], located: Mapping[int, Located]
    ) -> dict[int, Intent]:
        """What is to be done to each item, by rating key; nothing is written, nobody is asked.

        `server` is Plex's machine identifier.
        """
        shown = {
            item.rating_key: (item, scenes[scene_id])
            for scene_id, found in located.items()
            for item in found.items
        }
        entries = self._ledger.recall(server, [(item, scene.id) for item, scene in shown.values()])
        doubted = self._ledger.doubts.among(server, shown)
        return {
            key: self._intent(
                item,
                scene,
                self._presumed(entry.memory, item, scene) if key in doubted else entry.memory,
                presume_pictures(entry.pictures, PICTURES) if key in doubted else entry.pictures,
                entry.is_news(item, scene.id),
            )
            for key, (item, scene) in shown.items()
            for entry in (entries[key],)
        }

    def write(
        self, server: str, scenes: Mapping[int, Scene], located: Mapping[int, Located]
    ) -> dict[int, Outcome]:
        """The outcome of each scene.

        An item's originals and the intended values are stored before anything is sent, and
        what was confirmed right after, so that a crash in between leaves nothing unknown.
        """
        intents = self.plans(server, scenes, located)
        due = (
            self._collections.foresee(server, intents.values(), scenes) if self._collections else []
        )
        news = [each for each in intents.values() if each.is_news]
        if news:
            self._ledger.relocate(server, news)
        self._settle(server, intents.values())
        parcels = self._send(server, scenes, intents)
        is_down = any(isinstance(each.error, ServerUnavailable) for each in parcels.values())
        if self._furnisher and due and not is_down:
            self._furnisher.furnish(server, due, self._gives_way)
        return {
            scene_id: self._with_pictures_later(
                _outcome(
                    [_latest(intents[item.rating_key], parcels) for item in found.items],
                    parcels,
                    self._now(),
                ),
                [parcels[each.rating_key] for each in found.items if each.rating_key in parcels],
            )
            for scene_id, found in located.items()
        }

    def _with_pictures_later(self, outcome: Outcome, parcels: Sequence[Parcel]) -> Outcome:
        if not isinstance(outcome, (Synced, InSync)) or not any(x.is_postponed for x in parcels):
            return outcome
        return ForNow(outcome, self._now() + (self._patience.wait_s() or SOON_S), AWAITS_PICTURE)

    def _intent(
        self,
        item: PlexItem,
        scene: Scene,
        memory: Memory,
        pictures: Mapping[str, PictureMemory],
        is_news: bool,
    ) -> Intent:
        memory = seen(as_of(memory, self._now()), item.state)
        desired = desired_values(scene, self._config, item.type)
        if memory.released:
            original = memory.original or item.state
            plan = Plan((), (Kept(WHOLE_ITEM, "", RELEASED),), memory.baseline, original)
        else:
            plan = merge(
                memory,
                item.state,
                desired,
                keep_plex_edits=self._config.keep_plex_edits,
            )
        return Intent(item, scene.id, memory, plan, pictures, is_news)

    def _presumed(self, memory: Memory, item: PlexItem, scene: Scene) -> Memory:
        """Of an item of which the last writes are forgotten."""
        return presume_ours(memory, item.state, desired_values(scene, self._config, item.type))

    def _replan(self, parcel: Parcel, item: PlexItem) -> Intent:
        """The same for an item that was read again."""
        former = parcel.intent
        return self._intent(item, parcel.scene, former.memory, former.pictures, former.is_news)

    def _note_anew(self, server: str, intents: Sequence[Intent]) -> None:
        """What is to be written, or not any more, now that the items were read again."""
        edited = [each for each in intents if each.plan.edits]
        if edited:
            self._ledger.intend(server, edited)
        done = [each for each in intents if not each.plan.edits]
        if done:
            self._ledger.confirm(server, done, self._now())

    def _settle(self, server: str, intents: Iterable[Intent]) -> None:
        """What a look has found, or found missing, is intended no more, although nothing is to be
        written: or somebody's later edit would be taken for a write that never arrived."""
        found = [
            each
            for each in intents
            if not (each.plan.edits or each.memory.released)
            and not all(stays(values, each.plan.unsettled) for values in each.memory.pending)
        ]
        if found:
            self._ledger.confirm(server, found, self._now())

    def _send(
        self, server: str, scenes: Mapping[int, Scene], intents: Mapping[int, Intent]
    ) -> dict[int, Parcel]:
        """What there was to send, by rating key; what Plex has confirmed is stored."""
        parcels = [Parcel(each, scenes[each.scene_id]) for each in intents.values()]
        sender = Sender(
            self._ledger,
            server,
            self._update,
            self._update_alike,
            self._artwork,
            concurrency=self._config.concurrency,
            gives_way=self._gives_way,
            post=PicturePost(self._patience, self._pictures_give_way),
        )
        parcels = [each for each in parcels if each.intent.plan.edits or sender.needs_look(each)]
        sender.freshen = self._freshness(server, parcels)
        doubts = self._ledger.doubts
        # Before anything is stored of them, pictures included: then they are known.
        if doubted := doubts.among(server, [each.intent.item.rating_key for each in parcels]):
            doubts.note(server, doubted)
        edited = [each.intent for each in parcels if each.intent.plan.edits]
        if edited:
            self._ledger.intend(server, edited)
        answers: dict[int, Mapping[str, Answer]] = {}
        try:
            if parcels:
                sender.send(parcels)
            answers = self._read_back(parcels, scenes)
        finally:
            self._confirm(server, parcels, answers)
        return {each.intent.item.rating_key: each for each in parcels}

    def _freshness(self, server: str, parcels: Sequence[Parcel]) -> Callable[[Parcel], None]:
        if self._read_items is None or self._read_m is None:
            return lambda _parcel: None
        return Freshness(
            parcels,
            self._read_items,
            self._replan,
            partial(self._note_anew, server),
            self._read_m,
            self._monotonic,
        ).ensure

    def _read_back(
        self, parcels: Sequence[Parcel], scenes: Mapping[int, Scene]
    ) -> dict[int, Mapping[str, Answer]]:
        confirmed = [each.intent for each in parcels if each.is_confirmed]
        if self._read_items is None:
            return {}
        return read_back(confirmed, scenes, self._config, self._read_items)

    def _confirm(
        self,
        server: str,
        parcels: Sequence[Parcel],
        answers: Mapping[int, Mapping[str, Answer]],
    ) -> None:
        """Store what Plex has confirmed, the whole batch at once: each commit waits for the
        disk."""
        edited = [each.intent for each in parcels if each.is_confirmed]
        if edited:
            self._ledger.confirm(server, edited, self._now(), answers)
        if self._artwork:
            finished = [(each.intent, each.pictures) for each in parcels if each.is_finished]
            self._artwork.confirm(server, finished)


def _outcome(intents: Sequence[Intent], parcels: Mapping[int, Parcel], now: float) -> Outcome:
    keys = [each.item.rating_key for each in intents]
    mine = [parcels[key] for key in keys if key in parcels]
    errors = [each.error for each in mine if each.error]
    failed = [each for each in errors if not isinstance(each, (RestoredMeanwhile, Preempted))]
    if failed:
        return failed[0]
    if any(isinstance(each, Preempted) for each in errors):
        return PutBack()
    if errors or (intents and all(each.memory.released for each in intents)):
        return Skipped(RELEASED)
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
    if intent.memory.released:
        return None
    late = overtaken(intent.memory, intent.plan.unsettled, now)
    return next_look_at(late, intent.plan.baseline, now)


def _pictures(intent: Intent, parcels: Mapping[int, Parcel]) -> Mapping[str, PictureMemory]:
    """What is known of the item's pictures by now."""
    parcel = parcels.get(intent.item.rating_key)
    return parcel.pictures.known if parcel and parcel.pictures.known else intent.pictures
