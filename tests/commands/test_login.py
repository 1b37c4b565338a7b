"""Signing in, in this process, against simulated servers and a simulated plex.tv."""

from __future__ import annotations

import logging
import math
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from commands.login import (
    REPEAT_S,
    TASK_PATIENCE_S,
    Clock,
    login,
    sign_in,
    wait_for_token,
)
from plex.addresses import Nearby
from plex.own_identity import PLEX_TV_VARIABLE, plex_tv_address
from plex.plex_tv import Code, CodeExpired, PlexTvUnavailable, SignInFailed
from simulators.faults import Call, Reply
from simulators.http import Request, Response, json_response
from simulators.plex import PlexLibrary, PlexSimulator
from simulators.plex_tv import PlexTvSimulator, Resource, Way, owned
from simulators.rig import PLUGIN_ID, Rig
from tests.harness.sync import Desk


def silent(_fraction: float) -> None:
    pass


# Waiting


class FakeService:
    """Gives these answers, one per poll."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self.answers = list(answers)

    def token(self) -> str | None:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Waited:
    """What came of a wait of simulated time."""

    told: list[str]
    progress: list[float]
    seconds: float = 0.0
    token: str = ""


def waited(
    *answers: str | Exception | None, valid_s: float = 900.0, patience_s: float = math.inf
) -> Waited:
    found = Waited([], [])

    def wait(seconds: float) -> None:
        found.seconds += seconds

    clock = Clock(lambda: found.seconds, wait)
    found.token = wait_for_token(
        FakeService(*answers),
        Code("Q123", valid_s),
        found.told.append,
        found.progress.append,
        clock,
        patience_s,
    )
    return found


def test_a_task_waits_for_two_minutes_at_most() -> None:
    with pytest.raises(SignInFailed, match="not entered within 2 minutes"):
        waited(patience_s=TASK_PATIENCE_S)
    assert "valid for 2 more minutes" in waited("the-token", patience_s=TASK_PATIENCE_S).told[0]


def test_the_user_is_told_where_to_enter_what() -> None:
    (told,) = waited("the-token").told
    assert "https://plex.tv/link" in told
    assert "code Q123 (valid for 15 more minutes)" in told


def test_the_code_is_shown_again_and_again() -> None:
    found = waited(*[None] * 40, "the-token")
    assert found.token == "the-token"
    assert len(found.told) == 1 + int(found.seconds // REPEAT_S)
    assert found.progress == sorted(found.progress)


def test_the_wait_has_an_end_even_if_plex_tv_never_says_so() -> None:
    with pytest.raises(CodeExpired):
        waited(valid_s=60.0)


def test_a_short_outage_of_plex_tv_is_survived_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    down = PlexTvUnavailable("plex.tv does not answer: it is away")
    with caplog.at_level(logging.WARNING, "commands.login"):
        assert waited(down, down, None, "the-token").token == "the-token"
    assert caplog.text.count("still waiting") == 1


# The whole way


@pytest.fixture
def plex_tv(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlexTvSimulator]:
    """Where the code is entered before the first look."""
    with PlexTvSimulator() as simulator:

        def enter() -> None:
            newest = max(simulator.pins)
            simulator.link(simulator.pins[newest].code)

        simulator.faults.add(Call(enter), "GET /api/v2/pins/")
        monkeypatch.setenv(PLEX_TV_VARIABLE, simulator.url)
        yield simulator


@pytest.fixture(autouse=True)
def nearby(monkeypatch: pytest.MonkeyPatch) -> list[Nearby]:
    """What the local network would say; a real one isn't asked."""
    found: list[Nearby] = []
    monkeypatch.setattr("commands.login.find_nearby", lambda: found)
    return found


@pytest.fixture
def desk(make_rig: Callable[..., Rig]) -> Desk:
    """Nothing is set."""
    return Desk(make_rig(count=1, settings={}))


def way(plex: PlexSimulator, **options: Any) -> Way:
    return Way(uri=plex.url, address="127.0.0.1", port=plex.port, **options)


def resource(plex: PlexSimulator, name: str = "Home", **options: Any) -> Resource:
    return replace(owned(plex, name), **options)


def signed_in(desk: Desk, wanted: str = "", **args: Any) -> str:
    with desk.context(args) as context:
        if args:
            return login(context, silent)
        return sign_in(context, silent, lambda _line: None, wanted)


def stored(desk: Desk) -> dict[str, Any]:
    return dict(desk.rig.stash.config.plugin_settings.get(PLUGIN_ID, {}))


def kept(desk: Desk) -> str:
    return (desk.rig.data_dir / "plex-token").read_text()


def test_address_and_token_are_filled_in(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    plex_tv.account.resources = [resource(desk.plex)]
    summary = signed_in(desk)
    assert (stored(desk), kept(desk)) == ({"plex_url": desk.plex.url}, desk.plex.token)
    assert "Signed in to the Plex server Home" in summary
    assert desk.plex.token not in summary
    assert "1 synced" in desk.sync()


def test_no_other_setting_is_lost(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    plex_tv.account.resources = [resource(desk.plex)]
    others = {"concurrency": 2, "keep_plex_edits": True, "path_map": "", "of_the_future": "x"}
    desk.rig.stash.configure_plugin(PLUGIN_ID, {**others, "plex_token": "an-old-token"})
    signed_in(desk)
    assert stored(desk) == {
        **others,
        "plex_url": desk.plex.url,
        "plex_token": "",  # it would count before the new one
    }
    assert kept(desk) == desk.plex.token


def test_the_device_that_signs_in_is_the_one_that_syncs(
    desk: Desk, plex_tv: PlexTvSimulator
) -> None:
    plex_tv.account.resources = [resource(desk.plex)]
    signed_in(desk)
    desk.sync()
    (pin,) = plex_tv.pins.values()
    assert desk.plex.devices == {pin.client}


def test_a_stash_that_keeps_nothing_is_noticed(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    plex_tv.account.resources = [resource(desk.plex)]
    real = desk.rig.stash.handle

    def forgetful(request: Request) -> Response:
        if b"configurePlugin" in request.body:
            return json_response({"data": {"configurePlugin": {}}})
        return real(request)

    desk.rig.stash.handle = forgetful  # type: ignore[method-assign]
    with pytest.raises(Exception, match="did not keep the settings plex_url"):
        signed_in(desk)


def test_the_address_that_was_set_is_kept(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    """In a container Plex may answer at an address that plex.tv doesn't know."""
    plex_tv.account.resources = [resource(desk.plex, ways=[])]
    by_name = desk.plex.url.replace("127.0.0.1", "localhost")
    desk.rig.stash.configure_plugin(PLUGIN_ID, {"plex_url": f"{by_name}/web/index.html"})
    assert "the address in plex_url" in signed_in(desk)
    assert stored(desk)["plex_url"] == by_name


@pytest.mark.parametrize("given", ["http://127.0.0.1:9", "no address"])
def test_an_address_that_leads_nowhere_is_replaced(
    desk: Desk, plex_tv: PlexTvSimulator, given: str
) -> None:
    plex_tv.account.resources = [resource(desk.plex)]
    desk.rig.stash.configure_plugin(PLUGIN_ID, {"plex_url": given})
    signed_in(desk)
    assert stored(desk)["plex_url"] == desk.plex.url


@pytest.fixture
def second() -> Iterator[PlexSimulator]:
    with PlexSimulator(PlexLibrary(machine_identifier="f" * 40), token="second-token") as plex:
        yield plex


def test_with_several_servers_nothing_is_guessed(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    plex_tv.account.resources = [resource(desk.plex), resource(second, "Cabin")]
    with pytest.raises(SignInFailed) as caught:
        signed_in(desk)
    assert f"Home ({desk.plex.url}), Cabin ({second.url})" in str(caught.value)
    assert stored(desk) == {}


def test_of_several_servers_the_only_one_that_answers_is_taken(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    away = Way("http://127.0.0.1:9", "127.0.0.1", 9)
    plex_tv.account.resources = [resource(second, "Cabin", ways=[away]), resource(desk.plex)]
    signed_in(desk)
    assert kept(desk) == desk.plex.token


@pytest.mark.parametrize("by_argument", [True, False], ids=["argument", "function"])
def test_the_wanted_server_is_taken_whatever_was_set(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator, by_argument: bool
) -> None:
    plex_tv.account.resources = [resource(desk.plex), resource(second, "Cabin")]
    desk.configure()
    if by_argument:
        signed_in(desk, server="cabin")
    else:
        signed_in(desk, "Cabin")
    assert stored(desk) == {"plex_url": second.url, "plex_token": ""}
    assert kept(desk) == "second-token"


def test_the_address_that_was_set_chooses_among_several(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    plex_tv.account.resources = [resource(desk.plex), resource(second, "Cabin")]
    desk.rig.stash.configure_plugin(PLUGIN_ID, {"plex_url": second.url})
    signed_in(desk)
    assert (stored(desk), kept(desk)) == ({"plex_url": second.url}, "second-token")


def test_a_set_address_of_somebody_elses_server_is_not_overwritten(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    plex_tv.account.resources = [resource(second, "Cabin")]
    desk.configure()
    before = stored(desk)
    with pytest.raises(SignInFailed, match="isn't the one of this account"):
        signed_in(desk)
    assert stored(desk) == before


def test_another_server_at_the_address_is_never_given_the_token(
    desk: Desk, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    """An address of the local network means another machine in another network."""
    plex_tv.account.resources = [resource(desk.plex, ways=[way(second), way(desk.plex)])]
    signed_in(desk)
    assert stored(desk)["plex_url"] == desk.plex.url
    assert [each.headers.get("x-plex-token") for each in second.requests.entries] == [None]


def test_a_certificate_that_does_not_verify_is_no_reason_to_switch_checks_off(
    desk: Desk, plex_tv: PlexTvSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    encrypted = Way(desk.plex.url.replace("http", "https"), "127.0.0.1", desk.plex.port)
    plex_tv.account.resources = [resource(desk.plex, ways=[encrypted])]
    with caplog.at_level(logging.INFO, "commands.login"):
        assert "local, not encrypted" in signed_in(desk)
    assert (stored(desk), kept(desk)) == ({"plex_url": desk.plex.url}, desk.plex.token)
    assert "(local and encrypted): the connection to Plex is not trusted" in caplog.text


def test_where_plex_insists_on_encryption_the_reason_is_told(
    desk: Desk, plex_tv: PlexTvSimulator
) -> None:
    encrypted = Way(desk.plex.url.replace("http", "https"), "127.0.0.1", desk.plex.port)
    plex_tv.account.resources = [resource(desk.plex, ways=[encrypted], https_required=True)]
    with pytest.raises(SignInFailed, match=r"reached from here: https://.* is not trusted"):
        signed_in(desk)
    assert desk.plex.requests.count() == 0


@pytest.fixture
def encrypted(desk: Desk, self_signed: ssl.SSLContext) -> Way:
    """The way to the Plex, which encrypts with a certificate that nobody knows."""
    desk.plex.encrypt(self_signed)
    return way(desk.plex)


@pytest.mark.parametrize("insecure_tls", [True, False])
def test_an_unknown_certificate_will_do_only_if_the_user_said_so(
    desk: Desk, plex_tv: PlexTvSimulator, encrypted: Way, insecure_tls: bool
) -> None:
    plex_tv.account.resources = [resource(desk.plex, ways=[encrypted], https_required=True)]
    desk.rig.stash.configure_plugin(PLUGIN_ID, {"insecure_tls": insecure_tls})
    if insecure_tls:
        assert "local and encrypted" in signed_in(desk)
        assert stored(desk)["plex_url"] == encrypted.uri
    else:
        with pytest.raises(SignInFailed, match="certificate verify failed"):
            signed_in(desk)
        assert desk.plex.requests.count() == 0


def test_what_an_authority_of_ones_own_signed_will_do_once_the_setting_names_it(
    desk: Desk, plex_tv: PlexTvSimulator, authority: tuple[ssl.SSLContext, str]
) -> None:
    """Of the Plex at home, and of a proxy that stands between us and plex.tv."""
    for server in (desk.plex, plex_tv):
        server.encrypt(authority[0])
    plex_tv.account.resources = [resource(desk.plex, https_required=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PLEX_TV_VARIABLE, plex_tv.url)
        with pytest.raises(PlexTvUnavailable, match="is not trusted: cert") as refused:
            signed_in(desk)
        assert "ca_file" in refused.value.advice
        desk.rig.stash.configure_plugin(PLUGIN_ID, {"ca_file": authority[1]})
        assert "local and encrypted" in signed_in(desk)
    assert stored(desk)["plex_url"] == desk.plex.url
    assert desk.plex.url.startswith("https:")
    assert "1 synced" in desk.sync()


def test_the_local_network_is_asked_when_plex_tv_knows_no_local_address(
    desk: Desk, plex_tv: PlexTvSimulator, nearby: list[Nearby]
) -> None:
    plex_tv.account.resources = [resource(desk.plex, ways=[])]
    nearby.append(Nearby(desk.plex.library.machine_identifier, desk.plex.url))
    signed_in(desk)
    assert stored(desk)["plex_url"] == desk.plex.url


def test_a_token_that_the_server_refuses_is_not_kept(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    plex_tv.account.resources = [replace(resource(desk.plex), token="of-another-account")]
    with pytest.raises(SignInFailed, match="doesn't let us in: Plex refuses the token"):
        signed_in(desk)
    assert stored(desk) == {}


def test_a_guest_is_told_so(desk: Desk, plex_tv: PlexTvSimulator) -> None:
    plex_tv.account.resources = [resource(desk.plex, owned=False)]
    with pytest.raises(SignInFailed, match="owns no server"):
        signed_in(desk)


def test_nobody_is_asked_for_a_code_while_stash_is_away(
    desk: Desk, plex_tv: PlexTvSimulator
) -> None:
    desk.rig.stash.faults.add(Reply(500))
    with pytest.raises(Exception, match="Stash answered 500"):
        signed_in(desk)
    assert plex_tv.pins == {}


def test_only_this_machine_can_stand_in_for_plex_tv(monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("https://example.net", "not an address", ""):
        monkeypatch.setenv(PLEX_TV_VARIABLE, given)
        assert plex_tv_address() == "https://plex.tv"
