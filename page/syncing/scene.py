"""One scene: whether Plex has it and why, which items, and what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.explain import ExplainedFile, Explanation, explain
from commands.preview_text import ItemPreview, cut_short, preview_in_short, shown, stash_says
from jobs.states import EXCLUDED, LEFT_ALONE, SceneState, States
from ledger.exclusions import BY_A_PERSON
from ledger.unmanaged import unmanaged_among
from page.arguments import scene_id
from page.operation import Answer, Operation, Operations
from page.servers import opened
from page.size import clipped, fitting
from page.syncing.undo import shown_write
from plex.matcher import Ambiguous, Matched
from stash.protocol import Invocation
from worker.context import Context

LONGEST_TEXT = 500
SHOWN_WRITES = 10
PERSON = "person"
MOST_RUNGS = 20

PLEX_WEB = (
    "https://app.plex.tv/desktop/#!/server/{server}/details?key=%2Flibrary%2Fmetadata%2F{key}"
)


def scene(invocation: Invocation, scene: int) -> Answer:
    """Looks as a sync would, and writes nothing."""
    with opened(invocation) as context:
        found = explain(context, scene)
        state = _state(context, scene)
        ledger = context.stores.ledger
        return {
            "scene": scene,
            "title": clipped(found.title, LONGEST_TEXT),
            "state": state.state,
            "why": clipped(state.why, LONGEST_TEXT),
            "excluded": PERSON if _is_excluded(context, scene) else found.excluded_by,
            "items": fitting([_item(each, found) for each in found.previews], parts=3),
            "rules": fitting([_file(each) for each in found.files], parts=3),
            "notes": list(found.notes),
            "error": _error(found),
            "written": [
                shown_write(each, {}) for each in ledger.writes.of_scene(scene, SHOWN_WRITES)
            ],
        }


def _is_excluded(context: Context, scene: int) -> bool:
    """By a person's word."""
    return bool(context.stores.ledger.exclusions.among([scene]))


def _state(context: Context, scene: int) -> SceneState:
    if _is_excluded(context, scene):
        return SceneState(EXCLUDED, BY_A_PERSON)
    if unmanaged_among(context.stores.ledger.database, [scene]):
        return SceneState(LEFT_ALONE)
    return States(context.stores.store.database).of([scene])[scene]


def _item(preview: ItemPreview, found: Explanation) -> dict[str, Any]:
    """`stash`: what Stash says, `plex`: what Plex shows now, `after`: what a sync would leave
    there; `why`: of a field that is left as it is."""
    short = preview_in_short(preview)
    changes = [
        {
            "field": each["field"],
            "stash": each["stash"],
            "plex": each["old"],
            "after": each["new"],
            "why": "",
        }
        for each in short["fields"]
    ]
    left = [
        {
            "field": each.field,
            "stash": stash_says(preview, each.field),
            "plex": (now := cut_short(shown(each.value))),
            "after": now,
            "why": each.because,
        }
        for each in preview.left
    ]
    return {
        "rating_key": preview.rating_key,
        "title": short["title"],
        "library": found.libraries.get(preview.rating_key, ""),
        "link": PLEX_WEB.format(server=found.server, key=preview.rating_key),
        "fields": changes + left,
    }


def _file(file: ExplainedFile) -> dict[str, Any]:
    """The rules that were tried for a file of the scene, first hit wins."""
    match file.match:
        case Matched(files, because):
            keys, why = list(dict.fromkeys(each.rating_key for each in files)), because
        case Ambiguous(candidates, because):
            keys, why = [], f"{len(candidates)} files fit equally well by: {because}"
        case _:
            keys, why = [], "not found"
    return {
        "path": clipped(file.path, LONGEST_TEXT),
        "items": keys,
        "why": str(why),
        "tried": list(_tried(file))[:MOST_RUNGS],
    }


def _tried(file: ExplainedFile) -> Iterator[dict[str, Any]]:
    for rung in file.rungs:
        yield {
            "rule": str(rung.because) + (f" ({rung.rule})" if rung.rule else ""),
            "looked_for": clipped(str(rung.looked_for), LONGEST_TEXT),
            "found": len(rung.fits),
            "doubted": len(rung.doubted),
        }


def _error(found: Explanation) -> dict[str, str] | None:
    if found.error is None:
        return None
    error = found.error
    return {"reason": error.reason, "text": str(error), "advice": error.advice}


QUERIES: Operations = {"scene": Operation(scene, {"scene": scene_id})}
