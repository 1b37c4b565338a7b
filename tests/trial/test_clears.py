"""A Plex that ignores empty values: found, told once, and not asked again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commands import undo_task
from commands.explain import explain, explanation_lines
from commands.status import status_lines, status_of
from ledger.traits import PROVEN
from sync.reasons import NOT_CLEARED
from tests.harness.sync import Desk
from tests.trial.newcomers import proof
from trial.clears import Clears
from trial.meaning import clear_sentences, not_cleared

MakeDesk = Callable[..., Desk]
COUNT = 14
CLEARED = (2, 9, 13)

pytestmark = pytest.mark.usefixtures("still_time")


def in_step(make_desk: MakeDesk) -> Desk:
    """With a summary each, of a Plex that is trusted and of which nothing more is known."""
    desk = make_desk(count=COUNT, tried=False)
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, details=f"About {scene_id}", rating100=80)
    desk.sync()
    found = proof(desk)
    assert found
    assert found.items == PROVEN
    return desk


def clear(desk: Desk) -> None:
    for scene_id in CLEARED:
        desk.edit(scene_id, details="", rating100=None)


def known(desk: Desk) -> dict[str, str]:
    with desk.context() as context:
        book = context.stores.traits
        return book.traits(desk.plex.library.machine_identifier, desk.plex.version)


def summaries(desk: Desk) -> list[Any]:
    return [desk.item(scene_id).fields.get("summary") for scene_id in CLEARED]


ABOUT = [f"About {scene_id}" for scene_id in CLEARED]


@pytest.mark.parametrize("is_new", [True, False], ids=["a canary", "once it is trusted"])
def test_what_cannot_be_cleared_is_left_with_a_sentence_and_cleared_by_another_version(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture, is_new: bool
) -> None:
    desk = in_step(make_desk)
    if is_new:
        desk.plex.version = "1.99.0"
        for scene_id in range(1, COUNT + 1):
            desk.edit(scene_id, title=f"Title {scene_id}")
    desk.plex.quirks.clears_fields = False
    clear(desk)
    desk.sync()
    assert summaries(desk) == ABOUT
    assert known(desk)["clears"] == "no"
    sentence = clear_sentences({"clears": "no"}, desk.plex.version)[0]
    assert [each.getMessage() for each in caplog.records].count(sentence) == 1
    with desk.context() as context:
        assert any(sentence in each for each in status_lines(status_of(context.stores)))
        told = explanation_lines(explain(context, CLEARED[0]))
    assert any("summary" in each and NOT_CLEARED in each for each in told)
    # Neither again, nor for others, nor after an event.
    desk.edit(4, details="")
    for scene_id in (*CLEARED, 4):
        desk.event(scene_id)
    desk.reset()
    with desk.context() as context:
        context.stores.scene_cache.invalidate()
    desk.sync()
    assert desk.writes() == 0
    desk.plex.version, desk.plex.quirks.clears_fields = "1.99.1", True
    for scene_id in range(1, COUNT + 1):
        desk.edit(scene_id, title=f"Another title {scene_id}")
    desk.sync()
    assert summaries(desk) == [None] * len(CLEARED)
    assert desk.item(4).fields.get("summary") is None


def test_where_fields_are_cleared_that_is_looked_at_once(make_desk: MakeDesk) -> None:
    desk = in_step(make_desk)
    desk.edit(2, details="")
    desk.event(2)
    assert known(desk)["clears"] == "yes"
    looks = []
    for scene_id, details in ((3, ""), (4, "Others")):
        desk.edit(scene_id, details=details)
        desk.reset()
        desk.event(scene_id)
        looks.append(sum(desk.plex.calls.values()))
    assert looks[0] == looks[1]


def test_what_was_empty_and_cannot_be_emptied_is_told_by_a_restore(
    make_desk: MakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make_desk(count=3)
    before = desk.snapshots()
    desk.edit(2, details="About 2")
    desk.sync()
    desk.plex.quirks.clears_fields = False
    with desk.context({"confirm": "true"}) as context:
        undo_task.restore(context, lambda _fraction: None)
    assert NOT_CLEARED in caplog.text
    assert known(desk)["clears"] == "no"
    desk.plex.quirks.clears_fields, desk.plex.version = True, "1.99.0"
    with desk.context({"confirm": "true"}) as context:
        undo_task.restore(context, lambda _fraction: None)
    assert desk.snapshots() == before


def test_a_rating_that_stays_says_nothing_of_texts() -> None:
    assert not_cleared({"clears": "not userRating"}) == {"rating"}
    assert "summary" in not_cleared({"clears": "no"})
    assert not not_cleared({"clears": "yes"})
    assert Clears().trait() == ""
