"""What a sync would do, without doing it: the sync's own plans, shown instead of sent.

Nothing is written to Plex, to Stash, to the queue or to the ledger. The path index, which is a
cache of what Plex has, is brought up to date.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing

from commands.eta import Progress
from commands.preview_text import (
    Change,
    ItemPreview,
    NotSynced,
    Preview,
    PreviewTally,
    preview_in_short,
    preview_line,
    shown,
)
from errors import SyncError
from ledger.ledger import Ledger
from ledger.preview_store import Change as StoredChange
from ledger.preview_store import PreviewStore
from ledger.rows import Intent
from matching.locate import Located
from pictures.artwork import Artwork
from pictures.photos import CastPhotos
from pictures.plan import Action, PictureChange
from pipeline.follow_up import missing_on_purpose
from pipeline.outcome import Outcome, Skipped
from pipeline.planning import plan_items, sort_out
from pipeline.unmanaged import undo_advice
from playback.brought import RATING, BroughtLedger
from playback.rating_ledger import opened
from playback.ratings import RatingPlan, managed, plan_ratings
from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from stash.task_arguments import scene_id_of
from sync.mapping import desired_values
from sync.plan import Edit, Kept
from sync.ratings import DIFFERS, GIVEN_IN_PLEX
from sync.tags import needs_ancestors
from trial.meaning import allowed
from validation.scene import Scene
from worker.connect import plex_client
from worker.context import Context

log = logging.getLogger(__name__)

# Stash's log keeps few lines; the command line shows all.
MOST_LINES = 500
SCENES_PER_PAGE = 100

_PICTURE_ACTIONS = {
    Action.UPLOAD: "the cover is uploaded",
    Action.CHOOSE: "one that Plex has already is chosen",
    Action.DROP: "none is chosen any more",
}


def preview(context: Context, progress: Progress) -> str:
    """Tell in the log what a sync would change, a line for each item; the argument scene_id narrows
    it to one scene. That of all scenes is kept for the page."""
    scene_id = scene_id_of(context.args)
    tally, causes = PreviewTally(), Counter[str]()
    lines: list[str] = []
    for page in _preview_and_keep(context, progress, scene_id):
        for each in page:
            tally.add(each)
            if isinstance(each, NotSynced):
                causes[each.because] += 1
            elif line := preview_line(each):
                lines.append(line)
    summary = tally.summary()
    # At both ends: Stash's log shows the newest line first.
    log.info("%s", summary)
    for line in lines[:MOST_LINES]:
        log.info("%s", line)
    if len(lines) > MOST_LINES:
        log.info("… and %d more items; the page lists all", len(lines) - MOST_LINES)
    for because, number in causes.most_common():
        log.info("%d scene(s) would not be synced: %s", number, because)
    if lines or causes:
        log.info("%s", summary)
    return summary


def _preview_and_keep(
    context: Context, progress: Progress, scene_id: int | None
) -> Iterator[list[Preview]]:
    if scene_id:
        yield from _pages(context, progress, scene_id)
        return
    with closing(PreviewStore(context.stores.ledger.data_dir)) as store:
        number = store.begin(time.time())
        for page in _pages(context, progress, None):
            keep_page(store, number, page)
            yield page
        store.finish(number, time.time())


def keep_page(store: PreviewStore, number: int, page: Sequence[Preview]) -> None:
    """Store these of the preview of that number, for the page."""
    items = [each for each in page if isinstance(each, ItemPreview)]
    changed = [each for each in items if each.changes]
    store.add(
        number,
        [
            StoredChange(each.scene_id, [x.field for x in each.changes], preview_in_short(each))
            for each in changed
        ],
        len(items) - len(changed),
        len(page) - len(items),
    )


def preview_all(
    context: Context, progress: Progress, scene_id: int | None = None
) -> Iterator[Preview]:
    """The previews of all scenes, or one."""
    for page in _pages(context, progress, scene_id):
        yield from page


def _pages(context: Context, progress: Progress, scene_id: int | None) -> Iterator[list[Preview]]:
    context.settings.refresh()
    config, client_id = context.settings.config, context.stores.client_id
    with closing(plex_client(config, client_id)) as plex:
        stash = context.stash
        total = 1 if scene_id else max(stash.scene_count(), 1)
        ids = iter([[scene_id]]) if scene_id else stash.scene_ids()
        done = 0
        for page in preview_scenes(context, plex, ids):
            yield page
            done += len(page)
            progress(min(done / total, 1.0))
    progress(1.0)


def preview_scenes(
    context: Context, plex: PlexClient, ids: Iterable[Sequence[int]]
) -> Iterator[list[Preview]]:
    """The previews of each page of scene ids. Raises what the sync raises."""
    config, rehearsal = context.settings.config, Rehearsal(context, plex)
    locator = context.stores.locator(config, context.stash)
    for page in ids:
        for start in range(0, len(page), SCENES_PER_PAGE):
            answers = context.stash.scenes(
                page[start : start + SCENES_PER_PAGE], with_ancestors=needs_ancestors(config)
            )
            excluded = context.stores.ledger.exclusions.among(answers)
            scenes, others = sort_out(answers, config, excluded)
            identified = plex.times_identified
            located = locator.locate(plex, scenes.values(), at_once=False)
            found = {key: each for key, each in located.items() if isinstance(each, Located)}
            others |= {
                key: missing_on_purpose(scenes[key], config, locator) or each
                if isinstance(each, PlexNotFound)
                else each
                for key, each in located.items()
                if isinstance(each, SyncError)
            }
            plex.confirm_server(identified)
            yield [
                *rehearsal.items(scenes, found),
                *(
                    _not_synced(context.stores.ledger, scene_id, outcome)
                    for scene_id, outcome in others.items()
                ),
            ]


class Rehearsal:
    """Plans located scenes as a sync does, and writes nothing."""

    def __init__(self, context: Context, plex: PlexClient) -> None:
        traits = context.stores.traits.traits(plex.machine_identifier, plex.version)
        self._config = allowed(traits, context.settings.config)
        self._ledger = context.stores.ledger
        self._traits = context.stores.traits
        self._plex = plex
        self._photos = CastPhotos(context.stash)
        self._artwork = Artwork(self._config, context.stash, plex, self._ledger, time.time)

    def items(
        self, scenes: Mapping[int, Scene], located: Mapping[int, Located]
    ) -> Iterator[ItemPreview]:
        """What would happen to each item that shows these scenes, pictures included."""
        possible = self._photos.possible(self._config, scenes.values())
        server = self._plex.machine_identifier
        now, ours = time.time(), managed(self._ledger, server, located)
        with opened(self._ledger.data_dir, possible) as ratings:
            rated = RatingPlan(scenes)
            if ratings:
                with closing(BroughtLedger(self._ledger.data_dir)) as brought:
                    pending = brought.pending(RATING, ours)
                rated = plan_ratings(ratings, pending, self._traits, server, scenes, ours, now)
        planned = rated.scenes
        intents = plan_items(
            self._ledger, server, planned, located, possible, now, rated.decided, rated.left
        )
        return (
            self._item(each, planned[each.scene_id], rated, scenes[each.scene_id])
            for each in intents.values()
        )

    def _item(
        self, intent: Intent, scene: Scene, rated: RatingPlan, in_stash: Scene
    ) -> ItemPreview:
        changes = [_change(edit) for edit in intent.plan.edits]
        left = list(intent.plan.kept)
        if intent.scene_id in rated.to_stash:
            left.append(Kept("rating", intent.item.state.text("rating"), GIVEN_IN_PLEX))
        if intent.item.rating_key in rated.left:
            left.append(Kept("rating", intent.item.state.text("rating"), DIFFERS))
        if self._artwork.needs_look(intent, scene):
            try:
                pictures = self._artwork.examine(intent, scene)
                changes += [_picture_change(each) for each in pictures.changes]
                left += pictures.kept
            except SyncError as error:
                left.append(Kept("poster", "", str(error)))
        item = intent.item
        return ItemPreview(
            intent.scene_id,
            item.rating_key,
            item.title,
            tuple(changes),
            tuple(left),
            desired_values(in_stash, self._config, item.type) if changes or left else {},
        )


def _not_synced(ledger: Ledger, scene_id: int, outcome: Outcome) -> NotSynced:
    if isinstance(outcome, Skipped):
        return NotSynced(scene_id, outcome.told, undo_advice(ledger, scene_id))
    assert isinstance(outcome, SyncError)
    return NotSynced(scene_id, str(outcome), outcome.advice)


def _change(edit: Edit) -> Change:
    return Change(edit.field, shown(edit.old), shown(edit.new))


def _picture_change(change: PictureChange) -> Change:
    return Change(change.name, "", _PICTURE_ACTIONS[change.action])
