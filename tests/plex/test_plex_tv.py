"""plex.tv over HTTP: codes, accounts and everything that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from logs.redact import redact
from plex.own_identity import own_version
from plex.plex_tv import (
    LINK_PAGE,
    AccountServer,
    CodeExpired,
    Connection,
    PlexTv,
    PlexTvUnavailable,
    SignInFailed,
)
from simulators.faults import Action, Drop, Reply, Truncate
from simulators.plex_tv import VALID_S, PlexTvSimulator, Resource, Way
from tests.harness.clock import Clock

CLIENT = "client-of-this-installation"
HOME = Resource("Home", "abc", "token-of-home", [Way("https://x:1", "192.168.1.10", 32400)])


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def service(clock: Clock) -> Iterator[PlexTvSimulator]:
    with PlexTvSimulator(clock=clock) as simulator:
        simulator.account.resources = [HOME]
        yield simulator


@pytest.fixture
def connect(service: PlexTvSimulator) -> Iterator[Callable[[], PlexTv]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(PlexTv(CLIENT, service.url)))


def signed_in(service: PlexTvSimulator, plex_tv: PlexTv) -> str:
    service.link(plex_tv.new_code().text)
    token = plex_tv.token()
    assert token
    return token


def test_the_token_comes_when_the_code_was_entered(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    plex_tv = connect()
    code = plex_tv.new_code()
    assert len(code.text) == 4
    assert plex_tv.token() is None
    service.link(code.text)
    assert plex_tv.token() == service.account.token


def test_plex_tv_sees_the_device_that_the_server_will_see(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    plex_tv = connect()
    plex_tv.servers(signed_in(service, plex_tv))
    asked = service.requests.entries
    assert len(asked) >= 3  # a code, whether it was entered, the servers
    for request in asked:
        assert request.headers["x-plex-client-identifier"] == CLIENT
        assert request.headers["x-plex-product"] == "PlexSync"
        assert request.headers["x-plex-version"] == own_version()
        assert "token" not in request.line.lower()


def test_how_long_a_code_lives_is_up_to_plex_tv(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    service.valid_s = 1800.0
    assert connect().new_code().valid_s == 1800.0


def test_a_code_has_an_end(
    service: PlexTvSimulator, connect: Callable[[], PlexTv], clock: Clock
) -> None:
    plex_tv = connect()
    plex_tv.new_code()
    clock.now += VALID_S
    with pytest.raises(CodeExpired) as caught:
        plex_tv.token()
    assert "Start it again" in caught.value.advice


def test_the_accounts_servers(service: PlexTvSimulator, connect: Callable[[], PlexTv]) -> None:
    service.account.resources = [
        HOME,
        Resource("A phone", "def", "", provides="client,player"),
        Resource("Of a friend", "ghi", "theirs", owned=False, https_required=True),
    ]
    plex_tv = connect()
    assert plex_tv.servers(signed_in(service, plex_tv)) == [
        AccountServer(
            "Home",
            "abc",
            is_owned=True,
            requires_https=False,
            connections=(
                Connection("https://x:1", "192.168.1.10", 32400, is_local=True, is_relay=False),
            ),
            token="token-of-home",
        ),
        AccountServer("Of a friend", "ghi", False, True, (), "theirs"),
    ]


def test_a_server_without_a_token_of_its_own_takes_the_accounts(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    service.account.resources = [Resource("Home", "abc", "")]
    plex_tv = connect()
    (found,) = plex_tv.servers(signed_in(service, plex_tv))
    assert found.token == service.account.token


def test_every_token_is_hidden_from_the_start(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    service.account.token = "account-token-never-shown"
    service.account.resources = [Resource("Home", "abc", "server-token-never-shown")]
    plex_tv = connect()
    token = signed_in(service, plex_tv)
    assert redact(token) == "<hidden>"
    plex_tv.servers(token)
    assert redact("account-token-never-shown") == redact("server-token-never-shown") == "<hidden>"


BROKEN: list[tuple[Action, str]] = [
    (Reply(503), "plex.tv is busy: it answers 503"),
    (Reply(429), "plex.tv is busy: it answers 429"),
    (Reply(500), "plex.tv answers 500"),
    (Reply(599), "plex.tv answers something unexpected"),
    (Reply(302, headers=(("Location", "https://example.net/login"),)), "plex.tv"),
    (Reply(200, b"<html><p>Please log in to this network"), "something unexpected"),
    (Reply(200, b""), "plex.tv"),
    (Drop(), "plex.tv does not answer: "),
    (Truncate(40), "plex.tv"),
]
IDS = [f"{type(action).__name__}-{n}" for n, (action, _) in enumerate(BROKEN)]


@pytest.mark.parametrize(("action", "says"), BROKEN, ids=IDS)
def test_a_plex_tv_that_fails_is_named(
    service: PlexTvSimulator, connect: Callable[[], PlexTv], action: Action, says: str
) -> None:
    service.faults.add(action)
    with pytest.raises(PlexTvUnavailable) as caught:
        connect().new_code()
    assert says in str(caught.value)
    assert "by hand" in caught.value.advice


@pytest.mark.parametrize(("action", "says"), BROKEN, ids=IDS)
def test_so_is_one_that_fails_when_the_servers_are_asked_for(
    service: PlexTvSimulator, connect: Callable[[], PlexTv], action: Action, says: str
) -> None:
    plex_tv = connect()
    token = signed_in(service, plex_tv)
    service.faults.add(action, "GET /api/v2/resources")
    with pytest.raises(PlexTvUnavailable, match=r"plex\.tv"):
        plex_tv.servers(token)


def test_a_token_that_plex_tv_refuses(
    service: PlexTvSimulator, connect: Callable[[], PlexTv]
) -> None:
    plex_tv = connect()
    token = signed_in(service, plex_tv)
    service.account.token = "revoked meanwhile"
    with pytest.raises(SignInFailed, match="refuses the sign-in: it answers 401") as caught:
        plex_tv.servers(token)
    assert token not in str(caught.value)


def test_no_plex_tv_at_all() -> None:
    plex_tv = PlexTv(CLIENT, "http://127.0.0.1:9")
    with closing(plex_tv), pytest.raises(PlexTvUnavailable, match="answer: Connection refused"):
        plex_tv.new_code()


def test_the_page_for_the_code_is_plexs_own() -> None:
    assert LINK_PAGE == "https://plex.tv/link"


def test_no_other_host_is_asked(service: PlexTvSimulator, connect: Callable[[], PlexTv]) -> None:
    """plexapi knows more hosts than plex.tv."""
    plex_tv = connect()
    with pytest.raises(Exception, match=r"not plex\.tv"):
        plex_tv._session.get("https://sonos.plex.tv/resources")
    assert service.requests.count() == 0
