"""Who may ask: cookies with an age, API keys, and what strangers are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.stash import StashLibrary, StashSimulator
from simulators.stash.sample_plugins import write_plugin
from simulators.stash.sessions import Session
from tests.harness.clock import Clock

START = 1_700_000_000.0
QUERY = {"query": "{ version { version } }"}


@pytest.fixture
def clock() -> Clock:
    return Clock(START)


@pytest.fixture
def locked(tmp_path: Path, clock: Clock) -> Iterator[StashSimulator]:
    """A server with a password and a key."""
    library = StashLibrary(clock=clock)
    library.add_scene("one")
    with StashSimulator(
        library,
        config_dir=tmp_path / "config",
        username="user",
        password="secret",
        api_key="the-key",
    ) as sim:
        yield sim


@pytest.fixture
def open_sim(tmp_path: Path) -> Iterator[StashSimulator]:
    library = StashLibrary()
    library.add_scene("one")
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        yield sim


def ask(sim: StashSimulator, **options: Any) -> requests.Response:
    return requests.post(f"{sim.url}/graphql", json=QUERY, timeout=10, **options)


def cookie(sim: StashSimulator) -> dict[str, str]:
    return {"session": sim.stash.sessions.cookie_value(Session("user"))}


def test_without_a_password_nothing_is_needed(open_sim: StashSimulator) -> None:
    answer = ask(open_sim)

    assert answer.status_code == 200
    assert answer.json() == {"data": {"version": {"version": "v0.30.0"}}}


def test_a_key_where_none_is_configured_is_refused(open_sim: StashSimulator) -> None:
    assert ask(open_sim, headers={"ApiKey": "any"}).status_code == 401
    assert ask(open_sim, params={"apikey": "any"}).status_code == 401


@pytest.mark.shows_credentials
@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 401),
        ({"headers": {"ApiKey": "the-key"}}, 200),
        ({"params": {"apikey": "the-key"}}, 200),
        ({"headers": {"ApiKey": "wrong"}}, 401),
        ({"cookies": {"session": "forged"}}, 401),
        ({"cookies": {"session": "Zm9yZ2VkfHNpZ25hdHVyZQ=="}}, 401),
    ],
)
def test_credentials(locked: StashSimulator, options: dict[str, Any], status: int) -> None:
    answer = ask(locked, **options)

    assert answer.status_code == status
    assert answer.headers.get("WWW-Authenticate") == (None if status == 200 else "FormBased")


def test_a_wrong_key_is_refused_even_with_a_good_cookie(locked: StashSimulator) -> None:
    assert ask(locked, cookies=cookie(locked)).status_code == 200
    assert ask(locked, cookies=cookie(locked), headers={"ApiKey": "x"}).status_code == 401


def test_a_cookie_of_nobody_is_refused_once_a_password_is_set(locked: StashSimulator) -> None:
    value = locked.stash.sessions.cookie_value(Session(""))

    assert ask(locked, cookies={"session": value}).status_code == 401


def test_a_cookie_lives_an_hour_from_its_making(locked: StashSimulator, clock: Clock) -> None:
    cookies = cookie(locked)

    clock.now = START + 3600
    assert ask(locked, cookies=cookies).status_code == 200
    clock.now = START + 3601
    assert ask(locked, cookies=cookies).status_code == 401


def test_the_age_is_a_setting(locked: StashSimulator, clock: Clock) -> None:
    locked.config.max_session_age_s = 60
    cookies = cookie(locked)

    clock.now = START + 61
    assert ask(locked, cookies=cookies).status_code == 401


def test_a_client_that_keeps_cookies_stays_logged_in(locked: StashSimulator, clock: Clock) -> None:
    with requests.Session() as session:
        session.cookies.update(cookie(locked))
        for _ in range(3):
            clock.now += 3000
            answer = session.post(f"{locked.url}/graphql", json=QUERY, timeout=10)
            assert answer.status_code == 200
            session.cookies.clear()
            session.cookies.set("session", answer.cookies["session"])


def test_no_cookie_is_offered_for_a_key(locked: StashSimulator) -> None:
    answer = ask(locked, headers={"ApiKey": "the-key"}, cookies=cookie(locked))

    assert "Set-Cookie" not in answer.headers


def test_pages_and_pictures_send_strangers_to_the_login_page(locked: StashSimulator) -> None:
    url = f"{locked.url}/scene/1/screenshot?t=5"
    redirect = requests.get(url, allow_redirects=False, timeout=10)
    followed = requests.get(url, timeout=10)

    assert redirect.status_code == 302
    assert redirect.headers["Location"] == "/login?returnURL=%2Fscene%2F1%2Fscreenshot%3Ft%3D5"
    assert followed.status_code == 200
    assert followed.headers["Content-Type"] == "text/html"


def test_files_with_an_extension_are_refused(locked: StashSimulator) -> None:
    assert requests.get(f"{locked.url}/scene/x_sprite.jpg", timeout=10).status_code == 401


def test_login_gives_a_cookie(locked: StashSimulator) -> None:
    form = {"username": "user", "password": "secret"}
    answer = requests.post(f"{locked.url}/login", data=form, timeout=10)
    refused = requests.post(f"{locked.url}/login", data={**form, "password": "x"}, timeout=10)

    assert ask(locked, cookies={"session": answer.cookies["session"]}).status_code == 200
    assert refused.status_code == 401


@pytest.mark.shows_credentials
def test_a_plugin_acts_for_the_user_and_its_cookie_ages(
    locked: StashSimulator, tmp_path: Path, clock: Clock
) -> None:
    script = "print(json.dumps({'output': connection['SessionCookie']['Value']}))"
    locked.install_plugin(write_plugin(tmp_path / "s", script))
    value = locked.run_operation({})

    assert ask(locked, cookies={"session": value}).status_code == 200
    clock.now += 3601
    assert ask(locked, cookies={"session": value}).status_code == 401


def test_a_plugin_can_read_the_lasting_key(locked: StashSimulator) -> None:
    general = locked.http_graphql("{ configuration { general { apiKey } } }")

    assert general == {"configuration": {"general": {"apiKey": "the-key"}}}


def test_hooks_of_a_scan_have_a_cookie_that_works(locked: StashSimulator, tmp_path: Path) -> None:
    script = "print(json.dumps({'output': ask('{ version { version } }')}))"
    locked.install_plugin(write_plugin(tmp_path / "s", script, hooks=["Scene.Create.Post"]))
    locked.scan([("/data/a.mp4", 1, 1.0)])

    assert "v0.30.0" in locked.plugin_runs[0].stdout


def test_access_from_outside_without_a_password_blocks_everything(
    open_sim: StashSimulator,
) -> None:
    near = {"X-Forwarded-For": "192.168.1.5, 10.0.0.1"}
    far = {"X-Forwarded-For": "192.168.1.5, 8.8.8.8"}

    assert ask(open_sim, headers=near).status_code == 200
    assert ask(open_sim, headers=far).status_code == 403
    assert ask(open_sim).status_code == 403
