"""Text first: whatever a picture meets, the text is there at once, and the picture is tried again
alone."""

from __future__ import annotations

import re
import threading

import pytest

from pictures.upload_pool import AWAITS_PICTURE, FIRST_PAUSE_S, PicturePatience
from plex.write_limit import WriteLimit
from simulators.faults import Hang, Reply
from simulators.plex import Picture
from tests.harness.sync import Desk, picture
from tests.harness.worker import Shift

UPLOAD = "POST /library/metadata/"
LISTS = "GET /library/metadata/[0-9]+/(posters|arts)"
RED = picture("red")


def edit(desk: Desk, *scene_ids: int) -> None:
    for n in scene_ids:
        desk.edit(n, title=f"Arrives {n}", cover=picture("red", (100 + n, 60)))


def titles(desk: Desk, *scene_ids: int) -> list[bool]:
    return [desk.item(n).title == f"Arrives {n}" for n in scene_ids]


def has_poster(desk: Desk, scene_id: int) -> bool:
    item, cover = desk.item(scene_id), desk.scene(scene_id).cover
    chosen = item.selected("thumb")
    return chosen is not None and chosen.data == cover and "thumb" in item.locks


# A picture that is refused for its size is another matter: tests/pictures/test_too_large.py.
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("asked", [UPLOAD, LISTS], ids=["upload", "lists"])
def test_an_answer_to_a_picture_pauses_nothing_and_keeps_no_text(
    on_shift: Shift, status: int, asked: str
) -> None:
    desk = on_shift.desk
    on_shift.event(*range(1, 11))
    on_shift.go_on(60.0)
    edit(desk, *range(1, 11))
    for n in range(1, 11):  # what somebody has locked is looked up before ours replaces it
        desk.item(n).locks |= {"thumb", "art"}
    desk.plex.faults.add(Reply(status), asked)
    on_shift.event(*range(1, 11))
    assert all(titles(desk, *range(1, 11)))
    assert on_shift.worker.pause is None
    assert any(re.search(asked, each.line) for each in desk.plex.requests.matching())
    # Another edit meanwhile arrives as quickly.
    desk.edit(3, title="Once more")
    on_shift.let_pass(20.0)
    on_shift.event(3)
    assert desk.item(3).title == "Once more"
    desk.plex.faults.clear()
    for _ in range(6):
        on_shift.go_on(600.0)
    assert on_shift.store.counts() == {}
    assert all(has_poster(desk, n) for n in range(1, 11))


def test_the_lock_that_went_ahead_with_the_text_keeps_no_picture_away(on_shift: Shift) -> None:
    """With `keep_plex_edits` it was taken for somebody's."""
    desk = on_shift.desk
    desk.configure(keep_plex_edits=True)
    edit(desk, 1)
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(1)
    assert titles(desk, 1) == [True]
    assert "thumb" in desk.item(1).locks
    desk.plex.faults.clear()
    for _ in range(3):
        on_shift.go_on(900.0)
    assert has_poster(desk, 1)


@pytest.mark.parametrize("kind", ["upload", "choice"])
def test_a_poster_that_somebody_chose_beside_our_lock_stays(on_shift: Shift, kind: str) -> None:
    desk = on_shift.desk
    desk.configure(keep_plex_edits=True, skip_fields="background")
    edit(desk, 1)
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(1)
    desk.plex.faults.clear()
    item = desk.item(1)
    key = "upload://posters/by-hand" if kind == "upload" else "metadata://posters/another"
    item.posters.insert(0, Picture("metadata://posters/first"))
    item.choose("thumb", Picture(key))
    for _ in range(3):
        on_shift.go_on(900.0)
    chosen = item.selected("thumb")
    assert chosen is not None
    assert chosen.rating_key == key


def test_pictures_that_meet_an_outage_of_their_own_wait_and_never_fail(on_shift: Shift) -> None:
    desk = on_shift.desk
    on_shift.event(*range(1, 11))
    on_shift.go_on(60.0)
    edit(desk, *range(1, 11))
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(*range(1, 11))
    desk.reset()
    for _ in range(100):
        on_shift.go_on(900.0)
    # A handful a time, and not all of them.
    assert desk.plex.requests.count("POST") <= 100 * 2
    assert desk.writes() == desk.plex.requests.count("POST")
    (waiting,) = on_shift.waiting()
    assert (waiting.reason, waiting.jobs) == (AWAITS_PICTURE, 10)
    assert on_shift.store.failures() == []
    desk.plex.faults.clear()
    on_shift.go_on(900.0)
    on_shift.go_on(900.0)
    assert on_shift.store.counts() == {}
    assert all(has_poster(desk, n) for n in range(1, 11))
    desk.reset()
    on_shift.go_on(60.0)
    on_shift.event(*range(1, 11))
    assert desk.writes() == 0


@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_upload_that_takes_long_holds_back_no_text(on_shift: Shift, concurrency: int) -> None:
    """Neither of its own item, nor of its batch, nor of what is edited meanwhile."""
    desk = on_shift.desk
    on_shift.event(*range(1, 11))
    on_shift.go_on(60.0)
    desk.configure(concurrency=concurrency)
    edit(desk, *range(1, 10))
    desk.plex.faults.add(Hang(), UPLOAD)

    def meanwhile() -> None:
        desk.rig.until(lambda: all(titles(desk, *range(1, 10))), "the titles of the batch")
        desk.edit(10, title="Arrives 10")
        on_shift.store.enqueue("scene", [10], 0, on_shift.now)

    somebody = threading.Thread(target=meanwhile)
    somebody.start()
    on_shift.event(*range(1, 10))
    somebody.join()
    on_shift.work()
    assert all(titles(desk, *range(1, 11)))
    assert on_shift.worker.pause is None
    desk.plex.faults.clear()
    for _ in range(3):
        on_shift.go_on(60.0)
    assert on_shift.store.counts() == {}
    assert all(has_poster(desk, n) for n in range(1, 10))


def test_text_and_picture_cost_two_requests_with_all_their_locks(desk: Desk) -> None:
    desk.configure(skip_fields="background")
    desk.sync()
    edit(desk, *range(1, 11))
    desk.sync()
    assert desk.writes() == 2 * 10
    assert all(has_poster(desk, n) for n in range(1, 11))
    order = [each.method for each in desk.plex.requests.matching() if each.method != "GET"]
    assert order[0] == "PUT"


def test_a_picture_that_is_refused_for_good_stays_unlocked(on_shift: Shift) -> None:
    desk = on_shift.desk
    edit(desk, 1)
    desk.plex.faults.add(Reply(413), UPLOAD)
    on_shift.event(1)
    for _ in range(5):
        on_shift.go_on(1800.0)
    assert titles(desk, 1) == [True]
    assert not {"thumb", "art"} & desk.item(1).locks
    (failed,) = on_shift.store.failures()
    assert failed.object_id == 1


@pytest.mark.parametrize("keeps", [False, True], ids=["overwrites", "keeps"])
def test_a_lock_that_went_ahead_of_its_picture_is_not_taken_for_a_users(
    on_shift: Shift, keeps: bool
) -> None:
    desk = on_shift.desk
    desk.configure(keep_plex_edits=keeps)
    edit(desk, 1)
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(1)
    assert "thumb" in desk.item(1).locks
    desk.plex.faults.clear()
    on_shift.go_on(60.0)
    assert has_poster(desk, 1)


def test_a_lock_that_went_ahead_is_ours_also_where_the_agent_has_chosen(on_shift: Shift) -> None:
    """The agent's picture is shown all along, and our own lock makes it nobody's choice."""
    desk = on_shift.desk
    desk.configure(keep_plex_edits=True)
    desk.item(1).posters[:] = [Picture("metadata://posters/1", picture("blue"), selected=True)]
    edit(desk, 1)
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(1)
    desk.plex.faults.clear()
    on_shift.go_on(60.0)
    assert has_poster(desk, 1)


def test_what_somebody_locked_before_us_stays_though_ours_was_on_its_way(on_shift: Shift) -> None:
    desk = on_shift.desk
    desk.item(1).posters[:] = [Picture("upload://posters/hers", picture("blue"), selected=True)]
    desk.item(1).locks.add("thumb")
    edit(desk, 1)
    desk.plex.faults.add(Reply(503), UPLOAD)
    on_shift.event(1)
    desk.plex.faults.clear()
    desk.configure(keep_plex_edits=True)
    on_shift.go_on(60.0)
    chosen = desk.item(1).selected("thumb")
    assert chosen is not None
    assert chosen.rating_key == "upload://posters/hers"


def test_a_plex_that_is_down_for_all_still_pauses(on_shift: Shift) -> None:
    desk = on_shift.desk
    on_shift.event(1, 2)
    on_shift.go_on(60.0)
    edit(desk, 1, 2)
    desk.plex.faults.add(Reply(503), UPLOAD, times=1)
    desk.plex.faults.add(Reply(503), "GET ")
    on_shift.event(1, 2)
    assert on_shift.worker.pause is not None


def test_uploads_take_no_turn_from_edits() -> None:
    write_limit = WriteLimit(1, lambda: True)
    with write_limit.turn(is_typical=False, is_upload=True), write_limit.turn():
        pass
    assert write_limit.limit == 1


def test_pictures_are_left_alone_for_longer_and_longer() -> None:
    now_m = [0.0]
    patience = PicturePatience(lambda: now_m[0])
    pauses = []
    for _ in range(8):
        patience.failed(RuntimeError("no"))  # type: ignore[arg-type]
        patience.failed(RuntimeError("at the same time"))  # type: ignore[arg-type]
        pauses.append(patience.wait_s())
        now_m[0] += patience.wait_s()
    assert pauses == [FIRST_PAUSE_S, 60.0, 120.0, 240.0, 480.0, 900.0, 900.0, 900.0]
    patience.went_well()
    patience.failed(RuntimeError("no"))  # type: ignore[arg-type]
    assert patience.wait_s() == FIRST_PAUSE_S
