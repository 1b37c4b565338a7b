"""Posters and backgrounds, from Stash's cover to Plex's choice."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from errors import LeaseLost
from ledger.ledger import Ledger
from pictures import render
from pictures.artwork import Artwork
from simulators.faults import Reply
from simulators.plex import Item, Picture
from sync.pictures import MAX_PICTURE_BYTES, sha1_of
from tests.harness.sync import Desk, picture

RED, BLUE = picture("red"), picture("blue")


def poster(item: Item) -> str:
    """The chosen poster's key."""
    found = item.selected("thumb")
    return found.rating_key if found else ""


def background(item: Item) -> str:
    """The same of the background."""
    found = item.selected("art")
    return found.rating_key if found else ""


def uploads(pictures: list[Picture]) -> list[Picture]:
    return [each for each in pictures if each.rating_key.startswith("upload://")]


def test_the_cover_becomes_poster_and_background_once(desk: Desk) -> None:
    desk.edit(1, cover=RED)
    assert desk.sync().startswith("Sync all scenes: 10 synced")
    item = desk.item(1)
    assert poster(item) == f"upload://posters/{sha1_of(RED)}"
    assert {"thumb", "art"} <= item.locks
    for _ in range(2):
        desk.sync()
        assert desk.writes() == 0
        assert desk.cover_requests() == 0
    assert (len(uploads(item.posters)), len(uploads(item.arts))) == (1, 1)


def test_an_edit_of_the_scene_alone_costs_one_conditional_request(desk: Desk) -> None:
    desk.edit(1, cover=RED)
    desk.sync()
    desk.edit(1, title="New")
    desk.sync()
    asked = desk.rig.stash.requests.matching("GET", "/scene/1/")
    assert [each.headers.get("if-none-match", "")[:1] for each in asked] == ['"']
    assert desk.writes() == 1
    assert len(uploads(desk.item(1).posters)) == 1


def test_a_new_cover_costs_one_request_per_picture(desk: Desk) -> None:
    desk.edit(1, cover=RED)
    desk.sync()
    desk.edit(1, cover=BLUE)
    desk.sync()
    assert poster(desk.item(1)).endswith(sha1_of(BLUE))
    assert desk.plex.calls["upload"] == desk.writes() == 2


def test_a_former_cover_is_only_chosen_again(desk: Desk) -> None:
    for cover in (RED, BLUE, RED):
        desk.edit(1, cover=cover)
        desk.sync()
    item = desk.item(1)
    assert poster(item).endswith(sha1_of(RED))
    assert (desk.plex.calls["upload"], len(uploads(item.posters))) == (0, 2)


def test_a_refresh_in_plex_does_not_undo_a_cover(desk: Desk) -> None:
    item = desk.item(1)
    item.choose("thumb", Picture("metadata://posters/agent"))
    desk.edit(1, cover=RED)
    desk.sync()
    desk.plex.library.agent_refresh(item)
    assert poster(item).endswith(sha1_of(RED))


def test_the_placeholder_is_never_sent(desk: Desk) -> None:
    desk.sync()
    assert desk.plex.calls["upload"] == 0
    assert "thumb" not in desk.item(1).locks
    # Its making fires no hook and only moves the scene's timestamp.
    desk.edit(1, cover=RED)
    desk.sync()
    assert poster(desk.item(1)).endswith(sha1_of(RED))


@pytest.mark.parametrize("locks_by_itself", [False, True])
def test_a_cover_that_goes_brings_back_what_was_there(desk: Desk, *, locks_by_itself: bool) -> None:
    desk.plex.quirks.upload_locks = locks_by_itself
    item = desk.item(1)
    desk.edit(1, cover=RED)
    desk.sync()
    assert desk.plex.calls["pictures"] == 0  # nobody has chosen what it shows
    desk.edit(1, cover=None)
    desk.sync()
    assert (poster(item), background(item)) == ("metadata://posters/1", "metadata://art/1")
    assert not {"thumb", "art"} & item.locks


def test_a_picture_that_somebody_locked_comes_back(desk: Desk) -> None:
    item = desk.item(1)
    choose_by_hand(item)
    item.choose("art", Picture("metadata://art/another"))
    item.locks |= {"thumb", "art"}
    desk.edit(1, cover=RED)
    desk.sync()
    assert desk.plex.calls["pictures"] == 2
    desk.edit(1, cover=None)
    desk.sync()
    assert poster(item) == "upload://posters/by-hand"
    assert background(item) == "metadata://art/another"
    assert {"thumb", "art"} <= item.locks


def test_what_the_agent_found_later_is_shown_instead_of_ours(desk: Desk) -> None:
    """A new film is synced before Plex's agent has brought its pictures."""
    item = desk.item(1)
    item.posters.clear()
    desk.edit(1, cover=RED)
    desk.sync()
    item.posters.append(Picture("metadata://posters/late"))
    desk.edit(1, cover=None)
    desk.sync()
    assert poster(item) == "metadata://posters/late"
    assert "thumb" not in item.locks


def choose_by_hand(item: Item) -> None:
    item.choose("thumb", Picture("upload://posters/by-hand"))


def test_a_poster_chosen_in_plex_stays_until_the_cover_changes(desk: Desk) -> None:
    desk.edit(1, cover=RED)
    desk.sync()
    choose_by_hand(desk.item(1))
    desk.edit(1, title="New")
    desk.sync()
    assert poster(desk.item(1)).endswith("by-hand")
    desk.edit(1, cover=BLUE)
    desk.sync()
    assert poster(desk.item(1)).endswith(sha1_of(BLUE))


def test_kept_edits_include_the_poster_until_the_setting_is_off(desk: Desk) -> None:
    desk.configure(keep_plex_edits=True)
    desk.edit(1, cover=RED)
    desk.sync()
    choose_by_hand(desk.item(1))
    desk.edit(1, cover=BLUE)
    desk.sync()
    desk.sync()
    assert poster(desk.item(1)).endswith("by-hand")
    assert desk.cover_requests() == 0
    desk.configure()
    desk.sync()
    assert poster(desk.item(1)).endswith(sha1_of(BLUE))


def test_a_poster_locked_before_us_is_kept_with_the_setting(desk: Desk) -> None:
    desk.configure(keep_plex_edits=True)
    choose_by_hand(desk.item(1))
    desk.item(1).locks.add("thumb")
    desk.edit(1, cover=RED)
    desk.sync()
    assert poster(desk.item(1)).endswith("by-hand")
    assert desk.plex.calls["upload"] == 1  # the background


def test_skipped_pictures_are_not_even_asked_for(desk: Desk) -> None:
    desk.configure(skip_fields="poster, background")
    desk.edit(1, cover=RED)
    desk.sync()
    assert desk.cover_requests() == 0


def test_what_plex_lists_already_is_not_sent(desk: Desk) -> None:
    """The ledger was lost: the lock is left, of ours or of somebody who uploaded the same."""
    item = desk.item(1)
    item.posters.append(Picture(f"upload://posters/{sha1_of(RED)}", RED))
    item.locks.add("thumb")
    desk.configure(skip_fields="background")
    desk.edit(1, cover=RED)
    desk.sync()
    assert desk.plex.calls["upload"] == 0
    assert poster(item).endswith(sha1_of(RED))


def test_a_crash_after_the_upload_sends_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.configure(skip_fields="background")
    desk.edit(1, cover=RED)
    with monkeypatch.context() as dying:
        dying.setattr(Artwork, "confirm", _die)
        with pytest.raises(LeaseLost):
            desk.sync()
    assert len(uploads(desk.item(1).posters)) == 1
    desk.sync()
    assert (desk.plex.calls["upload"], len(uploads(desk.item(1).posters))) == (0, 1)
    assert "thumb" in desk.item(1).locks


def _die(*_args: object) -> None:
    raise LeaseLost


@pytest.mark.parametrize(
    ("cover", "commits"), [(RED, 3 + 1), (None, 1)], ids=["new covers", "no covers"]
)
def test_a_batchs_pictures_are_confirmed_in_one_transaction(
    make_desk: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
    cover: bytes | None,
    commits: int,
) -> None:
    """Each transaction waits for the disk, a slow one for as long as Plex takes."""
    desk = make_desk(count=3)
    for scene_id in range(1, 4):
        desk.edit(scene_id, cover=cover)
    stored: list[object] = []
    real = Ledger.remember_pictures

    def counting(*args: Any, **named: Any) -> None:
        stored.append(args)
        real(*args, **named)

    monkeypatch.setattr(Ledger, "remember_pictures", counting)
    desk.sync()
    assert len(stored) == commits
    desk.sync()
    assert desk.writes() == desk.cover_requests() == 0


def test_a_refused_picture_does_not_hold_up_the_fields(desk: Desk) -> None:
    desk.edit(1, cover=RED, title="Arrives")
    desk.plex.faults.add(Reply(413), "POST /library/metadata/1/")
    assert "1 failed" in desk.sync()
    assert desk.item(1).fields["title"] == "Arrives"
    assert not {"thumb", "art"} & desk.item(1).locks


@pytest.mark.parametrize("style", ["fit", "crop"])
def test_styles_make_a_poster_of_two_by_three(desk: Desk, style: str) -> None:
    desk.configure(poster_style=style)
    desk.edit(1, cover=RED)
    desk.sync()
    item = desk.item(1)
    made = item.selected("thumb")
    assert made is not None
    assert Image.open(io.BytesIO(made.data)).size == (1000, 1500)
    assert item.arts[-1].data == RED
    desk.sync()
    assert desk.writes() == 0
    desk.configure(poster_style="cover")
    desk.sync()
    assert poster(item).endswith(sha1_of(RED))


def test_rendering_is_deterministic_and_leaves_fitting_covers_alone() -> None:
    one, two = render.render(RED, "fit"), render.render(RED, "fit")
    assert isinstance(one, render.Rendered)
    assert one == two
    upright = picture("red", (200, 300))
    assert render.render(upright, "crop") == render.Rendered(upright)


@pytest.mark.parametrize("kind", ["WEBP", "GIF"])
def test_types_that_plex_may_not_take_are_converted(kind: str) -> None:
    made = render.render(picture("red", kind=kind), "cover")
    assert isinstance(made, render.Rendered)
    assert made.content.startswith(b"\xff\xd8\xff")


def test_covers_beyond_the_limit_are_made_smaller() -> None:
    huge = RED + b"\0" * MAX_PICTURE_BYTES
    made = render.render(huge, "cover")
    assert isinstance(made, render.Rendered)
    assert len(made.content) < MAX_PICTURE_BYTES


def test_broken_covers_are_left_out_with_a_reason() -> None:
    made = render.render(b"RIFF....WEBPbroken", "cover")
    assert isinstance(made, render.Unusable)
    assert "cannot be read" in made.because


def test_without_pillow_styles_fall_back_and_conversion_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pictures.pillow._source.supply", lambda _is_needed: "Wait a moment.")
    render._warn_once.cache_clear()
    assert [render.possible_style("fit") for _ in range(3)] == ["cover"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "poster_style fit needs Pillow; until it is there posters show the cover as it is. "
        "Wait a moment."
    ]
    assert render.render(RED, "cover") == render.Rendered(RED)
    assert isinstance(render.render(picture("red", kind="WEBP"), "cover"), render.Unusable)


@pytest.mark.usefixtures("still_time")
def test_requests_of_a_full_sync(make_desk: Callable[..., Desk]) -> None:
    """Budget: 2.1 requests to Plex per changed scene with a new poster, 0.03 without changes; and
    one question on each connection."""
    desk = make_desk(count=100)
    desk.configure(skip_fields="background")
    for scene_id in range(1, 101):
        desk.edit(scene_id, cover=picture("red", (160 + scene_id, 90)))
    desk.sync()
    assert desk.plex.calls["edit"] + desk.plex.calls["upload"] <= 200
    assert desk.plex.calls["pictures"] == 0
    for scene_id in range(1, 101):
        desk.edit(scene_id, cover=picture("blue", (160 + scene_id, 90)), title=f"New {scene_id}")
    desk.sync()
    greetings = desk.plex.calls["server"]
    assert desk.plex.requests.count() - greetings <= 210
    assert greetings <= 1 + 4 + 3 + 1
    desk.sync()
    assert desk.writes() == 0
    assert desk.cover_requests() == 0
