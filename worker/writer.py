"""Bring located items in step: recall, merge, write ahead, write, confirm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from plex.items import PlexItem
from sync.decision import NOT_OURS
from sync.mapping import desired_values
from sync.merge import merge
from sync.plan import Kept, Plan
from validation.config import PlexSyncConfig
from validation.scene import Scene
from worker.artwork import Artwork, PicturePlan
from worker.errors import ServerUnavailable, SyncError
from worker.ledger import Entry, Intent, Ledger
from worker.locate import Located
from worker.outcome import InSync, Outcome, Skipped, Synced

log = logging.getLogger(__name__)

RELEASED = "restored on purpose; sync this scene, or all, to take it up again"


class RestoredMeanwhile(SyncError):
    """The item was restored while its batch was being written; never an outcome."""


@dataclass(slots=True)
class _Result:
    """What became of one item. `error`: what of it failed although the rest was written."""

    pictures: PicturePlan = field(default_factory=PicturePlan)
    error: SyncError | None = None


class Writer:
    """Writes one batch with bounded concurrency.

    `update` sends one item's plan and returns once Plex has confirmed it; it raises SyncError
    for what went wrong, and anything else (LeaseLost) to stop the whole batch. Without `artwork`
    pictures are left alone.
    """

    def __init__(
        self,
        ledger: Ledger,
        config: PlexSyncConfig,
        update: Callable[[PlexItem, Plan], None],
        now: Callable[[], float],
        artwork: Artwork | None = None,
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._update = update
        self._now = now
        self._artwork = artwork
        self._outage: ServerUnavailable | None = None

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
        return {
            key: self._intent(item, scene, entries[key]) for key, (item, scene) in shown.items()
        }

    def write(
        self, server: str, scenes: Mapping[int, Scene], located: Mapping[int, Located]
    ) -> dict[int, Outcome]:
        """The outcome of each scene.

        An item's originals and the intended values are stored before anything is sent, and
        what was confirmed right after, so that a crash in between leaves nothing unknown.
        """
        intents = self.plans(server, scenes, located)
        results = self._send(server, scenes, self._to_send(intents, scenes))
        return {
            scene_id: _outcome([intents[item.rating_key] for item in found.items], results)
            for scene_id, found in located.items()
        }

    def _intent(self, item: PlexItem, scene: Scene, entry: Entry) -> Intent:
        memory = entry.memory
        if memory.released:
            original = memory.original or item.state
            plan = Plan((), (Kept("item", "", RELEASED),), memory.baseline, original)
        else:
            plan = merge(
                memory,
                item.state,
                desired_values(scene, self._config, item.type),
                keep_plex_edits=self._config.keep_plex_edits,
            )
        return Intent(item, scene.id, memory, plan, entry.pictures)

    def _to_send(
        self, intents: Mapping[int, Intent], scenes: Mapping[int, Scene]
    ) -> Sequence[Intent]:
        return [
            each
            for each in intents.values()
            if each.plan.edits
            or (self._artwork and self._artwork.needs_look(each, scenes[each.scene_id]))
        ]

    def _send(
        self, server: str, scenes: Mapping[int, Scene], intents: Sequence[Intent]
    ) -> dict[int, _Result]:
        """The results by rating key; what Plex has confirmed is stored."""
        if not intents:
            return {}
        edited = [each for each in intents if each.plan.edits]
        if edited:
            self._ledger.intend(server, edited)
        results: dict[int, _Result] = {}
        confirmed: list[Intent] = []
        try:
            with ThreadPoolExecutor(self._config.concurrency) as pool:
                sent = [
                    pool.submit(self._write_unless_down, server, each, scenes[each.scene_id])
                    for each in intents
                ]
            for intent, future in zip(intents, sent, strict=True):
                try:
                    results[intent.item.rating_key] = future.result()
                    confirmed += [intent] if intent.plan.edits else []
                except SyncError as error:
                    results[intent.item.rating_key] = _Result(error=error)
        finally:
            if confirmed:
                self._ledger.confirm(server, confirmed, self._now())
        return results

    def _write_unless_down(self, server: str, intent: Intent, scene: Scene) -> _Result:
        # The rest of the batch needn't wait for the same timeout, one after another.
        if self._outage:
            raise self._outage
        try:
            return self._write_item(server, intent, scene)
        except ServerUnavailable as error:
            self._outage = error
            raise

    def _write_item(self, server: str, intent: Intent, scene: Scene) -> _Result:
        """Pictures first, so that their locks travel with the other edits.

        Raises RestoredMeanwhile if another process has restored the item since it was recalled.
        """
        is_known = bool(intent.plan.edits) or intent.memory.original is not None
        if is_known and self._ledger.is_released(server, intent.item.rating_key):
            raise RestoredMeanwhile(f"scene {intent.scene_id}: {RELEASED}")
        result = _Result()
        if self._artwork and self._artwork.needs_look(intent, scene):
            result = self._send_pictures(self._artwork, server, intent, scene)
        locks = result.pictures.locks(intent.item.state.locked)
        if intent.plan.edits or locks:
            self._update(intent.item, replace(intent.plan, locks=locks))
        if self._artwork and result.pictures.known:
            self._artwork.confirm(server, intent, result.pictures)
        return result

    def _send_pictures(
        self, artwork: Artwork, server: str, intent: Intent, scene: Scene
    ) -> _Result:
        """A picture that can't be had or that Plex refuses doesn't hold up the fields."""
        try:
            with artwork.turns:
                pictures = artwork.examine(intent, scene)
                artwork.apply(server, intent, pictures)
        except ServerUnavailable:
            raise
        except SyncError as error:
            return _Result(error=error)
        return _Result(pictures)


def _outcome(intents: Sequence[Intent], results: Mapping[int, _Result]) -> Outcome:
    mine = [results[each.item.rating_key] for each in intents if each.item.rating_key in results]
    restored = [each for each in mine if isinstance(each.error, RestoredMeanwhile)]
    failed = [each.error for each in mine if each.error and each not in restored]
    if failed:
        return failed[0]
    if restored or (intents and all(each.memory.released for each in intents)):
        return Skipped(RELEASED)
    fields = [edit.field for each in intents for edit in each.plan.edits]
    pictures = [change.name for each in mine for change in each.pictures.changes]
    written = tuple(dict.fromkeys(fields + pictures))
    kept = tuple(kept for each in intents for kept in each.plan.kept)
    kept += tuple(kept for each in mine for kept in each.pictures.kept)
    for each in kept:
        if each.because != NOT_OURS:
            log.debug("scene %d: left %s, %s", intents[0].scene_id, each.field, each.because)
    return Synced(written, len(intents), kept) if written else InSync(len(intents), kept)
