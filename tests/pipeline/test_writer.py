"""Writing a batch: what is asked, what survives a crash, what one failure does to the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from errors import LeaseLost
from ledger.ledger import Ledger
from plex.client import PlexClient
from simulators.faults import Reply
from simulators.plex import Item
from tests.harness.sync import Desk


class Death(LeaseLost):
    """The process ends here."""


def die(*_args: object, **_named: object) -> None:
    raise Death


def test_a_changed_scene_costs_one_request_and_an_unchanged_one_none(
    make_desk: Callable[..., Desk],
) -> None:
    desk = make_desk(count=100)
    desk.sync()
    assert desk.plex.calls["edit"] == 100
    desk.sync()
    assert desk.writes() == 0
    # The look ahead at what is in step, the batch of what may change within this second, and, for
    # each, getting to know the server.
    assert desk.plex.requests.count() <= 2 + 2 + 2 * 3
    assert desk.rig.stash.requests.count() <= 3 + 3


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("moment", ["before sending", "before confirming"])
def test_a_crash_is_no_edit_in_plex(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: str, *, keep: bool
) -> None:
    """Neither the former nor the intended value is mistaken for somebody's edit."""
    desk.configure(keep_plex_edits=keep)
    desk.sync()
    desk.edit(2, title="Second", tags=[])
    with monkeypatch.context() as dying:
        if moment == "before sending":
            dying.setattr(PlexClient, "edit", die)
        else:
            dying.setattr(Ledger, "confirm", die)
        with pytest.raises(Death):
            desk.sync()
    desk.edit(2, title="Third")
    desk.sync()
    assert (desk.item(2).title, desk.item(2).tag_names("genre")) == ("Third", [])
    desk.sync()
    assert desk.writes() == 0


def test_originals_survive_a_crash_at_the_first_write(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = desk.item(2).title
    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "confirm", die)
        with pytest.raises(Death):
            desk.sync()
    desk.sync()
    with desk.ledger() as ledger:
        (page,) = ledger.entries(desk.plex.library.machine_identifier, 2)
    assert page[0].memory.original is not None
    assert page[0].memory.original.text("title") == title


def test_one_refused_item_does_not_hold_up_its_neighbours(desk: Desk) -> None:
    desk.plex.faults.add(Reply(400), r"PUT .*[?&]id=3&")
    assert "1 failed (1 plex refused)" in desk.sync()
    assert [desk.item(n).title for n in (2, 4)] == [desk.scene(n).title for n in (2, 4)]


def test_a_file_in_two_libraries_is_written_to_both(desk: Desk) -> None:
    library = desk.plex.library
    other = library.add_section("Copies", locations=["/data/films"])
    film = desk.rig.films[1]
    twin: Item = library.add_item(other, f"/data/films/{film.file_name}", size=film.size)
    desk.sync()
    assert twin.title == desk.item(2).title == desk.scene(2).title


def test_an_item_that_was_scanned_anew_is_written_anew(desk: Desk) -> None:
    desk.sync()
    twin = desk.plex.library.rescan_as_new(desk.item(2))
    desk.edit(2, title="New")
    desk.event(2)
    assert twin.title == "New"
    assert "title" in twin.locks
