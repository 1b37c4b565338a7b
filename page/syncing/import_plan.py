"""What an import would bring, and what taking back would do, for whoever is asked before it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import Any

from commands.import_task import ImportOrder, to_come, undo_plan
from page.arguments import day, flag, one_given, optional, scene_id
from page.operation import Answer, Operation, Operations
from page.servers import opened
from page.size import fitting
from page.syncing.imported import shown_play, shown_value
from playback.play_ledger import PlayLedger
from playback.undo.values import Back
from stash.protocol import Invocation


def import_plan(invocation: Invocation, since: str | None) -> Answer:
    """`since`: also what is older, from that day on."""
    order = ImportOrder.from_args({"since": since})
    with opened(invocation) as context:
        found = to_come(context, order.since)
        with closing(PlayLedger(context.stores.ledger.data_dir)) as ledger:
            plays = [shown_play(row, ledger) for row in reversed(found.plays)]
    values = [shown_value(each) for each in found.values]
    return {
        "plays": len(plays),
        "values": len(values),
        "summary": found.summary(),
        "rows": fitting([*values, *plays]),
    }


def take_back_plan(invocation: Invocation, scene: int | None, day: str | None, all: bool) -> Answer:
    """What Stash would lose, and get back."""
    one_given(scene=scene, day=day, all=all)
    order = ImportOrder.from_args({"undo": True, "scene_id": scene, "day": day})
    with opened(invocation) as context:
        context.settings.refresh()
        plan = undo_plan(context, order.choice)
    return {
        "plays": len(plan.plays),
        "values": _count(plan.values),
        "left": _count(plan.left),
    }


def _count(found: Iterable[Back]) -> dict[str, Any]:
    counts = {"position": 0, "rating": 0}
    for each in found:
        counts[each.what] += 1
    return counts


QUERIES: Operations = {
    "import_plan": Operation(import_plan, {"since": optional(day)}),
    "take_back_plan": Operation(
        take_back_plan, {"scene": optional(scene_id), "day": optional(day), "all": flag}
    ),
}
