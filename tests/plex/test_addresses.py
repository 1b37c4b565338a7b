"""Which addresses are tried, and in which order."""

from __future__ import annotations

import pytest

from plex.addresses import (
    LOCAL_HTTP,
    LOCAL_HTTPS,
    RELAY,
    REMOTE,
    Address,
    Nearby,
    Trial,
    addresses_of,
    best,
    trial_text,
)
from plex.discovery import nearby_servers
from plex.plex_tv import AccountServer, Connection

LOCAL = Connection("https://192-168-1-10.x.plex.direct:32400", "192.168.1.10", 32400, True, False)
REMOTE_ONE = Connection("https://8-8-4-4.x.plex.direct:32400", "8.8.4.4", 32400, False, False)
RELAYED = Connection("https://8-8-8-8.x.plex.direct:8443", "8.8.8.8", 8443, False, True)


def server(*connections: Connection, requires_https: bool = False) -> AccountServer:
    return AccountServer("Home", "abc", True, requires_https, connections, "the-token")


def test_local_comes_before_remote_encrypted_before_plain_and_the_relay_last() -> None:
    assert addresses_of(server(RELAYED, REMOTE_ONE, LOCAL)) == [
        Address(LOCAL.uri, LOCAL_HTTPS),
        Address("http://192.168.1.10:32400", LOCAL_HTTP),
        Address(REMOTE_ONE.uri, REMOTE),
        Address(RELAYED.uri, RELAY),
    ]


def test_a_server_that_insists_on_encryption_is_not_asked_without() -> None:
    near = [Nearby("abc", "http://192.168.1.10:32400")]
    found = addresses_of(server(LOCAL, requires_https=True), near)
    assert [each.url for each in found] == [LOCAL.uri]


@pytest.mark.parametrize(
    ("connection", "plain"),
    [
        pytest.param(("192.168.1.10", True), ["http://192.168.1.10:32400"], id="private"),
        pytest.param(("100.64.0.7", True), ["http://100.64.0.7:32400"], id="carrier or tunnel"),
        pytest.param(("fd00::10", True), ["http://[fd00::10]:32400"], id="IPv6"),
        pytest.param(("plex", True), ["http://plex:32400"], id="name"),
        pytest.param(("8.8.4.4", True), [], id="public, though the server calls it local"),
        pytest.param(("192.168.1.10", False), [], id="of another network"),
        pytest.param(("", True), [], id="unknown"),
    ],
)
def test_without_encryption_only_inside_the_local_network(
    connection: tuple[str, bool], plain: list[str]
) -> None:
    address, is_local = connection
    given = Connection("https://x.plex.direct:32400", address, 32400, is_local, False)
    found = [each.url for each in addresses_of(server(given)) if each.because == LOCAL_HTTP]
    assert found == plain


def test_an_address_that_is_plain_by_itself_is_tried_only_if_local() -> None:
    local = Connection("http://plex:32400", "plex", 32400, True, False)
    remote = Connection("http://films.example.net", "films.example.net", 80, False, False)
    relay = Connection("http://8.8.8.8:80", "8.8.8.8", 80, False, True)
    assert [each.url for each in addresses_of(server(local, remote, relay))] == [local.uri]


def test_what_the_network_says_comes_after_what_plex_tv_says_and_only_for_this_server() -> None:
    near = [
        Nearby("other", "http://192.168.1.20:32400"),
        Nearby("abc", "http://192.168.1.10:32400"),
        Nearby("abc", "http://192.168.1.11:32400"),
    ]
    assert [each.url for each in addresses_of(server(REMOTE_ONE, LOCAL), near)] == [
        LOCAL.uri,
        "http://192.168.1.10:32400",
        "http://192.168.1.11:32400",
        REMOTE_ONE.uri,
    ]


def test_only_this_very_server_counts_and_the_best_address_wins() -> None:
    first, second, third = (Address(f"http://{n}", LOCAL_HTTP) for n in range(3))
    trials = [Trial(first, problem="no"), Trial(second, "other"), Trial(third, "abc")]
    assert best(trials, "abc") == third
    assert best(trials, "unknown") is None
    assert [trial_text(each, "abc").partition("): ")[2] for each in trials] == [
        "no",
        "another Plex server answers there",
        "answers",
    ]


def test_discovery_gives_servers_with_the_sender_as_the_host() -> None:
    """As plexapi's GDM collects it."""
    answer = {
        "Content-Type": "plex/media-server",
        "Host": "53f4b5b6.plex.direct",
        "Name": "Home",
        "Port": "32400",
        "Resource-Identifier": "abc",
    }
    entries = [
        {"data": answer, "from": ("10.0.0.5", 32414)},
        {"data": {**answer, "Content-Type": "plex/media-player"}, "from": ("10.0.0.6", 32412)},
        {"data": {"Content-Type": "plex/media-server"}, "from": ("10.0.0.7", 32414)},
    ]
    assert nearby_servers(entries) == [Nearby("abc", "http://10.0.0.5:32400")]


def test_a_servers_token_is_not_in_its_text() -> None:
    assert "the-token" not in repr(server())
