"""What an undo would do, for the question that a person is asked before it."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import Any

from commands.undo_task import UndoOrder, undo_work
from page.arguments import flag, number, one_given, optional, scene_id
from page.operation import Answer, Operation, Operations
from page.servers import opened
from page.size import clipped, fitting
from stash.protocol import Invocation
from worker.connect import plex_client
from worker.context import Context


def undo_plan(
    invocation: Invocation,
    scene: int | None,
    run: int | None,
    all: bool,
    force: bool,
) -> Answer:
    """`scenes`, `items`: how many; `fields`: each with the number of items; `left`: what would be
    left and why. Of a scene Plex is asked; of the others `left` shows only when it is done."""
    one_given(scene=scene, run=run, all=all)
    with opened(invocation) as context:
        if scene:
            return _of_scene(context, UndoOrder(scene_id=scene, force=force), scene)
        ledger = context.stores.ledger
        if run:
            scenes, items = ledger.writes.count(run)
            return _plan(scenes, items, ledger.writes.fields_of(run))
        return _plan(ledger.count_scenes(), ledger.count(), {})


def _of_scene(context: Context, order: UndoOrder, scene: int) -> Answer:
    context.settings.refresh()
    with closing(plex_client(context.settings.config, context.stores.client_id)) as plex:
        server = plex.machine_identifier
        entries = [x for page in context.stores.ledger.entries(server, scene) for x in page]
        items = plex.items([each.rating_key for each in entries])
        work = undo_work(context, plex, order)
        fields: Counter[str] = Counter()
        left: list[dict[str, str]] = []
        for entry in entries:
            item = items.get(entry.rating_key)
            if item is None or not entry.is_about(item):
                left.append(_left("item", "it is no longer in Plex, or another file has its key"))
                continue
            plan, pictures = work.plans(entry, item)
            fields.update(each.field for each in plan.edits)
            fields.update(each.name for each in pictures.changes)
            left += [_left(each.field, each.because) for each in (*plan.kept, *pictures.kept)]
    return _plan(1 if entries else 0, len(entries), fields, left)


def _left(field: str, why: str) -> dict[str, str]:
    return {"field": field, "why": clipped(why, 300)}


def _plan(
    scenes: int, items: int, fields: dict[str, int], left: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    return {"scenes": scenes, "items": items, "fields": dict(fields), "left": fitting(left or [])}


QUERIES: Operations = {
    "undo_plan": Operation(
        undo_plan,
        {
            "scene": optional(scene_id),
            "run": number(1, 1 << 53),
            "all": flag,
            "force": flag,
        },
    )
}
