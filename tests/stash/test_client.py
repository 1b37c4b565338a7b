"""StashClient over HTTP: credentials that change, answers that are none, scenes that are gone."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib import request
from urllib.error import HTTPError

import pytest

from errors import ServerUnavailable, SettingsError
from logs import redact
from simulators.faults import Action, Drop, Hang, Reply, Truncate
from simulators.http import Request, SimulatorServer
from simulators.rig import TREE
from simulators.stash import StashLibrary, StashSimulator, VideoFile
from stash import client as client_module
from stash import queries
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import (
    PluginDisabled,
    StashQueryError,
    StashQueryRefused,
    StashUnauthorized,
    StashUnavailable,
    UnreadableScene,
)
from stash.queries import LEVELS
from sync.tags import lineage
from validation.scene import Scene

PLUGIN = "plex_sync"
KEY = "the-lasting-api-key"


def add_scenes(library: StashLibrary, count: int) -> None:
    for number in range(1, count + 1):
        library.add_scene(f"Scene {number}", files=[VideoFile(f"/data/{number}.mp4")])


@pytest.fixture
def stash(tmp_path: Path) -> Iterator[StashSimulator]:
    """A Stash with a password, an API key, our plugin and three scenes."""
    manifest = tmp_path / "plugins" / PLUGIN / f"{PLUGIN}.yml"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("name: PlexSync\n", encoding="utf-8")
    library = StashLibrary()
    add_scenes(library, 3)
    with StashSimulator(
        library, config_dir=tmp_path, username="ada", password="secret-word", api_key=KEY
    ) as simulator:
        simulator.install_plugin(TREE, PLUGIN, link=True)
        yield simulator


@pytest.fixture
def connect(stash: StashSimulator) -> Iterator[Callable[..., StashClient]]:
    """Clients with the given cookie and key; by default with a cookie as plugins get it."""
    with ExitStack() as stack:

        def make(cookie: str | None = None, api_key: str = "") -> StashClient:
            value = new_cookie(stash) if cookie is None else cookie
            made = StashClient(StashConnection(stash.url, value, api_key))
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def client(connect: Callable[..., StashClient]) -> StashClient:
    return connect()


def test_a_disabled_plugin_is_told_from_one_without_settings(
    stash: StashSimulator, client: StashClient
) -> None:
    stash.config.disabled_plugins.append(PLUGIN)
    with pytest.raises(PluginDisabled, match="disabled or gone"):
        client.settings(PLUGIN)


def test_a_removed_plugin_counts_as_disabled(client: StashClient) -> None:
    with pytest.raises(PluginDisabled, match="the plugin another is disabled or gone"):
        client.settings("another")


def new_cookie(stash: StashSimulator) -> str:
    from_login = stash.stash.sessions.log_in({"username": "ada", "password": "secret-word"})
    assert from_login
    return from_login.partition(";")[0].removeprefix("session=")


def credentials(request: Request) -> tuple[str, str]:
    """The cookie's and the key's beginning: which of the two was shown."""
    headers = request.headers
    return headers.get("cookie", "").partition("=")[0], headers.get("apikey", "")


def shown(stash: StashSimulator) -> list[tuple[str, str]]:
    return [credentials(request) for request in stash.requests.entries]


def graphql_error(message: str, **more: Any) -> Reply:
    content = {"errors": [{"message": message}], "data": None, **more}
    return Reply(200, json.dumps(content).encode(), "application/json")


# Credentials


def test_the_cookie_opens_the_door(stash: StashSimulator, client: StashClient) -> None:
    client.ping()
    assert shown(stash) == [("session", "")]


def test_the_api_key_is_adopted_because_the_cookie_will_expire(
    stash: StashSimulator, client: StashClient
) -> None:
    client.settings(PLUGIN)
    stash.config.max_session_age_s = -1  # all cookies are too old now
    client.ping()
    assert shown(stash) == [("session", ""), ("", KEY)]


def test_without_a_configured_key_the_cookie_stays(
    stash: StashSimulator, client: StashClient
) -> None:
    """Any key is refused where none is configured."""
    stash.config.api_key = ""
    client.settings(PLUGIN)
    client.ping()
    assert shown(stash) == [("session", "")] * 2


def test_a_key_that_was_changed_falls_back_to_the_cookie_and_adopts_the_new_one(
    stash: StashSimulator, client: StashClient
) -> None:
    client.settings(PLUGIN)
    stash.config.api_key = "another-api-key"
    client.ping()
    client.settings(PLUGIN)
    client.ping()
    assert shown(stash) == [
        ("session", ""),
        ("", KEY),
        ("session", ""),
        ("session", ""),
        ("", "another-api-key"),
    ]


def test_a_refused_key_is_not_adopted_again(
    stash: StashSimulator, connect: Callable[..., StashClient]
) -> None:
    """A proxy that eats the header would cost two requests for each one."""
    client = connect(api_key=KEY)
    stash.faults.add(Reply(401), times=1)
    client.settings(PLUGIN)
    stash.requests.clear()
    client.ping()
    assert shown(stash) == [("session", "")]


def test_an_expired_session_is_unauthorized_and_says_what_brings_a_new_one(
    stash: StashSimulator, client: StashClient
) -> None:
    stash.config.max_session_age_s = -1
    with pytest.raises(StashUnauthorized, match="session: it has expired") as refused:
        client.ping()
    assert "any PlexSync task" in refused.value.advice
    assert redact.redact(str(refused.value)) == str(refused.value)
    assert stash.requests.count() == 1


def test_key_and_cookie_both_refused_is_unauthorized(
    stash: StashSimulator, connect: Callable[..., StashClient]
) -> None:
    client = connect(cookie="made-up", api_key="wrong-key")
    with pytest.raises(StashUnauthorized):
        client.ping()
    assert shown(stash) == [("", "wrong-key"), ("session", "")]


def test_no_credentials_are_sent_when_there_are_none(
    stash: StashSimulator, connect: Callable[..., StashClient]
) -> None:
    with pytest.raises(StashUnauthorized, match="asks for a login") as refused:
        connect(cookie="").ping()
    assert "STASH_API_KEY" in refused.value.advice
    assert shown(stash) == [("", "")]


def test_a_refreshed_cookie_is_kept_so_that_the_session_never_ages(
    stash: StashSimulator, connect: Callable[..., StashClient]
) -> None:
    now = 1_700_000_000.0
    stash.config.api_key = ""
    stash.library.clock = lambda: now
    client = connect()
    for _ in range(5):
        now += 3000  # of 3600
        client.ping()


@pytest.mark.parametrize(
    ("offered", "sent"),
    [
        ("session=fresh; Path=/; Max-Age=3600", "session=fresh"),
        ("proxy=1; Path=/, session=fresh; Path=/", "session=fresh"),
        ("proxy=1; Path=/", "session=first"),
        ("xsession=other", "session=first"),
        ("session=; Max-Age=0", "session=first"),
    ],
    ids=["fresh", "after-a-proxys", "a-proxys-alone", "another-name", "emptied"],
)
def test_only_a_fresh_session_replaces_the_cookie(offered: str, sent: str) -> None:
    with SimulatorServer() as server:
        content = b'{"data": {"version": {"version": "v0.30.0"}}}'
        header = (("Set-Cookie", offered),)
        server.faults.add(Reply(200, content, "application/json", header))
        client = StashClient(StashConnection(server.url, cookie="first"))
        client.ping()
        client.ping()
        client.close()
        assert server.requests.entries[1].headers["cookie"] == sent


def test_renewed_cookies_are_hidden_and_do_not_pile_up(
    stash: StashSimulator, connect: Callable[..., StashClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redact, "_secrets", set())
    now = 1_700_000_000.0
    stash.library.clock = lambda: now
    client = connect()
    for _ in range(20):
        now += 1
        client.ping()
    last = stash.requests.entries[-1].headers["cookie"].removeprefix("session=")
    assert len(redact._secrets) == 1
    client.ping()
    assert redact._secrets.isdisjoint({last})


# Settings


def test_settings_are_those_that_stash_has_stored(
    stash: StashSimulator, client: StashClient
) -> None:
    stash.configure_plugin(PLUGIN, {"plex_url": "http://plex", "concurrency": 8})
    stash.configure_plugin("another", {"plex_url": "http://other"})
    assert client.settings(PLUGIN) == {"plex_url": "http://plex", "concurrency": 8}


def test_settings_that_were_never_touched_are_empty(client: StashClient) -> None:
    assert client.settings(PLUGIN) == {}


def test_a_plugin_that_was_disabled_or_removed_is_told(
    stash: StashSimulator, client: StashClient
) -> None:
    with pytest.raises(PluginDisabled, match="gone"):
        client.settings("never_installed")
    stash.config.disabled_plugins.append(PLUGIN)
    with pytest.raises(PluginDisabled, match="disabled") as told:
        client.settings(PLUGIN)
    assert "What is queued is kept" in told.value.advice


def test_a_session_can_be_shared_with_a_client_that_has_an_older_one(
    stash: StashSimulator, connect: Callable[..., StashClient]
) -> None:
    newer, older = connect(), connect(cookie="expired")
    with pytest.raises(StashUnauthorized):
        older.ping()
    older.share_session(newer)
    older.ping()


# Scenes


def test_scenes_come_as_they_are_now(stash: StashSimulator, client: StashClient) -> None:
    stash.library.update(stash.library.scene(2), title="Edited", organized=True)
    found = client.scenes([3, 2])
    assert list(found) == [3, 2]
    scene = found[2]
    assert isinstance(scene, Scene)
    assert (scene.title, scene.organized, scene.files[0].path) == ("Edited", True, "/data/2.mp4")


def test_a_batch_is_one_request(stash: StashSimulator, client: StashClient) -> None:
    add_scenes(stash.library, 97)
    found = client.scenes(range(1, 101))
    assert all(isinstance(each, Scene) for each in found.values())
    assert (len(found), stash.requests.count()) == (100, 1)


def test_tags_come_with_those_above_them_only_if_they_are_asked_for(
    stash: StashSimulator, client: StashClient
) -> None:
    """As far up as the query goes, in one request, and Stash 0.28 knows all of it."""
    tags = [stash.library.add_tag("Level 0")]
    for number in range(1, LEVELS + 3):
        tags.append(stash.library.add_tag(f"Level {number}", parents=[tags[-1]]))
    stash.library.update(stash.library.scene(2), tags=[tags[-1]])
    alone, with_others = client.scenes([2])[2], client.scenes([2], with_ancestors=True)[2]
    assert isinstance(alone, Scene)
    assert isinstance(with_others, Scene)
    assert lineage(alone.tags[0]) == [alone.tags[0]]
    names = [tag.name for tag in reversed(tags)]
    assert [tag.name for tag in lineage(with_others.tags[0])] == names[: LEVELS + 1]
    assert stash.requests.count() == 2


def test_nothing_asked_is_no_request(stash: StashSimulator, client: StashClient) -> None:
    assert client.scenes([]) == {}
    assert stash.requests.count() == 0


def test_a_scene_that_is_gone_takes_no_other_along(client: StashClient) -> None:
    found = client.scenes([1, 99, 3])
    assert found[99] is None
    assert isinstance(found[1], Scene)
    assert isinstance(found[3], Scene)


def test_one_broken_scene_among_a_hundred_fails_alone(
    stash: StashSimulator, client: StashClient
) -> None:
    add_scenes(stash.library, 97)
    stash.library.scene(50).files = None  # type: ignore[assignment] # the schema forbids null
    found = client.scenes(range(1, 101))
    broken = found.pop(50)
    assert isinstance(broken, StashQueryError)
    assert "Cannot return null for non-nullable field" in str(broken)
    assert all(isinstance(each, Scene) for each in found.values())


def test_a_scene_that_is_not_what_the_schema_promises_fails_alone(
    stash: StashSimulator, client: StashClient
) -> None:
    data = {"s0": {"id": "1", "files": [{"path": ""}]}, "s1": {"id": "2"}}
    stash.faults.add(Reply(200, json.dumps({"data": data}).encode(), "application/json"))
    found = client.scenes([1, 2])
    assert isinstance(found[1], UnreadableScene)
    assert "scene 1" in str(found[1])
    assert "files.0.path" in str(found[1])
    assert isinstance(found[2], Scene)


def test_an_error_that_names_no_scene_does_not_make_one_look_gone(
    stash: StashSimulator, client: StashClient
) -> None:
    """A scene that is gone counts as done; its edit would be lost."""
    stash.faults.add(graphql_error("something went wrong", data={"s0": None}))
    with pytest.raises(StashQueryError, match="something went wrong"):
        client.scenes([1])


def test_ids_come_in_pages_and_in_order(
    stash: StashSimulator, client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "IDS_PER_PAGE", 3)
    add_scenes(stash.library, 5)
    assert list(client.scene_ids()) == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert list(client.scene_ids(after=6)) == [[7, 8]]


def test_a_scene_deleted_while_the_ids_are_read_makes_none_be_skipped(
    stash: StashSimulator, client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "IDS_PER_PAGE", 2)
    add_scenes(stash.library, 3)
    pages = client.scene_ids()
    assert next(pages) == [1, 2]
    del stash.library.scenes[1]
    assert list(pages) == [[3, 4], [5, 6]]


def test_counting_transfers_no_scenes(stash: StashSimulator, client: StashClient) -> None:
    assert client.scene_count() == 3
    assert b"per_page: 0" in stash.requests.entries[0].body


# Answers that are none


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (graphql_error("database is locked"), "database is locked"),
        (graphql_error("x: database is locked (5)", data={"version": None}), "locked"),
        (graphql_error("internal system error"), "internal system error"),
        (graphql_error("partly", data={"version": None}), "partly"),
        (Reply(200, b"<html>Log in</html>"), "200 without GraphQL"),
        (Reply(200, b""), "200 without GraphQL"),
        (Reply(200, b"[]", "application/json"), "200 without GraphQL"),
        (Reply(200, b'{"errors": "text"}', "application/json"), "200 without GraphQL"),
        (Reply(200, b'{"errors": ["text"]}', "application/json"), "200 without GraphQL"),
        (Reply(200, b"{}", "application/json"), "nothing"),
        (Reply(500, b'{"data": null}', "application/json"), "500"),
        (Reply(502, b"<html>Bad Gateway</html>"), "502"),
        (Reply(503, b"", headers=(("Retry-After", "7"),)), "it answers 503"),
        (Reply(429), "it answers 429"),
        (Reply(302, b"", headers=(("Location", "/login"),)), "302"),
        (Drop(), "does not answer"),
        (Truncate(10), "does not answer"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_stashs_matter_and_no_scenes(
    stash: StashSimulator, client: StashClient, action: Action, told: str
) -> None:
    stash.faults.add(action)
    with pytest.raises(StashUnavailable, match=told):
        client.ping()
    assert stash.requests.count() == 1


def test_nothing_without_end_is_taken_into_memory(
    stash: StashSimulator, client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.ping()
    monkeypatch.setattr("net.session.MAX_ANSWER_BYTES", 100_000)
    stash.faults.add(Reply(200, b'{"data": "' + b"x" * 300_000 + b'"}', "application/json"))
    with pytest.raises(StashUnavailable, match="larger than 100000 bytes"):
        client.ping()


def test_somebody_elses_cookie_in_stashs_words_is_not_repeated(
    stash: StashSimulator, client: StashClient
) -> None:
    stash.faults.add(graphql_error("upstream refused: Cookie: other=abcdef123456"))
    with pytest.raises(StashUnavailable, match="upstream refused") as caught:
        client.ping()
    assert "abcdef123456" not in str(caught.value)


def test_a_busy_stash_says_when_to_come_back(stash: StashSimulator, client: StashClient) -> None:
    stash.faults.add(Reply(503, headers=(("Retry-After", "7"),)))
    with pytest.raises(StashUnavailable) as busy:
        client.ping()
    assert busy.value.retry_after_s == 7.0


def test_a_stash_that_is_gone_is_unavailable(stash: StashSimulator, client: StashClient) -> None:
    stash.stop()
    with pytest.raises(StashUnavailable, match="does not answer"):
        client.scenes([1])
    stash.start()
    client.ping()


def test_a_stash_that_hangs_is_unavailable(
    stash: StashSimulator, connect: Callable[..., StashClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stash.transport.READ_TIMEOUT_S", 0.05)
    stash.faults.add(Hang())
    with pytest.raises(StashUnavailable, match="no answer in time"):
        connect().ping()


def test_on_this_machine_an_unknown_certificate_will_do(
    stash: StashSimulator, self_signed: ssl.SSLContext
) -> None:
    stash.encrypt(self_signed)
    given = {"Scheme": "https", "Host": "0.0.0.0", "Port": stash.port}
    cookie = {"SessionCookie": {"Value": new_cookie(stash)}}
    client = StashClient(StashConnection.from_plugin_input({**given, **cookie}))
    assert client.scene_count() == 3
    client.close()


def test_elsewhere_a_self_signed_certificate_will_not_do_and_the_cookie_is_not_sent(
    stash: StashSimulator, self_signed: ssl.SSLContext
) -> None:
    stash.encrypt(self_signed)
    client = StashClient(StashConnection(stash.url, new_cookie(stash), verify_tls=True))
    with pytest.raises(StashUnavailable, match="certificate verify failed") as caught:
        client.ping()
    client.close()
    assert stash.requests.count() == 0
    assert "Reach Stash by 127.0.0.1" in caught.value.advice
    assert "ca_file" in caught.value.advice


def test_a_name_that_nobody_knows_is_told(no_such_host: str) -> None:
    client = StashClient(StashConnection(f"http://{no_such_host}:9999"))
    with pytest.raises(StashUnavailable, match="does not answer: Name or service not known"):
        client.ping()
    client.close()


def test_a_query_that_stash_does_not_understand_is_a_matter_of_its_version(
    stash: StashSimulator, client: StashClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "VERSION", "query { version { flavour } }")
    with pytest.raises(StashQueryRefused, match="flavour") as refused:
        client.ping()
    assert "0.28" in refused.value.advice
    assert isinstance(refused.value, SettingsError)
    assert not isinstance(refused.value, ServerUnavailable)


def test_redirects_are_not_followed_and_carry_nothing(
    stash: StashSimulator, client: StashClient
) -> None:
    with SimulatorServer() as elsewhere:
        stash.faults.add(Reply(307, headers=(("Location", f"{elsewhere.url}/graphql"),)))
        with pytest.raises(StashUnavailable):
            client.ping()
        assert elsewhere.requests.count() == 0


def test_error_texts_hold_no_secret(stash: StashSimulator, client: StashClient) -> None:
    stash.faults.add(graphql_error(f"cannot open http://stash/x?apikey={KEY}&t=1"))
    with pytest.raises(StashUnavailable) as error:
        client.ping()
    assert KEY not in str(error.value)


# Manners


def test_the_schema_is_never_asked_for(stash: StashSimulator, client: StashClient) -> None:
    """stashapi does at its start: a large answer, for nothing."""
    client.settings(PLUGIN)
    client.scenes([1, 2])
    list(client.scene_ids())
    client.ping()
    client.version()
    client.scene_count()
    bodies = [request.body for request in stash.requests.entries]
    assert len(bodies) == 7  # one per question, and the page of ids that is empty
    assert not any(b"__schema" in body or b"__type" in body for body in bodies)


def test_the_query_for_a_batch_has_no_values_in_its_text(
    stash: StashSimulator, client: StashClient
) -> None:
    """So that Stash parses it once."""
    client.scenes([1, 2])
    client.scenes([3, 99])
    first, second = (json.loads(request.body) for request in stash.requests.entries)
    assert first["query"] == second["query"]
    assert second["variables"] == {"id0": "3", "id1": "99"}


STASHS_TEXT = (
    "You have attempted to access Stash over the internet, and authentication is not enabled."
)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, STASHS_TEXT.encode(), "text/plain"),
        Reply(403, json.dumps({"error": STASHS_TEXT}).encode(), "application/json"),
    ],
    ids=["text", "json"],
)
def test_stashs_lock_is_told_in_its_words_with_advice(
    stash: StashSimulator, client: StashClient, reply: Reply
) -> None:
    stash.faults.add(reply)
    with pytest.raises(StashUnavailable, match=r"refuses everybody \(403\): You have") as caught:
        client.ping()
    assert "set user name and password in Stash under Settings > Security" in caught.value.advice
    assert "What is queued is kept." in caught.value.advice


def test_a_stash_that_was_reached_from_the_internet_says_so_to_everybody(tmp_path: Path) -> None:
    with StashSimulator(config_dir=tmp_path / "open") as exposed:
        far = request.Request(exposed.url, headers={"X-Forwarded-For": "8.8.8.8"})
        with pytest.raises(HTTPError):
            request.urlopen(far, timeout=10).close()
        client = StashClient(StashConnection(exposed.url))
        with pytest.raises(StashUnavailable, match="from the internet") as caught:
            client.ping()
        client.close()
    assert "restart Stash" in caught.value.advice
