"""A sync and a restore against a Plex with any switches: right, or refused with a sentence."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from commands import undo_task
from commands.tasks import Paused
from commands.trial.order import TrialOrder, try_out
from simulators.plex import Item
from simulators.rig import Rig
from tests.harness.sync import Desk, picture
from tests.trial.switches import Switches, at_random

COUNT = 13
# Tags are spelled as they came before the simulated library was filled.
FIXED: Switches = {"keeps_first_spelling": True}


def sync_and_restore(folder: Path, seed: int) -> str:
    """How it came out, in a sentence. Raises AssertionError if it is neither right nor refused."""
    switches = {**at_random(seed), **FIXED}
    with Rig(folder, count=COUNT, tried=False) as rig:
        desk = _desk(rig, switches, random.Random(seed))
        before = desk.snapshots()
        if not switches["removes_by_name"]:
            # A first sync takes nothing away, so that only a trial can find that.
            _try_out(desk)
            assert desk.snapshots() == before
        try:
            desk.sync()
        except Paused as error:
            assert _comparable(desk, before, switches) == _comparable(before, before, switches)
            return str(error)
        for scene_id in range(1, COUNT + 1):
            assert rig.title(scene_id) == desk.scene(scene_id).title
        _assert_nothing_left(desk)
        with desk.context({"confirm": "true"}) as context:
            undo_task.restore(context, lambda _fraction: None)
        assert _comparable(desk, before, switches) == _comparable(before, before, switches)
    return "right"


def _desk(rig: Rig, switches: Switches, chance: random.Random) -> Desk:
    desk = Desk(rig)
    desk.configure(tags_as=chance.choice(["genres", "labels", "both"]))
    for scene_id in range(1, COUNT + 1):
        item = desk.item(scene_id)
        if chance.random() < 0.5:
            desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)))
        _dress(desk, item, chance)
    for name, value in switches.items():
        if name not in FIXED:
            setattr(rig.plex.quirks, name, value)
    return desk


def _dress(desk: Desk, item: Item, chance: random.Random) -> None:
    library = desk.plex.library
    for kind, names in (
        ("genre", ["Silent", "Short"]),
        ("actor", ["Ada"]),
        ("country", ["France"]),
    ):
        if chance.random() < 0.5:
            library.set_tags(item, kind, [library.make_tag(item, kind, name) for name in names])
    for name in ("summary", "tagline", "studio", "userRating"):
        if chance.random() < 0.5:
            item.fields[name] = "4" if name == "userRating" else f"Plex's {name}"
    item.locks |= {each for each in ("title", "genre", "thumb") if chance.random() < 0.2}


def _try_out(desk: Desk) -> None:
    with desk.context() as context:
        try_out(context, lambda _fraction: None, TrialOrder(1, is_confirmed=True))


def _assert_nothing_left(desk: Desk) -> None:
    """What Plex shows its own way is learned in one more look; then there is nothing to write."""
    for _ in range(2):
        with desk.context() as context:
            context.stores.scene_cache.invalidate()
        desk.sync()
    assert desk.writes() == 0


def _comparable(
    shown: Desk | list[dict[str, Any]], before: list[dict[str, Any]], switches: Switches
) -> list[dict[str, Any]]:
    """What has to be as before: where nothing can be cleared, all but what was empty then."""
    if isinstance(shown, Desk):
        shown = shown.snapshots()
    if switches["clears_fields"]:
        return shown
    return [
        {**each, "fields": {name: x for name, x in each["fields"].items() if name in was["fields"]}}
        for each, was in zip(shown, before, strict=True)
    ]
