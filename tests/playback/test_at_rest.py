"""What a resting worker asks Plex, and what it makes of the answer."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from playback.at_rest import has_news
from simulators.faults import Hang, Reply
from tests.harness.sync import Desk
from tests.harness.worker import Shift, shift


@pytest.fixture
def on_duty(desk: Desk) -> Iterator[Shift]:
    """A worker that has met a play and looks at Plex for others."""
    desk.configure(import_plays=True)
    with shift(desk) as begun:
        desk.plex.library.clock = lambda: begun.now
        begun.worker.refresh_settings()
        begun.go_on(61)
        desk.plex.library.activity.watch(desk.item(1))
        begun.go_on(61)
        yield begun


def asked(on_duty: Shift) -> dict[str, Any]:
    found = on_duty.worker.question_at_rest()
    assert found is not None
    return found


def test_a_new_play_is_news_and_a_known_one_is_none(on_duty: Shift) -> None:
    question = asked(on_duty)
    on_duty.desk.reset()
    assert not has_news(question)
    assert on_duty.desk.plex.calls == {"history": 1}
    assert on_duty.desk.plex.devices == {on_duty.worker._stores.client_id}
    on_duty.rig.plex.library.activity.watch(on_duty.desk.item(2))
    assert has_news(question)
    on_duty.go_on(61)
    assert not has_news(asked(on_duty))


def test_another_play_in_the_same_second_is_news(on_duty: Shift) -> None:
    question = asked(on_duty)
    newest = on_duty.rig.plex.library.activity.plays[-1].viewed_at
    on_duty.rig.plex.library.activity.add(on_duty.desk.item(2), at=newest)
    assert has_news(question)


def test_what_is_no_play_of_a_film_wakes_nobody(on_duty: Shift) -> None:
    """Nobody notes a piece of music as known, so it would be news at every look."""
    activity = on_duty.rig.plex.library.activity
    activity.add(on_duty.desk.item(2), at=on_duty.now + 1).type = "track"
    activity.add(on_duty.desk.item(2), at=None)
    on_duty.go_on(61)
    assert not has_news(asked(on_duty))
    activity.add(on_duty.desk.item(2), at=on_duty.now + 2)
    assert has_news(asked(on_duty))


@pytest.mark.parametrize("fault", [Reply(503), Reply(401), Hang()], ids=repr)
def test_no_answer_is_no_news(on_duty: Shift, fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playback.at_rest.TIMEOUT_S", 0.2)
    question = asked(on_duty)
    on_duty.rig.plex.library.activity.watch(on_duty.desk.item(2))
    on_duty.rig.plex.faults.add(fault, "/status/sessions/history", times=1)
    assert not has_news(question)
    assert not has_news({**question, "url": "http://127.0.0.1:1"})


def test_a_certificate_is_checked_unless_that_is_switched_off(
    on_duty: Shift, self_signed: ssl.SSLContext
) -> None:
    question = asked(on_duty)
    plex = on_duty.rig.plex
    plex.library.activity.watch(on_duty.desk.item(2))
    plex.encrypt(self_signed)
    question["url"] = plex.url
    assert not has_news(question)
    assert has_news({**question, "verify": False})


def test_nothing_is_asked_while_plays_are_not_imported(on_duty: Shift) -> None:
    on_duty.desk.configure(import_resume=True)
    on_duty.worker.refresh_settings()
    assert on_duty.worker.question_at_rest() is None
