"""Signing in from a page, a process for each look."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.plex import PlexLibrary, PlexSimulator
from simulators.plex_tv import VALID_S, PlexTvSimulator, owned
from simulators.rig import PLUGIN_ID, Rig
from simulators.stash import GraphQLErrors
from tests.harness.rig import act, ask, imported_by


@pytest.fixture
def rig(make_rig: Callable[..., Rig], plex_tv: PlexTvSimulator) -> Rig:
    """The plugin is installed and nothing is set; the account owns the Plex."""
    made = make_rig(count=2, settings={}, environment={PLEX_TV_VARIABLE: plex_tv.url})
    plex_tv.account.resources = [owned(made.plex)]
    return made


@pytest.fixture
def second() -> Iterator[PlexSimulator]:
    with PlexSimulator(PlexLibrary(machine_identifier="f" * 40), token="second-token") as plex:
        yield plex


def stored(rig: Rig) -> dict[str, Any]:
    return dict(rig.stash.config.plugin_settings.get(PLUGIN_ID, {}))


def kept(rig: Rig) -> str:
    return (rig.data_dir / "plex-token").read_text()


def test_from_a_code_to_synced(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    begun = act(rig, "sign_in")
    assert begun["link"] == "https://plex.tv/link"
    assert 0 < begun["expires_at"] - time.time() <= VALID_S
    assert (rig.data_dir / "sign-in").stat().st_mode & 0o777 == 0o600
    assert act(rig, "sign_in_check", id=begun["id"])["state"] == "waiting"
    plex_tv.link(begun["code"])
    done = act(rig, "sign_in_check", id=begun["id"])
    assert done["state"] == "done"
    assert done["text"].startswith("Signed in to the Plex server Home: its token is kept")
    assert (stored(rig), kept(rig)) == ({"plex_url": rig.plex.url}, rig.plex.token)
    assert not (rig.data_dir / "sign-in").exists()
    assert ask(rig, "settings")["is_complete"] is True
    rig.stash.update_scene({"id": 2, "title": "Edited in Stash"})
    rig.until(lambda: rig.title(2) == "Edited in Stash", "the edit in Plex")


def test_of_several_servers_one_is_chosen(
    rig: Rig, plex_tv: PlexTvSimulator, second: PlexSimulator
) -> None:
    plex_tv.account.resources.append(owned(second, "Cabin"))
    begun = act(rig, "sign_in")
    plex_tv.link(begun["code"])
    offered = act(rig, "sign_in_check", id=begun["id"])
    assert offered["state"] == "choose"
    assert offered["servers"] == [
        {"id": plex.library.machine_identifier, "name": name, "address": plex.url}
        for name, plex in (("Home", rig.plex), ("Cabin", second))
    ]
    assert "token" not in json.dumps(offered)
    assert (rig.data_dir / "sign-in").stat().st_mode & 0o777 == 0o600
    chosen = act(rig, "sign_in_check", id=begun["id"], server="f" * 40)
    assert (chosen["state"], kept(rig)) == ("done", "second-token")
    assert stored(rig) == {"plex_url": second.url}
    assert not (rig.data_dir / "sign-in").exists()


def test_a_token_of_former_days_does_not_outlive_it(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    rig.stash.configure_plugin(PLUGIN_ID, {"plex_token": "one-of-former-days", "x": "kept"})
    begun = act(rig, "sign_in")
    plex_tv.link(begun["code"])
    assert act(rig, "sign_in_check", id=begun["id"])["state"] == "done"
    assert stored(rig) == {"plex_url": rig.plex.url, "plex_token": "", "x": "kept"}


def test_a_code_has_an_end(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    begun = act(rig, "sign_in")
    real = plex_tv.clock
    plex_tv.clock = lambda: real() + VALID_S
    ended = act(rig, "sign_in_check", id=begun["id"])
    assert ended["state"] == "expired"
    assert "Start it again" in ended["text"]
    assert act(rig, "sign_in_check", id=begun["id"])["state"] == "expired"


def test_a_sign_in_that_nobody_ended_is_cleared_away(rig: Rig) -> None:
    act(rig, "sign_in")
    path = rig.data_dir / "sign-in"
    begun = json.loads(path.read_text())
    path.write_text(json.dumps({**begun, "expires_at": time.time() - 1}))
    assert act(rig, "sign_in_check", id=begun["id"])["state"] == "expired"
    path.write_text(json.dumps({**begun, "expires_at": time.time() - 1}))
    ask(rig, "settings")
    assert not path.exists()


def test_only_the_newest_sign_in_counts(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    first, newest = act(rig, "sign_in"), act(rig, "sign_in")
    plex_tv.link(first["code"])
    assert act(rig, "sign_in_check", id=first["id"])["state"] == "expired"
    assert act(rig, "sign_in_check", id=newest["id"])["state"] == "waiting"


def test_an_account_without_a_server_fails_and_changes_nothing(
    rig: Rig, plex_tv: PlexTvSimulator
) -> None:
    plex_tv.account.resources = []
    begun = act(rig, "sign_in")
    plex_tv.link(begun["code"])
    failed = act(rig, "sign_in_check", id=begun["id"])
    assert failed["state"] == "failed"
    assert "owns no server. Start it again" in failed["text"]
    assert stored(rig) == {}


def test_while_plex_tv_is_away_it_goes_on_waiting(rig: Rig, plex_tv: PlexTvSimulator) -> None:
    begun = act(rig, "sign_in")
    plex_tv.stop()
    waiting = act(rig, "sign_in_check", id=begun["id"])
    assert (waiting["state"], "plex.tv does not answer" in waiting["text"]) == ("waiting", True)
    with pytest.raises(GraphQLErrors, match=r"plex\.tv does not answer"):
        act(rig, "sign_in")


def test_a_check_needs_to_say_which(rig: Rig) -> None:
    with pytest.raises(GraphQLErrors, match="id must be a text"):
        act(rig, "sign_in_check")
    assert act(rig, "sign_in_check", id="nobody")["state"] == "expired"


def test_a_look_that_finds_nothing_new_imports_nothing_heavy(rig: Rig) -> None:
    """A page looks every two seconds, for up to a quarter of an hour."""
    begun = act(rig, "sign_in")
    args = {"mode": "act", "what": "sign_in_check", "id": begun["id"]}
    names = imported_by(rig, {"server_connection": rig.server_connection(), "args": args})
    assert names & {"page.setup.pin", "plexapi", "requests", "pydantic"} == {"page.setup.pin"}
