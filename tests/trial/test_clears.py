"""A Plex that ignores empty values: found, told once, and not asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from commands import undo_task
from commands.explain import explain, explanation_lines
from commands.status import status_lines, status_of
from commands.trial import order
from ledger.traits import PROVEN
from sync.plan import Edit
from sync.reasons import NOT_CLEARED
from sync.values import ItemState
from tests.harness.sync import Desk
from tests.harness.worker import shift
from tests.trial.newcomers import proof
from trial import bench
from trial.clears import Clears
from trial.meaning import clear_sentences, knows_clears, not_cleared

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


def test_a_trial_corrects_it_for_a_worker_that_runs_as_well(
    make_desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = in_step(make_desk)
    place = desk.plex.library.machine_identifier, desk.plex.version
    monkeypatch.setattr(bench, "A_SECOND_S", 0.0)
    desk.plex.quirks.clears_fields = False
    clear(desk)
    desk.sync()
    desk.edit(4, details="")
    desk.sync()
    with shift(desk) as on_shift:
        on_shift.event(CLEARED[0])
        assert summaries(desk) == ABOUT
        assert known(desk) == {"clears": "no", "rating_clears": "no"}
        desk.plex.quirks.clears_fields = True
        with desk.context() as context:
            context.settings.refresh()
            order.try_out(context, lambda _fraction: None, order.TrialOrder(5, True))
            found = context.stores.traits.traits(*place)
        assert found["clears"] == "yes"
        assert "rating_clears" not in found
        on_shift.event(CLEARED[0])
        on_shift.go_on(11.0)
        assert summaries(desk)[0] is None
    desk.sync()
    assert summaries(desk) == [None] * len(CLEARED)
    assert desk.item(4).fields.get("summary") is None
    assert known(desk)["rating_clears"] == "yes"


def test_where_fields_are_cleared_that_is_looked_at_once(make_desk: MakeDesk) -> None:
    desk = in_step(make_desk)
    desk.edit(2, details="")
    desk.event(2)
    assert known(desk)["clears"] == "yes"
    with desk.context() as context:
        assert not any("Tried out" in each for each in status_lines(status_of(context.stores)))
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


@pytest.mark.parametrize("is_new", [True, False], ids=["a canary", "once it is trusted"])
def test_a_date_that_stays_says_nothing_of_texts(make_desk: MakeDesk, is_new: bool) -> None:
    desk = in_step(make_desk)
    for scene_id in CLEARED:
        desk.edit(scene_id, date="1902-09-01")
    desk.sync()
    desk.plex.quirks.never_clears = {"originallyAvailableAt"}
    if is_new:
        desk.plex.version = "1.99.0"
    for scene_id in CLEARED:
        desk.edit(scene_id, date="")
    desk.sync()
    assert desk.item(2).fields["originallyAvailableAt"] == "1902-09-01"
    assert known(desk) == {"date_clears": "no"}
    for scene_id in CLEARED:
        desk.edit(scene_id, details="")
    desk.sync()
    assert summaries(desk) == [None] * len(CLEARED)
    assert known(desk) == {"date_clears": "no", "clears": "yes"}


def test_fields_with_an_edit_of_their_own_say_nothing_of_texts() -> None:
    assert not_cleared({"rating_clears": "no"}) == {"rating"}
    assert "summary" in not_cleared({"clears": "no"})
    assert "rating" not in not_cleared({"clears": "no", "rating_clears": "yes"})
    assert not not_cleared({"clears": "yes"})
    assert not knows_clears({"clears": "yes"}, {"date"})
    assert knows_clears({"clears": "yes"}, {"summary"})
    assert Clears().traits({}) == {}


@pytest.mark.parametrize(
    ("left", "cleared", "before", "news"),
    [
        ((), ("summary",), "", "yes"),
        (("summary",), (), "", "no"),
        (("studio",), ("summary",), "", "not studio"),
        (("studio",), (), "yes", "not studio"),
        (("studio",), (), "not tagline", "not studio, tagline"),
        ((), ("summary",), "not tagline", None),
        ((), ("summary",), "no", None),
    ],
)
def test_what_is_found_adds_to_what_was_known(
    left: Sequence[str], cleared: Sequence[str], before: str, news: str | None
) -> None:
    clears = Clears()
    edits = [Edit(each, "Something", "") for each in (*left, *cleared)]
    clears.note(edits, ItemState(dict.fromkeys(left, "Something")))
    found = clears.traits({"clears": before} if before else {})
    assert found == ({"clears": news} if news else {})
