"""The question that a resting worker asks Stash now and then."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs import inbox
from rest.ask import ask
from rest.become import WATCH, WORKER
from rest.idle import digest
from simulators.faults import Hang, Reply
from simulators.stash import StashSimulator, VideoFile
from simulators.stash.sample_plugins import write_plugin
from simulators.stash.sessions import Session
from stash.connection import StashConnection
from stash.overview import Question
from stash.stdlib_client import PlainStash
from storage.token_file import TokenFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the worker doesn't rest there")

SETTINGS = {"plex_url": "http://127.0.0.1:1"}
QUESTION = Question({"performer": "name", "tag": "name"}, since="2024-01-01T00:00:00Z")


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """As it was before, in this process."""
    former = signal.getsignal(signal.SIGALRM)
    yield
    signal.signal(signal.SIGALRM, former)


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashSimulator]:
    with StashSimulator(
        config_dir=tmp_path / "config",
        username="keeper",
        password="a password",
        api_key="a key that lasts",
    ) as stash:
        stash.install_plugin(write_plugin(tmp_path / "source"), "sample")
        stash.configure_plugin("sample", SETTINGS)
        yield stash


def document(stash: StashSimulator, *, cookie: str = "", api_key: str = "") -> bytes:
    connection = {
        "Scheme": "http",
        "Host": "127.0.0.1",
        "Port": stash.port,
        "SessionCookie": {"Name": "session", "Value": cookie},
        "Dir": str(stash.config.config_dir),
        "PluginDir": str(stash.config.config_dir / "plugins" / "sample"),
        "ApiKey": api_key,
    }
    args = {"has_rested": True, "settings": digest(SETTINGS)}
    return json.dumps({"server_connection": connection, "args": args}).encode()


def session(stash: StashSimulator) -> str:
    return stash.stash.sessions.cookie_value(Session("keeper"))


def told(document: bytes) -> dict[str, Any]:
    return dict(json.loads(document))


def test_the_answer_keeps_the_session_fresh_and_the_rest_goes_on(stash: StashSimulator) -> None:
    stash.library.clock = lambda: 3_000_000_000.0
    before = document(stash, cookie=session(stash))
    stash.library.clock = lambda: 3_000_003_000.0
    after, role, _ = ask(before)
    assert role == WATCH
    stash.library.clock = lambda: 3_000_006_000.0
    assert ask(before)[1] == WORKER
    assert ask(after)[1] == WATCH
    assert told(after)["args"] == told(before)["args"]


def test_a_key_does_where_the_session_is_over(stash: StashSimulator) -> None:
    """The worker was let in by it, so nobody has kept the session fresh."""
    key = stash.config.api_key
    _, role, _ = ask(document(stash, cookie="long over", api_key=key))
    assert role == WATCH


def test_other_settings_are_for_the_worker(stash: StashSimulator) -> None:
    before = document(stash, cookie=session(stash))
    stash.configure_plugin("sample", {**SETTINGS, "reconcile_hours": 1})
    assert ask(before)[1] == WORKER


def test_a_disabled_plugin_is_for_the_worker(stash: StashSimulator) -> None:
    stash.graphql(
        "mutation($map: BoolMap!) { setPluginsEnabled(enabledMap: $map) }",
        {"map": {"sample": False}},
    )
    assert ask(document(stash, cookie=session(stash)))[1] == WORKER


def test_a_stash_that_does_not_answer_is_waited_for(stash: StashSimulator) -> None:
    before = document(stash, cookie=session(stash))
    stash.faults.add(Reply(503), "POST /graphql")
    assert ask(before)[1] == WATCH
    stash.stop()
    assert ask(before)[1] == WATCH


def test_nothing_holds_it_for_long(stash: StashSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """However steadily an answer drips: nobody looks for events meanwhile."""
    monkeypatch.setattr("rest.ask.WITHIN_S", 0.1)
    before = document(stash, cookie=session(stash))
    stash.faults.add(Hang(), "POST /graphql")
    assert ask(before)[1] == WATCH
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_to_ask_plex_is_handed_on(stash: StashSimulator) -> None:
    before = told(document(stash, cookie=session(stash)))
    before["args"]["asks_plex"] = {"request": "GET / HTTP/1.1"}
    after, role, _ = ask(json.dumps(before).encode())
    assert (role, told(after)["args"]["asks_plex"]) == (WATCH, before["args"]["asks_plex"])


@pytest.mark.parametrize("content", [b"", b"[]", b'{"server_connection": {"Dir": ""}}'])
def test_a_document_that_is_none_is_for_the_worker(content: bytes) -> None:
    assert ask(content) == (content, WORKER, False)


def with_overview(stash: StashSimulator, **more: Any) -> bytes:
    """Of a worker that has seen everything as it is now."""
    told = json.loads(document(stash, cookie=session(stash)))
    connection = StashConnection(stash.url, cookie=session(stash))
    seen = PlainStash(connection).overview_digest(QUESTION, lambda: True)
    told["args"]["overview"] = {"question": QUESTION.as_json(), "digest": seen, **more}
    return json.dumps(told).encode()


def test_while_nothing_changes_the_rest_goes_on(stash: StashSimulator) -> None:
    stash.library.add_scene("A scene", performers=[stash.library.add_performer("Somebody")])
    before = with_overview(stash)
    stash.requests.clear()
    assert ask(before)[1] == WATCH
    # The settings, the names, what was moved, the times.
    assert stash.requests.count("POST", "/graphql") == 4


def rename(stash: StashSimulator) -> None:
    stash.library.update(stash.library.performers[1], touch=False, name="Somebody else")


def move_a_file(stash: StashSimulator) -> None:
    file = next(iter(stash.library.files.values()))
    file.path, file.updated_at = "/elsewhere.mp4", stash.library.timestamp()


@pytest.mark.parametrize(
    "change",
    [
        lambda stash: stash.library.add_scene("Another"),
        lambda stash: stash.library.scenes.pop(1),
        lambda stash: stash.library.update(stash.library.scenes[1], updated_at="", touch=False),
        rename,
        move_a_file,
    ],
    ids=["new", "gone", "changed", "renamed", "moved"],
)
def test_whatever_changes_is_for_the_worker(
    stash: StashSimulator, change: Callable[[StashSimulator], object]
) -> None:
    library = stash.library
    library.clock = lambda: 1_700_000_000.0
    library.add_scene(
        "A scene", files=[VideoFile("/a.mp4")], performers=[library.add_performer("Somebody")]
    )
    before = with_overview(stash)
    library.clock = lambda: 1_800_000_000.0
    change(stash)
    assert ask(before)[1] == WORKER


def test_what_is_not_known_is_for_the_worker(stash: StashSimulator) -> None:
    assert ask(with_overview(stash, digest=""))[1] == WORKER


def test_an_event_goes_before_the_rest_of_the_pages(stash: StashSimulator) -> None:
    before = with_overview(stash)
    inbox.put(str(stash.config.config_dir / "plex_sync"), b"{}", 1.0)
    stash.requests.clear()
    assert ask(before)[1] == WORKER
    assert stash.requests.count("POST", "/graphql") == 3  # up to the names


def test_an_answer_is_a_reason_to_stay_for_whoever_stays_for_that(stash: StashSimulator) -> None:
    told = json.loads(document(stash, cookie=session(stash)))
    assert not ask(json.dumps(told).encode())[2]
    told["args"]["stays_on"] = True
    assert ask(json.dumps(told).encode())[2]
    stash.stop()
    assert not ask(json.dumps(told).encode())[2]


def test_a_token_in_its_file_is_one_of_the_settings(stash: StashSimulator) -> None:
    kept = TokenFile(str(stash.config.config_dir / "plex_sync"))
    kept.write("token-of-the-file")
    asked = json.loads(document(stash, cookie=session(stash)))
    asked["args"]["settings"] = digest({**SETTINGS, "plex_token": "token-of-the-file"})
    assert ask(json.dumps(asked).encode())[1] == WATCH
    kept.write("another-token")
    assert ask(json.dumps(asked).encode())[1] == WORKER
