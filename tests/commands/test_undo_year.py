"""Where a date takes the year along, the year comes back with it."""

from __future__ import annotations

import pytest

from commands import undo_task
from simulators.faults import Reply
from tests.harness.sync import Desk


@pytest.fixture
def moved(desk: Desk) -> Desk:
    """Scene 2 has got a date in Plex, where it had a year alone."""
    desk.plex.quirks.date_moves_year = True
    desk.item(2).fields["year"] = "1998"
    desk.edit(2, date="1927-03-01", title="Sunrise")
    return desk


def restore(desk: Desk) -> str:
    with desk.context({"confirm": "true"}) as context:
        return undo_task.restore(context, lambda _fraction: None)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize(
    ("date", "year"), [("", "1998"), ("1998-06-07", "1998"), ("1998-06-07", "1999"), ("", "")]
)
def test_the_year_is_as_before(desk: Desk, date: str, year: str, moves: bool) -> None:
    desk.plex.quirks.date_moves_year = moves
    desk.item(2).fields |= {"originallyAvailableAt": date, "year": year}
    before = desk.snapshots()
    desk.edit(2, date="1927-03-01")
    desk.sync()
    assert desk.item(2).fields["year"] == ("1927" if moves else year)
    restore(desk)
    assert desk.snapshots() == before


def test_a_year_that_somebody_has_changed_since_stays(moved: Desk) -> None:
    moved.sync()
    moved.item(2).fields["year"] = "2001"
    restore(moved)
    assert moved.item(2).fields["year"] == "2001"


def test_a_year_that_is_refused_keeps_nothing_else_from_being_put_back(moved: Desk) -> None:
    title = moved.item(2).fields["title"]
    moved.sync()
    assert moved.item(2).fields["title"] == "Sunrise"
    moved.plex.faults.add(Reply(400), "year.value")
    assert "0 failed" in restore(moved)
    assert moved.item(2).fields["title"] == title
