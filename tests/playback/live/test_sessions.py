"""Which notifications say that a play has ended: pure, as the sheet has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from net.event_stream import Event
from playback.live.sessions import MOST_KEY, MOST_SESSIONS, Sessions


def notice(state: str, session: object = "7", item: object = "31", **more: object) -> Event:
    told = {"sessionKey": session, "ratingKey": item, "state": state, "viewOffset": 1000, **more}
    return Event("playing", json.dumps({"PlaySessionStateNotification": told}))


def boxed(*states: str) -> Event:
    """As on the web socket."""
    told = [{"sessionKey": "7", "ratingKey": "31", "state": each} for each in states]
    content = {"type": "playing", "size": len(told), "PlaySessionStateNotification": told}
    return Event("", json.dumps({"NotificationContainer": content}))


PLAYING = notice("playing")


@pytest.mark.parametrize(
    ("events", "ended"),
    [
        ([PLAYING, PLAYING], False),
        ([PLAYING, notice("paused"), notice("buffering"), PLAYING], False),
        ([notice("stopped")], True),
        ([PLAYING, notice("stopped", item="")], True),
        ([PLAYING, notice("playing", item="32")], True),
        ([PLAYING, notice("playing", item=32)], True),
        ([PLAYING, notice("playing", item=31)], False),
        ([PLAYING, notice("playing", session="8", item="32")], False),
        ([PLAYING, notice("playing", item="")], False),
        ([PLAYING, notice("playing", item=None)], False),
        ([boxed("playing", "paused")], False),
        ([boxed("stopped", "playing")], True),
    ],
)
def test_what_ends_a_play(events: list[Event], ended: bool) -> None:
    sessions = Sessions()
    assert (True in [sessions.has_ended(each) for each in events]) is ended


def test_whoever_watches_another_film_later_has_ended_none_by_it() -> None:
    sessions = Sessions()
    assert [sessions.has_ended(each) for each in (PLAYING, notice("stopped"))] == [False, True]
    assert not sessions.has_ended(notice("playing", item="32"))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{}",
        "no JSON",
        "null",
        "17",
        '"stopped"',
        "[[1]]",
        "[" * 60_000,
        "1" * 60_000,
        '{"NotificationContainer": null}',
        '{"NotificationContainer": {"type": "timeline", "TimelineEntry": [{"state": 5}]}}',
        '{"PlaySessionStateNotification": "stopped"}',
        '{"PlaySessionStateNotification": ["stopped", null, 3, {}]}',
        '{"PlaySessionStateNotification": {"state": {"state": "stopped"}, "ratingKey": [1]}}',
    ],
)
def test_what_says_nothing_of_a_player_ends_nothing(data: str) -> None:
    assert not Sessions().has_ended(Event("playing", data))


def test_what_is_remembered_has_bounds() -> None:
    sessions: Any = Sessions()
    for number in range(10 * MOST_SESSIONS):
        sessions.has_ended(notice("playing", session=f"{number}", item="x" * 10_000))
    assert len(sessions._watched) <= MOST_SESSIONS
    assert max(map(len, sessions._watched.values())) == MOST_KEY
