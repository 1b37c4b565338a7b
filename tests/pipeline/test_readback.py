"""A Plex that stores what it is given in its own way, which no source rules out."""

from __future__ import annotations

import pytest

from commands import tasks
from commands.preview import preview_all
from commands.preview_text import ItemPreview
from commands.undo_task import restore
from pipeline.unmanaged import manage
from simulators.faults import Reply
from sync.reasons import SHOWN_OTHERWISE
from tests.harness.sync import Desk


def reword(field: str, value: str) -> str:
    """Cuts titles, and knows one genre by another name."""
    return value[:9] if field == "title" else value.replace("Western", "Wild West")


@pytest.fixture
def own_way(desk: Desk) -> Desk:
    """A Plex that rewords; scene 1 has a title and a tag of which it shows something else."""
    desk.plex.quirks.rewording = reword
    western = desk.rig.stash.library.add_tag("Western")
    desk.edit(1, title="The Great Train Robbery", tags=[western])
    return desk


def genres(desk: Desk) -> list[str]:
    return desk.item(1).tag_names("genre")


def kept(desk: Desk) -> set[str]:
    """The fields of scene 1 that a preview leaves alone because Plex has its own way."""
    with desk.context() as context:
        (item,) = preview_all(context, lambda _fraction: None, scene_id=1)
    assert isinstance(item, ItemPreview)
    return {each.field for each in item.left if each.because == SHOWN_OTHERWISE}


def test_what_plex_shows_in_its_own_way_is_not_written_for_ever(own_way: Desk) -> None:
    own_way.event(1)
    assert (own_way.item(1).title, genres(own_way)) == ("The Great", ["Wild West"])
    own_way.event(1)
    own_way.reset()
    for _ in range(2):
        own_way.event(1)
    assert own_way.writes() == 0
    assert kept(own_way) == {"title", "genres"}


def test_a_first_write_is_not_read_back_and_a_repeated_one_is(desk: Desk) -> None:
    desk.event(1)
    assert len(desk.looks()) == 1
    desk.item(1).fields["title"] = "Edited in Plex"
    desk.reset()
    desk.event(1)
    assert (desk.plex.calls["edit"], len(desk.looks())) == (1, 2)
    assert desk.item(1).title == desk.scene(1).title


def test_another_value_is_written_again(own_way: Desk) -> None:
    for _ in range(3):
        own_way.event(1)
    travel = own_way.rig.stash.library.add_tag("Travel")
    own_way.edit(1, title="A Trip to the Moon", tags=[travel])
    own_way.event(1)
    assert own_way.item(1).title == "A Trip to"
    # What looks like somebody else's genre is never removed.
    assert genres(own_way) == ["Wild West", "Travel"]


def test_an_edit_in_plex_is_still_overwritten(own_way: Desk) -> None:
    for _ in range(3):
        own_way.event(1)
    own_way.item(1).fields["title"] = "Edited in Plex"
    own_way.event(1)
    assert own_way.item(1).title == "The Great"
    own_way.reset()
    own_way.event(1)
    assert own_way.writes() == 0


def test_with_kept_edits_what_plex_reworded_is_not_taken_for_somebodys_edit(own_way: Desk) -> None:
    own_way.configure(keep_plex_edits=True)
    own_way.event(1)
    own_way.edit(1, title="A Trip to the Moon")
    own_way.event(1)
    assert own_way.item(1).title == "A Trip to"
    own_way.item(1).fields["title"] = "Edited in Plex"
    own_way.edit(1, title="Cabiria")
    own_way.event(1)
    assert own_way.item(1).title == "Edited in Plex"


def test_what_plex_reworded_is_restored_all_the_same(own_way: Desk) -> None:
    before = own_way.item(1).title
    for _ in range(3):
        own_way.event(1)
    assert own_way.item(1).title != before
    with own_way.context({"scene_id": "1"}) as context:
        restore(context, lambda _fraction: None)
    assert own_way.item(1).title == reword("title", before)


def test_what_plex_does_not_change_at_all_is_never_cleared(desk: Desk) -> None:
    desk.item(1).fields["summary"] = "Written in Plex"
    desk.plex.quirks.rewording = lambda field, value: (
        "Written in Plex" if field == "summary" else value
    )
    desk.edit(1, details="From Stash")
    for _ in range(2):
        desk.event(1)
    assert kept(desk) == {"summary"}
    desk.plex.quirks.rewording = None
    desk.edit(1, details="")
    desk.event(1)
    assert desk.item(1).fields["summary"] == "Written in Plex"


def test_what_was_handed_over_is_not_taken_for_plexs_way_of_showing_ours(own_way: Desk) -> None:
    for _ in range(2):
        own_way.event(1)
    with own_way.context({"scene_id": "1", "forget": "true"}) as context:
        restore(context, lambda _fraction: None)
        manage(context.stores, 1)
    own_way.plex.quirks.rewording = None
    own_way.sync()
    assert own_way.item(1).title == "The Great Train Robbery"


@pytest.mark.parametrize("how", ["full", "named"])
def test_whoever_asks_for_it_has_it_written_once_more(own_way: Desk, how: str) -> None:
    for _ in range(3):
        own_way.event(1)
    own_way.plex.quirks.rewording = None
    own_way.event(1)
    assert own_way.item(1).title == "The Great"
    if how == "full":
        own_way.sync(full="true")
    else:
        with own_way.context() as context:
            tasks.sync_scenes(context, [1], lambda _fraction: None)
    assert own_way.item(1).title == "The Great Train Robbery"
    assert "Western" in genres(own_way)


def test_a_plex_that_does_not_answer_then_fails_no_write(desk: Desk) -> None:
    desk.event(1)
    desk.item(1).fields["title"] = "Edited in Plex"
    # The look before the write is let through.
    desk.plex.faults.add(Reply(500), r"GET /library/metadata/", skip=1)
    desk.event(1)
    assert desk.item(1).title == desk.scene(1).title
    with desk.context() as context:
        assert context.stores.store.counts() == {}
