"""The manners of our HTTP session, against a server that tempts it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import requests
import urllib3

from net.session import CarefulSession, ServerBusy, cause
from net.trust import Trust, trust
from simulators.faults import Action, Drop, Hang, Reply, Truncate
from simulators.http import Request, Response, SimulatorServer


class Echo(SimulatorServer):
    """Answers every request in the same way."""

    def handle(self, request: Request) -> Response:
        return Response(200, "Amélie".encode(), "text/html", (("Set-Cookie", "spy=1; Path=/"),))


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        yield server


@pytest.fixture
def session() -> Iterator[CarefulSession]:
    with CarefulSession(read_timeout_s=5.0) as opened:
        yield opened


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_redirects_are_answered_and_not_followed(
    echo: Echo, session: CarefulSession, method: str, status: int
) -> None:
    with Echo() as elsewhere:
        location = ("Location", f"{elsewhere.url}/login")
        echo.faults.add(Reply(status, headers=(location,)))
        answer = session.request(method, echo.url, headers={"X-Plex-Token": "secret"})
        assert answer.status_code == status
        assert elsewhere.requests.count() == 0
    assert echo.requests.count() == 1


def test_a_caller_cannot_ask_for_redirects_to_be_followed(
    echo: Echo, session: CarefulSession
) -> None:
    echo.faults.add(Reply(302, headers=(("Location", "/login"),)), times=1)
    assert session.get(echo.url, allow_redirects=True).status_code == 302


def test_cookies_are_neither_kept_nor_sent(echo: Echo, session: CarefulSession) -> None:
    for _ in range(2):
        session.get(echo.url)
    assert list(session.cookies) == []
    assert "cookie" not in echo.requests.entries[1].headers


def test_a_cookie_that_was_set_by_hand_is_sent(echo: Echo, session: CarefulSession) -> None:
    session.headers["Cookie"] = "session=mine"
    for _ in range(2):
        session.get(echo.url)
    assert [each.headers["cookie"] for each in echo.requests.entries] == ["session=mine"] * 2


def test_nothing_is_taken_from_the_environment(
    echo: Echo, session: CarefulSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert session.get(echo.url).status_code == 200
    assert "authorization" not in echo.requests.entries[0].headers


def test_text_is_utf_8_whatever_the_server_forgets_to_say(
    echo: Echo, session: CarefulSession
) -> None:
    assert session.get(echo.url).text == "Amélie"


def test_a_server_that_says_nothing_is_left_after_the_read_timeout(echo: Echo) -> None:
    echo.faults.add(Hang())
    with CarefulSession(read_timeout_s=0.05) as session, pytest.raises(requests.ReadTimeout):
        session.get(echo.url)


def test_a_callers_own_timeout_counts(echo: Echo, session: CarefulSession) -> None:
    echo.faults.add(Hang())
    with pytest.raises(requests.ReadTimeout):
        session.get(echo.url, timeout=0.05)


@pytest.mark.parametrize("status", [400, 401, 404, 500, 502, 520])
def test_other_statuses_are_the_callers_to_judge_and_nothing_is_tried_twice(
    echo: Echo, session: CarefulSession, status: int
) -> None:
    echo.faults.add(Reply(status))
    assert session.get(echo.url).status_code == status
    assert echo.requests.count() == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-5", None),
        ("99999999", None),
        ("soon", None),
    ],
)
def test_a_busy_server_is_an_error_with_what_it_asks_for(
    echo: Echo, session: CarefulSession, status: int, asked: str | None, seconds: float | None
) -> None:
    echo.faults.add(Reply(status, headers=(("Retry-After", asked),) if asked else ()))
    with pytest.raises(ServerBusy, match=f"status {status}") as busy:
        session.get(echo.url)
    assert (busy.value.status, busy.value.retry_after_s) == (status, seconds)
    assert echo.requests.count() == 1


def test_no_certificates_are_read_for_plain_http(
    echo: Echo, session: CarefulSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be hundreds of them, and most servers at home have none."""
    read: list[str] = []

    def told() -> Trust:
        read.append("them")
        return trust()

    monkeypatch.setattr("net.session.trust", told)
    assert session.get(echo.url).status_code == 200
    assert read == []
    for _ in range(2):
        with pytest.raises(requests.exceptions.SSLError):
            session.get(echo.url.replace("http:", "HTTPS:"))
    assert read == ["them"]


def test_certificates_are_checked_unless_told_otherwise() -> None:
    with CarefulSession(read_timeout_s=1.0) as session:
        assert session.verify == certifi.where()
    with warnings.catch_warnings(), CarefulSession(read_timeout_s=1.0, verify=False) as session:
        assert session.verify is False
        # Said once in the settings; not again with every request.
        warnings.warn("unverified", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (Hang(), "no answer in time"),
        (Drop(), "the connection was cut"),
        (Truncate(3), "a broken answer"),
    ],
    ids=str,
)
def test_why_there_was_no_answer_is_told_in_a_few_words(
    echo: Echo, action: Action, told: str
) -> None:
    echo.faults.add(action)
    with (
        CarefulSession(read_timeout_s=1.0) as session,
        pytest.raises(requests.RequestException) as failed,
    ):
        session.get(echo.url, params={"X-Plex-Token": "secret"})
    assert told in cause(failed.value)


def test_windows_words_are_told_without_its_number() -> None:
    refused = "<Connection object>: Failed: [WinError 10061] The target machine refused it')"
    assert cause(requests.ConnectionError(refused)) == "The target machine refused it"


def test_a_port_where_nobody_listens_is_told_as_the_system_does(
    echo: Echo, session: CarefulSession
) -> None:
    echo.stop()
    with pytest.raises(requests.ConnectionError) as failed:
        session.get(echo.url)
    assert cause(failed.value) == "Connection refused"
