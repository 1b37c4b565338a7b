"""Which of an account's servers is meant."""

from __future__ import annotations

import pytest

from commands.server_choice import decide, eligible_servers, set_already
from plex.addresses import LOCAL_HTTP, Address, Trial
from plex.plex_tv import AccountServer, SignInFailed


def server(name: str, identifier: str = "", *, owned: bool = True) -> AccountServer:
    return AccountServer(name, identifier or name.lower(), owned, False, (), "token")


HOME, CABIN, FRIEND = server("Home"), server("Cabin"), server("Of a friend", owned=False)
AT_HOME, AT_CABIN = Address("http://10.0.0.1", LOCAL_HTTP), Address("http://10.0.0.2", LOCAL_HTTP)


def test_only_owned_servers_are_eligible() -> None:
    assert eligible_servers([FRIEND, HOME, CABIN]) == [HOME, CABIN]


@pytest.mark.parametrize("wanted", ["Cabin", " cabin ", "CABIN"])
def test_a_name_decides_whatever_its_spelling(wanted: str) -> None:
    assert eligible_servers([HOME, CABIN], wanted) == [CABIN]


def test_an_identifier_decides_between_servers_of_one_name() -> None:
    twins = [server("Home", "a1"), server("Home", "b2")]
    assert eligible_servers(twins, "Home") == twins
    assert eligible_servers(twins, "b2") == twins[1:]


def test_a_name_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(SignInFailed, match="owns no server called 'Attic'") as caught:
        eligible_servers([HOME, CABIN], "Attic")
    assert caught.value.advice == "It owns Home, Cabin."


@pytest.mark.parametrize(
    ("servers", "says"), [([FRIEND], "It may only use Of a friend."), ([], "owner of the server.")]
)
def test_an_account_without_servers(servers: list[AccountServer], says: str) -> None:
    with pytest.raises(SignInFailed, match="owns no server") as caught:
        eligible_servers(servers)
    assert caught.value.advice.endswith(says)


def test_the_address_in_the_settings_decides_if_it_leads_to_an_owned_server() -> None:
    assert set_already([HOME, CABIN], "cabin") == CABIN
    with pytest.raises(SignInFailed, match="plex_url leads to a Plex server") as caught:
        set_already([HOME, CABIN], "somebody's")
    assert "empty plex_url to use Home, Cabin" in caught.value.advice


def test_the_only_server_that_answers_is_taken() -> None:
    assert decide([(CABIN, AT_CABIN)], [Trial(AT_HOME, problem="no")]) == (CABIN, AT_CABIN)


def test_of_several_the_user_chooses() -> None:
    with pytest.raises(SignInFailed) as caught:
        decide([(HOME, AT_HOME), (CABIN, AT_CABIN)], [])
    assert "several Plex servers: Home (http://10.0.0.1), Cabin (http://10.0.0.2)" in str(
        caught.value
    )
    assert "login --server NAME" in caught.value.advice


def test_servers_of_one_name_are_told_apart() -> None:
    twins = [(server("Home", "a1"), AT_HOME), (server("Home", "b2"), AT_CABIN)]
    with pytest.raises(SignInFailed, match=r"Home = a1 \(.*Home = b2 \("):
        decide(twins, [])


def test_when_none_answers_each_attempt_is_told() -> None:
    with pytest.raises(SignInFailed) as caught:
        decide([], [Trial(AT_HOME, problem="no answer in time"), Trial(AT_CABIN, "other")], "home")
    assert "http://10.0.0.1 (local, not encrypted): no answer in time; " in str(caught.value)
    assert "another Plex server answers there" in str(caught.value)
    assert "Set plex_url to an address" in caught.value.advice
