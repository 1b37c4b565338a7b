"""Every switch of the simulated Plex, each value by itself: a sync, an edit that takes tags away, a
look at what is in step, and a restore come out the same."""

from __future__ import annotations

from typing import Any

import pytest

from commands import undo_task
from simulators.plex.quirks import Quirks
from tests.harness.sync import Desk, describe, picture, shown
from tests.trial.newcomers import MakeDesk, dress
from tests.trial.switches import CHOICES

COUNT = 3
# How names are spelled is settled before the simulated library is filled.
SETTLED = {"keeps_first_spelling"}
# A Plex that takes nothing away by name is found by a trial, or by the canary.
LEAVES_TAGS = ("removes_by_name", False)

CASES = [
    (name, value)
    for name, values in CHOICES.items()
    if name not in SETTLED
    for value in values
    if value != getattr(Quirks(), name)
]


def items(desk: Desk) -> list[dict[str, Any]]:
    """All but collections, of which some servers keep empty ones."""
    library = desk.plex.library
    return [library.snapshot(each) for each in library.items(type="movie")]


def tags(desk: Desk, scene_id: int) -> dict[str, set[str]]:
    found = shown(desk, scene_id)
    found.pop("summary")
    return {kind: {name.casefold() for name in names} for kind, names in found.items()}


def wanted(*names: str) -> dict[str, set[str]]:
    """Of a scene that was described so (see `describe`), with what the item had of its own."""
    tags = {f"{each} scenery".casefold() for each in names}
    return {
        "genre": tags | {"silent"},
        "label": tags,
        "actor": {f"{each} Méliès".casefold() for each in names} | {"ada"},
        "director": {f"{names[0]} Guy".casefold()},
        "collection": {f"{names[0]} Film".casefold()},
    }


@pytest.mark.parametrize(("switch", "value"), CASES)
def test_whatever_a_server_is_like_the_outcome_is_the_same(
    make_desk: MakeDesk, switch: str, value: Any
) -> None:
    desk = make_desk(count=COUNT)
    desk.configure(tags_as="both", collections="studio")
    for scene_id in range(1, COUNT + 1):
        dress(desk, desk.item(scene_id))
        describe(desk, desk.scene(scene_id), "Sea", "Wood")
    desk.edit(2, cover=picture("red"))
    before = items(desk)
    setattr(desk.plex.quirks, switch, value)
    desk.sync()
    assert [tags(desk, number) for number in (1, 2, 3)] == [wanted("Sea", "Wood")] * COUNT
    if (switch, value) != LEAVES_TAGS:
        describe(desk, desk.scene(2), "Wood")
        desk.sync()
        assert tags(desk, 2) == wanted("Wood")
        assert tags(desk, 3) == wanted("Sea", "Wood")
    for _ in range(2):
        with desk.context() as context:
            context.stores.scene_cache.invalidate()
        desk.sync()
    assert desk.writes() == 0
    if (switch, value) == LEAVES_TAGS:
        return
    with desk.context({"confirm": "true"}) as context:
        undo_task.restore(context, lambda _fraction: None)
    after = items(desk)
    if switch == "clears_fields":  # and so nothing that was empty can be emptied again
        for now, was in zip(after, before, strict=True):
            now["fields"] = {key: x for key, x in now["fields"].items() if key in was["fields"]}
    assert after == before
