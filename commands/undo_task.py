"""The tasks to undo: restore, hand over, take back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from commands.confirmation import FRESH_S, READ_S, Moment, Press, press
from commands.eta import Progress
from commands.undo import Undo, UndoTally
from errors import SyncError
from jobs.states import States
from ledger.ledger import Ledger
from ledger.rows import Entry
from ledger.traits import Traits
from matching.shared_items import holds_file_of
from pipeline.unmanaged import manage
from plex.client import PlexClient
from plex.items import PlexItem
from plex.matcher import PathRule
from stash.task_arguments import flag, scene_id_of
from sync.values import Before
from trial.clears import Clearing
from trial.telling import note_ways
from validation.scene import Scene
from worker.connect import writing_client
from worker.context import Context

log = logging.getLogger(__name__)

ASKED_NOTE = "restore_asked"

# Their items are asked for together.
SCENES_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class UndoOrder:
    """What to undo: one scene's items, those of several `scenes`, what a `run` wrote (see
    `jobs.runs`), or all. See `commands.undo.Undo`."""

    scene_id: int | None = None
    is_confirmed: bool = False
    force: bool = False
    forgets: bool = False
    scenes: tuple[int, ...] = ()
    run: int = 0

    @classmethod
    def from_args(cls, args: Mapping[str, Any]) -> UndoOrder:
        """From a task's args_map; values may be text. Raises WrongArguments."""
        return cls(
            scene_id=scene_id_of(args),
            is_confirmed=flag(args, "confirm"),
            force=flag(args, "force"),
            forgets=flag(args, "forget"),
        )


def restore(context: Context, progress: Progress) -> str:
    """Undo as the arguments say: scene_id, or all with confirm; force; forget. With manage the
    same scene, or all, is taken back instead.

    Without confirm all items are only counted; starting the task again confirms it, neither too
    soon nor too late, since Stash's page of tasks can't pass arguments.
    """
    order = UndoOrder.from_args(context.args)
    if flag(context.args, "manage"):
        return manage(context.stores, order.scene_id)
    store = context.stores.store
    if order.scene_id is None and not order.is_confirmed:
        now = _moment()
        match press(store.note(ASKED_NOTE), now):
            case Press.FIRST:
                store.set_note(ASKED_NOTE, now.dump())
                return _ask(context)
            case Press.TOO_SOON:
                return _wait()
    store.set_note(ASKED_NOTE, None)
    return undo(context, progress, order)


def undo(context: Context, progress: Progress, order: UndoOrder) -> str:
    """Carry the order out, registered, so that no other process writes unnoticed; the summary."""
    registry, client_id = context.stores.registry, context.stores.client_id
    # Before, and after: what is left alone from now on can't be had again either.
    context.keep_copy(at_once=True)
    registry.enter(time.time(), time.monotonic())
    with context.registered():
        context.settings.refresh()
        plex = writing_client(context.settings.config, client_id, registry.is_entered)
        with closing(plex):
            tally = UndoTally()
            for fraction in undo_pages(context, plex, order, tally):
                progress(fraction)
                if context.stop.is_set():
                    break
            progress(1.0)
            for line in tally.lines():
                log.warning("%s", line)
    context.keep_copy(at_once=True)
    summary = undo_summary(order, tally)
    if tally.total:
        log.info("%s", summary)
    return summary


def undo_pages(
    context: Context, plex: PlexClient, order: UndoOrder, tally: UndoTally
) -> Iterator[float]:
    """Carry the order out page by page, from where the tally has got on; how far it is after each,
    0 to 1. Whoever goes through it is registered, and `plex` may write."""
    ledger, server = context.stores.ledger, plex.machine_identifier
    work, total = undo_work(context, plex, order), max(_expected(ledger, order), 1)
    states = States(context.stores.store.database)
    if tally.server != server:
        # Another Plex has other items.
        tally.server, tally.reached = server, -1
    for entries, before, reached in _pages(ledger, server, order, tally.reached):
        # What was known of these scenes is no longer so.
        scene_ids = [entry.scene_id for entry in entries]
        context.stores.scene_cache.invalidate(scene_ids)
        for result in work.undo(entries, before):
            tally.add(result)
        states.forget(scene_ids)
        tally.reached = reached
        yield min(tally.total / total, 1.0)


def undo_work(context: Context, plex: PlexClient, order: UndoOrder) -> Undo:
    """Undoes as the order says."""
    book, place = context.stores.traits, (plex.machine_identifier, plex.version)

    def found(traits: Traits) -> None:
        book.note(*place, traits, time.time())
        note_ways(context.stores.store, book)

    return Undo(
        context.stores.ledger,
        plex,
        force=order.force,
        forgets=order.forgets,
        concurrency=context.settings.config.concurrency,
        shows=lambda item, scene_id: _shows(context, item, scene_id),
        clearing=Clearing(book.traits(*place), found),
    )


def undo_summary(order: UndoOrder, tally: UndoTally) -> str:
    """What to tell in the end."""
    name, done = ("Forget", "handed over") if order.forgets else ("Restore", "restored")
    if tally.total:
        return f"{name}: {tally.summary(done)}"
    what = f"scene {order.scene_id}" if order.scene_id else "any item"
    return f"{name}: nothing was ever written to {what} of this Plex"


Page = tuple[Sequence[Entry], Mapping[int, Mapping[str, Before]] | None, int]


def _pages(ledger: Ledger, server: str, order: UndoOrder, reached: int) -> Iterator[Page]:
    """Each with what is `reached` then: its last rating key, or the number of the last scene."""
    if order.run:
        for before in ledger.writes.before_run(order.run, server, force=order.force, after=reached):
            # Of a page of which everything was written again nothing is left.
            reached = max(before, default=reached)
            yield ledger.of_items(server, before), before, reached
        return
    if not order.scenes:
        for entries in ledger.entries(server, order.scene_id, after=reached):
            yield entries, None, entries[-1].rating_key
        return
    for first in range(reached + 1, len(order.scenes), SCENES_PER_PAGE):
        some = order.scenes[first : first + SCENES_PER_PAGE]
        entries = [entry for of_server, entry in ledger.of_scenes(some) if of_server == server]
        yield entries, None, first + len(some) - 1


def _expected(ledger: Ledger, order: UndoOrder) -> int:
    """About how many items that will be."""
    if order.run:
        return ledger.writes.count(order.run)[1]
    return len(order.scenes) or ledger.count()


def _shows(context: Context, item: PlexItem, scene_id: int) -> bool:
    """Whether the item holds a file that the scene has now: then a sync would write to it too."""
    given = [PathRule(each.stash, each.plex) for each in context.settings.config.path_map]
    try:
        scene = context.stash.scenes([scene_id])[scene_id]
    except SyncError as error:
        log.debug("scene %d: %s", scene_id, error)
        return False
    rules = given + context.stores.index.learned.rules()
    return isinstance(scene, Scene) and holds_file_of(item, scene, rules)


def _ask(context: Context) -> str:
    number = context.stores.ledger.count()
    text = (
        f"Restore would put back {number} item(s) in Plex as they were before their first sync. "
        f"To do it, start this task again, after {READ_S:.0f} seconds at the earliest and within "
        f"{FRESH_S / 60:.0f} minutes"
    )
    log.warning("%s", text)
    return text


def _moment() -> Moment:
    return Moment(time.time(), time.monotonic())


def _wait() -> str:
    text = (
        "Restore did nothing: it was started again sooner than its question can have been read, "
        f"as by a double click. To restore everything, start it again in {READ_S:.0f} seconds"
    )
    log.warning("%s", text)
    return text
