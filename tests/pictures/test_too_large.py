"""A proxy in front of Plex that takes no large pictures."""

from __future__ import annotations

import re

from simulators.faults import Reply
from tests.harness.sync import Desk, picture

SCENE = 1


def uploads(desk: Desk) -> int:
    sent = desk.plex.requests.matching("POST", "/library/metadata/")
    return sum(bool(re.search(r"/(posters|arts)$", each.path)) for each in sent)


def refuse(desk: Desk, what: str) -> None:
    desk.edit(SCENE, cover=picture("red", (400, 300)))
    desk.plex.faults.add(Reply(413, b"<html>too large</html>"), f"POST .*{what}")


def failure(desk: Desk) -> tuple[str, str]:
    with desk.workplace() as opened:
        (found,) = opened.memories.store.failures()
    return str(found.error), str(found.advice)


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
