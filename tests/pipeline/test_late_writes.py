"""A request that a process has left on the network, delivered after its successor has written."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.follow_up import AWAITS_STRAY
from simulators.faults import Drop
from simulators.http import Request
from simulators.plex import Picture
from sync.pictures import sha1_of
from tests.harness.sync import Desk, describe, picture, shown
from tests.harness.worker import PUT, event, outage, shift

RED, BLUE = picture("red"), picture("blue")


def deliver(desk: Desk, request: Request) -> None:
    """The network hands the request to Plex after all."""
    assert desk.plex.handle(request).status == 200


@pytest.mark.parametrize("after_s", [5.0, 40.0, 800.0])
@pytest.mark.parametrize("tag_mode", ["additive", "replacing"])
@pytest.mark.parametrize("keep", [True, False])
def test_the_successor_looks_again_at_what_was_in_flight(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, keep: bool, tag_mode: Any, after_s: float
) -> None:
    desk.plex.quirks.tag_mode = tag_mode
    desk.configure(skip_fields="poster, background", keep_plex_edits=keep)
    with shift(desk) as on_shift:
        describe(desk, desk.scene(1), "First")
        event(on_shift, 1)
        describe(desk, desk.scene(1), "Old", "Both")
        desk.reset()
        with outage(desk, "killed", monkeypatch):
            event(on_shift, 1)
        (old,) = desk.plex.requests.matching("PUT")
        describe(desk, desk.scene(1), "New", "Both")
        event(on_shift, 1)
        wanted = shown(desk, 1)
        assert wanted["summary"] == {"About New"}
        assert [each.reason for each in on_shift.waiting()] == [AWAITS_STRAY]
    # That one dies as well; what is stored is enough.
    with shift(desk) as on_shift:
        on_shift.go_on(after_s)
        deliver(desk, old)
        assert shown(desk, 1) != wanted
        on_shift.go_on(1000.0)
        assert shown(desk, 1) == wanted
        on_shift.go_on(3000.0)
        assert desk.rig.jobs_left() == 0


def test_what_a_person_removes_meanwhile_stays_removed(desk: Desk) -> None:
    desk.configure(skip_fields="poster, background", keep_plex_edits=True)
    with shift(desk) as on_shift:
        describe(desk, desk.scene(1), "Old", "Both")
        desk.plex.faults.add(Drop(), PUT, times=1)
        event(on_shift, 1)
        describe(desk, desk.scene(1), "New", "Both")
        event(on_shift, 1)
        on_shift.go_on(100.0)
        library, item = desk.plex.library, desk.item(1)
        library.set_tags(item, "genre", [x for x in item.tags["genre"] if "New" in x.name])
        for _ in range(6):
            on_shift.go_on(1000.0)
        assert item.tag_names("genre") == ["New scenery"]


def test_an_interruption_alone_makes_nobody_look_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retry has written the same: whatever arrives late changes nothing."""
    desk.configure(skip_fields="poster, background")
    with shift(desk) as on_shift:
        describe(desk, desk.scene(1), "Old")
        with outage(desk, "killed", monkeypatch):
            event(on_shift, 1)
        on_shift.go_on(100.0)
        assert shown(desk, 1)["summary"] == {"About Old"}
        assert desk.rig.jobs_left() == 0


UPLOAD = r"POST /library/metadata/\d+/(posters|arts)"


@pytest.mark.parametrize("keep", [True, False])
def test_a_cover_taken_back_after_an_upload_that_got_no_answer(desk: Desk, keep: bool) -> None:
    """Stash has the former cover, and Plex has chosen the one in between."""
    desk.configure(keep_plex_edits=keep)
    with shift(desk) as on_shift:
        desk.edit(1, cover=RED)
        event(on_shift, 1)
        desk.edit(1, cover=BLUE)
        desk.plex.faults.add(Drop(applied=True), UPLOAD, times=2)
        event(on_shift, 1)
        desk.edit(1, cover=RED)
        event(on_shift, 1)
        on_shift.go_on(100.0)
        assert chosen_poster(desk).endswith(sha1_of(RED))


def test_a_poster_chosen_after_an_upload_that_never_arrived_is_kept(desk: Desk) -> None:
    desk.configure(keep_plex_edits=True)
    with shift(desk) as on_shift:
        desk.edit(1, cover=RED)
        desk.plex.faults.add(Drop(), UPLOAD, times=2)
        event(on_shift, 1)
        item = desk.item(1)
        assert not any(each.rating_key.startswith("upload://") for each in item.posters)
        item.choose("thumb", Picture("upload://posters/theirs"))
        item.locks.add("thumb")
        for _ in range(2):
            event(on_shift, 1)
            on_shift.go_on(100.0)
        assert chosen_poster(desk) == "upload://posters/theirs"


def test_a_poster_that_was_kept_then_stays_also_with_another_cover(desk: Desk) -> None:
    """What was on its way is settled by the look that keeps theirs: it makes no lock ours."""
    desk.configure(keep_plex_edits=True)
    with shift(desk) as on_shift:
        desk.edit(1, cover=RED)
        desk.plex.faults.add(Drop(), UPLOAD, times=2)
        event(on_shift, 1)
        item = desk.item(1)
        assert not [each for each in item.posters if each.rating_key.startswith("upload://")]
        item.choose("thumb", Picture("upload://posters/theirs"))
        item.locks.add("thumb")
        event(on_shift, 1)
        on_shift.go_on(100.0)
        desk.edit(1, cover=BLUE)
        event(on_shift, 1)
        on_shift.go_on(100.0)
        assert chosen_poster(desk) == "upload://posters/theirs"
        assert shown_background(desk).endswith(sha1_of(BLUE))


def chosen_poster(desk: Desk) -> str:
    found = desk.item(1).selected("thumb")
    return found.rating_key if found else ""


def shown_background(desk: Desk) -> str:
    found = desk.item(1).selected("art")
    return found.rating_key if found else ""
