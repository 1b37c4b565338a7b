"""What a simulated Plex tells as it happens, and what it records meanwhile, as the sheet says; read
by clients that aren't ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from plexapi.server import PlexServer

from simulators.plex import Item, PlexLibrary, PlexSimulator
from simulators.plex.screening import play_film, screening

NOW = 1_700_000_000
STREAM = "/:/eventsource/notifications"
HOUR_MS = 3_600_000


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    library = PlexLibrary(clock=lambda: NOW)
    section = library.add_section("Films", locations=["/data"])
    for name in ("Nanook", "Metropolis"):
        library.add_item(section, f"/data/{name}.mp4", title=name, duration_ms=HOUR_MS)
    library.activity.accounts[2] = "Grace"
    with PlexSimulator(library) as sim:
        sim.guests["another-token"] = 2
        yield sim


def film(plex: PlexSimulator, name: str = "Nanook") -> Item:
    found = plex.library.find(f"/data/{name}.mp4")
    assert found
    return found


class Hearer:
    """One client of the stream; `told` waits for the next event."""

    def __init__(self, plex: PlexSimulator, query: str = "", token: str = "") -> None:
        self.answer = requests.get(
            f"{plex.url}{STREAM}{query}",
            headers={"X-Plex-Token": token or plex.token},
            stream=True,
            timeout=10,
        )
        self._lines = self.answer.iter_lines(chunk_size=1)

    def told(self) -> tuple[str, dict[str, Any]]:
        name = next(self._lines).decode().removeprefix("event: ")
        data = next(self._lines).decode().removeprefix("data: ")
        assert next(self._lines) == b""
        content: dict[str, Any] = json.loads(data)
        return name, content

    def notice(self) -> dict[str, Any]:
        name, content = self.told()
        assert name == "playing"
        found: dict[str, Any] = content["PlaySessionStateNotification"]
        return found

    def until(self, state: str) -> list[dict[str, Any]]:
        """All notices up to one of this state."""
        notices = [self.notice()]
        while notices[-1]["state"] != state:
            notices.append(self.notice())
        return notices


def test_a_film_that_is_played_is_told_of_from_its_start_to_its_end(plex: PlexSimulator) -> None:
    item, hearer = film(plex), Hearer(plex)
    assert hearer.answer.headers["Content-Type"] == "text/event-stream"
    assert play_film(plex.library.activity, item, pauses=(0.5,))
    notices = hearer.until("stopped")
    assert {each["ratingKey"] for each in notices} == {str(item.rating_key)}
    assert len({each["sessionKey"] for each in notices}) == 1
    offsets = [each["viewOffset"] for each in notices]
    assert (offsets[0], offsets[-1], offsets) == (0, HOUR_MS, sorted(offsets))
    states = [each["state"] for each in notices]
    assert states.count("paused") == states.count("stopped") == 1
    assert notices[states.index("paused")]["viewOffset"] == HOUR_MS // 2


def test_what_is_recorded_while_it_is_played(plex: PlexSimulator) -> None:
    """The session from the start to the end, the position up to the threshold, and from there on
    the play and the count, while it still goes on."""
    item, activity = film(plex), plex.library.activity
    seen = []
    for session in screening(activity, item, steps=10):
        part = session.view_offset / HOUR_MS
        seen.append((part, item.view_offset, item.view_count, len(activity.plays)))
        is_listed = f'sessionKey="{session.key}"' in sessions(plex)
        assert is_listed == (session.state != "stopped")
        if is_listed:
            assert f'state="{session.state}"' in sessions(plex)
            assert f'viewOffset="{session.view_offset}"' in sessions(plex)
    for part, position, count, plays in seen:
        is_played = part >= 0.9
        assert (position, count, plays) == (
            0 if is_played else part * HOUR_MS,
            is_played,
            is_played,
        )
    assert item.last_viewed_at == NOW


def sessions(plex: PlexSimulator) -> str:
    return requests.get(
        f"{plex.url}/status/sessions", headers={"X-Plex-Token": plex.token}, timeout=10
    ).text


def test_a_part_of_it_is_no_play(plex: PlexSimulator) -> None:
    assert not play_film(plex.library.activity, film(plex), to=0.6)
    assert film(plex).view_offset == 0.6 * HOUR_MS


def test_when_it_has_stopped_the_session_is_gone_and_the_item_may_be_unnamed(
    plex: PlexSimulator,
) -> None:
    plex.library.activity.names_stopped = False
    hearer = Hearer(plex)
    plex.library.activity.watch(film(plex))
    stopped = hearer.until("stopped")[-1]
    assert (stopped["ratingKey"], stopped["key"]) == ("", "")
    assert "sessionKey" not in sessions(plex)


def test_some_players_tell_of_no_stop(plex: PlexSimulator) -> None:
    plex.library.activity.tells_stop = False
    hearer = Hearer(plex)
    plex.library.activity.watch(film(plex))
    plex.library.activity.begin(film(plex, "Metropolis"))
    states = [hearer.notice()["state"] for _ in range(3)]
    assert states == ["playing"] * 3


@pytest.mark.parametrize(
    ("query", "hears"),
    [
        ("", True),
        ("?filters=playing,timeline", True),
        ("?filters=timeline", False),
        ("?filters=-log", True),
        ("?filters=-playing", False),
        ("?filters=", True),
    ],
)
def test_filters_name_what_is_told(plex: PlexSimulator, query: str, hears: bool) -> None:
    hearer = Hearer(plex, query)
    plex.library.activity.begin(film(plex))
    plex.library.activity.notices.send(b"event: ping\ndata: {}\n\n")
    assert hearer.told()[0] == ("playing" if hears else "ping")


def test_somebody_else_hears_of_themselves_alone(plex: PlexSimulator) -> None:
    hearer = Hearer(plex, token="another-token")
    plex.library.activity.begin(film(plex))
    plex.library.activity.begin(film(plex, "Metropolis"), account=2)
    assert hearer.notice()["ratingKey"] == str(film(plex, "Metropolis").rating_key)


@pytest.mark.parametrize("headers", [{}, {"X-Plex-Token": "wrong"}])
def test_nobody_listens_without_a_token(plex: PlexSimulator, headers: dict[str, str]) -> None:
    assert requests.get(f"{plex.url}{STREAM}", headers=headers, timeout=10).status_code == 401


def test_it_pings(plex: PlexSimulator) -> None:
    plex.library.activity.notices.ping_s = 0.01
    assert Hearer(plex).told() == ("ping", {})


def test_a_proxy_may_hold_it_back_until_the_end(plex: PlexSimulator) -> None:
    notices = plex.library.activity.notices
    notices.holds_back = True
    hearer = Hearer(plex)
    plex.library.activity.watch(film(plex))
    notices.hang_up()
    assert hearer.until("stopped")
    assert list(hearer._lines) == []


def test_a_server_that_stops_cuts_it(plex: PlexSimulator) -> None:
    hearer = Hearer(plex)
    plex.stop()
    with pytest.raises(requests.RequestException):
        hearer.told()


def test_who_has_hung_up_is_told_nothing(plex: PlexSimulator) -> None:
    hearer, notices = Hearer(plex), plex.library.activity.notices
    assert notices.listeners == 1
    hearer.answer.close()
    while notices.listeners:
        notices.send(b"")


def test_what_a_player_reports_is_a_play(plex: PlexSimulator) -> None:
    """As plexapi reports it."""
    video = PlexServer(plex.url, plex.token).library.section("Films").get("Nanook")
    item, activity, hearer = film(plex), plex.library.activity, Hearer(plex)
    for time_ms, state in ((60_000, "playing"), (HOUR_MS // 2, "paused")):
        video.updateTimeline(time_ms, state=state)
        assert (item.view_offset, item.view_count) == (time_ms, 0)
        assert [each.state for each in activity.sessions.values()] == [state]
    video.updateTimeline(HOUR_MS - 1000, state="stopped")
    assert (item.view_offset, item.view_count, len(activity.plays)) == (0, 1, 1)
    assert activity.sessions == {}
    states = [each["state"] for each in hearer.until("stopped")]
    assert list(dict.fromkeys(states)) == ["playing", "paused", "stopped"]


def test_a_player_that_goes_on_to_another_film_has_ended_the_one_before(
    plex: PlexSimulator,
) -> None:
    section = PlexServer(plex.url, plex.token).library.section("Films")
    section.get("Nanook").updateTimeline(HOUR_MS - 1000, state="playing")
    section.get("Metropolis").updateTimeline(1000, state="playing")
    activity = plex.library.activity
    assert [each.title for each in activity.plays] == ["Nanook"]
    assert [each.item.title for each in activity.sessions.values()] == ["Metropolis"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("ratingKey={key}&time=5&state=playing", 200),
        ("ratingKey=999&time=5&state=playing", 404),
        ("ratingKey={key}&time=x&state=playing", 400),
        ("ratingKey={key}&time=5&state=dancing", 400),
    ],
)
def test_what_a_player_may_report(plex: PlexSimulator, query: str, status: int) -> None:
    where = f"{plex.url}/:/timeline?" + query.format(key=film(plex).rating_key)
    headers = {"X-Plex-Token": plex.token, "X-Plex-Client-Identifier": "television"}
    assert requests.get(where, headers=headers, timeout=10).status_code == status


def test_a_film_can_be_played_from_another_process(plex: PlexSimulator) -> None:
    hearer = Hearer(plex)
    wanted = {"file": "/data/Nanook.mp4", "pauses": [0.25, 0.75]}
    done = requests.post(f"{plex.url}/__simulator__/play", json=wanted, timeout=10)
    assert done.json() == {"played": True}
    assert [each["state"] for each in hearer.until("stopped")].count("paused") == 2
    wanted["file"] = "/data/Unknown.mp4"
    assert (
        requests.post(f"{plex.url}/__simulator__/play", json=wanted, timeout=10).status_code == 404
    )
