"""The demo says that all is well only if it is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from typing_extensions import Self

from simulators import demo
from simulators.faults import Reply
from simulators.plex import Item, Tag
from simulators.rig import Rig
from tests.harness.sync import Desk


@pytest.fixture
def synced(make_rig: Callable[..., Rig]) -> Rig:
    """As the demo leaves it."""
    rig = make_rig(count=demo.COUNT, plex_folder=demo.PLEX_FOLDER, absent=demo.NOT_IN_PLEX)
    desk = Desk(rig)
    desk.configure(path_map=demo.PATH_MAP)
    desk.edit(1, title=demo.EDIT["title"], details=demo.EDIT["details"])
    desk.sync()
    return rig


def test_nothing_is_wrong_with_what_was_synced(synced: Rig) -> None:
    assert demo.wrong_items(synced) == []


def other_title(item: Item) -> None:
    item.fields["title"] = "Another"


def no_summary(item: Item) -> None:
    del item.fields["summary"]


def other_studio(item: Item) -> None:
    item.fields["studio"] = "Another"


def no_date(item: Item) -> None:
    item.fields["originallyAvailableAt"] = ""


def one_more_in_the_cast(item: Item) -> None:
    item.tags["actor"] = [*item.tags["actor"], Tag("Somebody Else")]


def cast_in_another_order(item: Item) -> None:
    item.tags["actor"] = list(reversed(item.tags["actor"]))


SPOILS: dict[Callable[[Item], None], str] = {
    other_title: "Plex has title 'Another' instead of",
    no_summary: "Plex has summary None instead of",
    other_studio: "Plex has studio 'Another' instead of",
    no_date: "Plex has originallyAvailableAt '' instead of",
    one_more_in_the_cast: "the cast differs",
    cast_in_another_order: "the cast differs",
}


@pytest.mark.parametrize("scene_id", [1, demo.COUNT - demo.NOT_IN_PLEX], ids=["edited", "last"])
def test_whatever_is_spoilt_in_one_item_is_found(synced: Rig, scene_id: int) -> None:
    item = synced.item(scene_id)
    fields, tags = dict(item.fields), dict(item.tags)
    for spoil, told in SPOILS.items():
        spoil(item)
        (found,) = demo.wrong_items(synced)
        assert found.startswith(f"scene {scene_id}: {told}")
        item.fields.update(fields)
        item.tags.update(tags)


@pytest.mark.timeout(60)
def test_the_demo_shows_what_it_did_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main() == 0
    shown = capsys.readouterr().out
    assert shown.endswith("\nPlex shows what Stash says.\n")
    assert "50 films in Stash below /data/films; Plex has 47 of them, below /media/movies." in shown
    edited = next(line for line in shown.splitlines() if str(demo.EDIT["title"]) in line)
    assert not edited.startswith(str(demo.EDIT["title"])), "the title before the edit comes first"
    assert "… and 39 more" in shown
    assert re.search(r"^Sync all scenes: .* 3 not in Plex, 0 failed", shown, re.MULTILINE)


@pytest.mark.timeout(60)
def test_a_demo_whose_edits_do_not_all_arrive_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class RefusesOne(Rig):
        def __enter__(self) -> Self:
            key = self.item(9).rating_key
            self.plex.faults.add(Reply(400), rf"PUT .*[?&]id={key}&")
            return super().__enter__()

    monkeypatch.setattr(demo, "Rig", RefusesOne)
    assert demo.main() == 1
    shown = capsys.readouterr().out
    assert "WRONG: scene 9: Plex has title " in shown
    assert "WRONG: scene 8:" not in shown
    assert shown.endswith("\nThe demo failed.\n")
