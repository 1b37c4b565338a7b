"""The order for a trial: asked about first, carried out once it is confirmed."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from commands.confirmation import READ_S, Moment, Press, press
from commands.doctor import sampled_scenes
from commands.eta import Progress
from ledger.traits import Traits
from matching.locate import Located
from plex.client import PlexClient
from plex.items import PlexItem
from stash.task_arguments import flag, scene_id_of
from trial.bench import Bench
from trial.candidates import Unfit, check, propose
from trial.captures import capture
from trial.meaning import not_cleared, stopped
from trial.report import question, report
from trial.telling import note_ways
from trial.trial import carry_out, undo_left_over
from validation.scene import Scene
from worker.connect import writing_client
from worker.context import Context

log = logging.getLogger(__name__)

SAMPLE = 20
ASKED_NOTE = "trial_asked"


def try_task(context: Context, progress: Progress) -> str:
    """The task with the argument `try`; what there is to tell goes to the log."""
    lines = try_as_told(context, progress)
    for line in lines:
        log.info("%s", line)
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class TrialOrder:
    """On whose item to try things out, None for one that is proposed. `is_confirmed`: whether to do
    it, or to say what would be done. `with_pictures`: whether a picture may be uploaded. `capture`:
    the path of a file for Plex's answers, "" for none."""

    scene_id: int | None = None
    is_confirmed: bool = False
    with_pictures: bool = False
    capture: str = ""


def try_as_told(context: Context, progress: Progress) -> list[str]:
    """As the task's arguments say: `try` with a scene's id, or true for a proposal. Asked for with
    an id once more, it is done; neither too soon nor too late. Raises WrongArguments."""
    asked_for = str(context.args["try"])
    with_pictures = flag(context.args, "try_pictures")
    scene_id = None if asked_for.lower() == "true" else scene_id_of({"scene_id": asked_for})
    store, now = context.stores.store, Moment(time.time(), time.monotonic())
    asked = json.loads(store.note(ASKED_NOTE) or "{}")
    # What was asked about is done, and nothing else: not with pictures, if it was without.
    is_same = asked.get("scene_id") == scene_id and asked.get("pictures") is with_pictures
    before = asked.get("moment") if is_same else None
    is_answer = scene_id is not None and press(before, now) is Press.ANSWER
    if is_answer:
        store.set_note(ASKED_NOTE, None)
        return try_out(context, progress, TrialOrder(scene_id, True, with_pictures))
    if before and press(before, now) is Press.TOO_SOON:
        return [f"Nothing was tried: read the question first, and answer it after {READ_S:.0f} s"]
    return try_out(context, progress, TrialOrder(scene_id, False, with_pictures))


def try_out(context: Context, progress: Progress, order: TrialOrder) -> list[str]:
    """Try things out on one item and put it back, or say on which it would be; what to tell."""
    context.settings.refresh()
    registry, config = context.stores.registry, context.settings.config
    registry.enter(time.time(), time.monotonic())
    with context.registered():
        plex = writing_client(config, context.stores.client_id, registry.is_entered)
        with closing(plex):
            if busy := undo_left_over(plex, context.stores.traits, _lives(context), time.time):
                raise Unfit(
                    f"item {busy[0].rating_key} is on trial at the moment",
                    advice="Wait until that has ended.",
                )
            scene_id, item = _on_trial(context, plex, order)
            if not order.is_confirmed:
                return _ask(context, scene_id, item, order)
            return _carry_out(context, plex, scene_id, item, order, progress)


def _ask(context: Context, scene_id: int, item: PlexItem, order: TrialOrder) -> list[str]:
    asked = Moment(time.time(), time.monotonic()).dump()
    note = json.dumps({"scene_id": scene_id, "moment": asked, "pictures": order.with_pictures})
    context.stores.store.set_note(ASKED_NOTE, note)
    return question(scene_id, item.title, with_pictures=order.with_pictures)


def _carry_out(
    context: Context,
    plex: PlexClient,
    scene_id: int,
    item: PlexItem,
    order: TrialOrder,
    progress: Progress,
) -> list[str]:
    stores, bench = context.stores, Bench(plex, item)
    progress(0.1)
    # Whoever compares it meanwhile sees what is tried out.
    stores.scene_cache.invalidate([scene_id])
    place = plex.machine_identifier, plex.version
    former = _left_alone(stores.traits.traits(*place))
    found = carry_out(
        bench,
        stores.traits,
        stores.registry.token,
        time.time,
        with_pictures=order.with_pictures,
    )
    note_ways(stores.store, stores.traits)
    if order.capture:
        with open(order.capture, "w", encoding="utf-8") as file:
            file.write(capture(bench.answers, plex.version))
    if _left_alone(stores.traits.traits(*place)) != former:
        # What was left alone by then may be written by now, or the other way round.
        stores.scene_cache.invalidate()
    progress(1.0)
    return report(found, plex.version, stores.ledger.count())


def _left_alone(traits: Traits) -> tuple[set[str], frozenset[str]]:
    """What isn't written to such a server, and what isn't cleared."""
    return set(stopped(traits)), not_cleared(traits)


def _lives(context: Context) -> Callable[[str], bool]:
    living = {each.token for each in context.stores.registry.living(time.time())}
    return lambda token: token in living


def _on_trial(context: Context, plex: PlexClient, order: TrialOrder) -> tuple[int, PlexItem]:
    """A scene and its item. Raises Unfit, and what keeps anything from being found."""
    locator = context.stores.locator(context.settings.config, context.stash)
    if order.scene_id is None:
        scenes = list(sampled_scenes(context, context.settings.config, SAMPLE))
    else:
        answer = context.stash.scenes([order.scene_id])[order.scene_id]
        scenes = [answer] if isinstance(answer, Scene) else []
    located = locator.locate(plex, scenes, at_once=True)
    found = {key: each.items for key, each in located.items() if isinstance(each, Located)}
    if order.scene_id is not None:
        return order.scene_id, check(plex, found.get(order.scene_id, ()))
    proposed = propose(
        plex, context.stores.ledger, {key: items[0] for key, items in found.items() if items}
    )
    if proposed is None:
        raise Unfit(
            "of the scenes that were looked at none has an item in Plex that nobody has edited",
            advice="Name a scene yourself: doctor --try ID.",
        )
    return proposed, found[proposed][0]
