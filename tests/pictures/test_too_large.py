"""A proxy in front of Plex that takes no large pictures."""

from __future__ import annotations

import re

import pytest

from commands import tasks
from simulators.faults import Call, Reply
from sync import pictures
from tests.harness.sync import Desk, picture
from tests.harness.worker import Shift

SCENE = 1


def uploads(desk: Desk) -> int:
    sent = desk.plex.requests.matching("POST", "/library/metadata/")
    return sum(bool(re.search(r"/(posters|arts)$", each.path)) for each in sent)


def refuse(desk: Desk, what: str) -> None:
    desk.edit(SCENE, cover=picture("red", (400, 300)))
    desk.plex.faults.add(Reply(413, b"<html>too large</html>"), f"POST .*{what}")


def failure(desk: Desk) -> tuple[str, str]:
    with desk.context() as opened:
        (found,) = opened.stores.store.failures()
    return str(found.error), str(found.advice)


def shows_cover(desk: Desk) -> bool:
    chosen = desk.item(SCENE).selected("thumb")
    return chosen is not None and chosen.data == desk.scene(SCENE).cover


def test_the_rest_is_written_and_the_picture_named(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    assert desk.rig.title(SCENE) == desk.rig.films[0].title
    assert uploads(desk) == 2
    error, advice = failure(desk)
    assert "all but the poster (0.0 MB) was written" in error
    assert "client_max_body_size" in advice
    assert "art" in desk.item(SCENE).locks


def test_the_same_bytes_are_not_sent_with_every_edit(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    for number in range(3):
        desk.edit(SCENE, title=f"Title {number}")
        desk.sync()
        assert uploads(desk) == 0
        assert desk.rig.title(SCENE) == f"Title {number}"


def test_another_cover_is_tried(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    desk.edit(SCENE, cover=picture("blue", (10, 10)))
    desk.sync()
    assert uploads(desk) == 2


def test_it_stays_a_failure_while_the_picture_is_missing(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    desk.edit(SCENE, title="Another title")
    desk.sync()
    assert uploads(desk) == 0
    assert "all but the poster (0.0 MB) was written" in failure(desk)[0]


def test_a_day_later_it_is_tried_though_nothing_was_edited(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(desk, "/posters")
    desk.sync()
    desk.plex.faults.clear()
    monkeypatch.setattr(pictures, "REFUSED_FOR_S", 0.0)
    desk.sync()
    assert uploads(desk) == 1
    assert shows_cover(desk)


def test_retry_failed_tries_it_at_once(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    desk.plex.faults.clear()
    with desk.context() as opened:
        tasks.retry_failed(opened, lambda _fraction: None)
        assert opened.stores.store.failures() == []
    assert shows_cover(desk)


def test_so_does_a_sync_of_the_scene_by_name(desk: Desk) -> None:
    refuse(desk, "/posters")
    desk.sync()
    desk.plex.faults.clear()
    with desk.context() as opened:
        tasks.sync_scenes(opened, [SCENE], lambda _fraction: None)
    assert shows_cover(desk)


def test_who_answers_everything_so_has_refused_no_picture(on_shift: Shift) -> None:
    """Something else stands at Plex's address once the text is written. The locks are there."""
    desk = on_shift.desk
    desk.edit(SCENE, cover=picture("red"))
    on_shift.event(SCENE)
    on_shift.let_pass(60)
    desk.edit(SCENE, title="Another title", cover=picture("blue"))
    everything = Reply(413, b"<html>no</html>")

    def begin() -> None:
        desk.plex.faults.add(everything)

    desk.plex.faults.add(Call(begin), "PUT ", times=1)
    on_shift.event(SCENE)
    assert on_shift.worker.pause is not None
    desk.plex.faults.clear()
    on_shift.go_on(100)
    assert on_shift.store.failures() == []
    assert shows_cover(desk)
