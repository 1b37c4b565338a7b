"""PlexClient over HTTP, against a Plex that misbehaves in every way that the reference knows."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from tenacity import wait_none

from errors import ServerUnavailable, SyncError
from plex.client import CONNECT_ATTEMPTS, PlexClient, PlexSection
from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexRefused,
    PlexSettingsError,
    PlexTemporaryError,
    PlexTooSlow,
    PlexUnavailable,
    PlexUnreadable,
)
from plex.items import PlexItem
from plex.own_identity import PRODUCT, own_version
from simulators.faults import Action, Drop, Hang, Reply, Truncate
from simulators.http import Response, SimulatorServer
from simulators.plex import PlexLibrary, PlexSimulator
from tests.harness.turns import at_any_time

LOGIN_PAGE = b"<html><head><title>Log in</title></head><body></body></html>"
UNTIDY_PAGE = b"<!doctype html><html><head><meta><title>Log in</title><body><br>"
MAINTENANCE = b'<?xml version="1.0"?><Response code="503" title="Maintenance" status="..."/>'

Connect = Callable[..., PlexClient]


@pytest.fixture(autouse=True)
def _no_waiting_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plex.client.wait_random_exponential", lambda **_: wait_none())


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    """Three films, a series of one episode, and a section that we have no use for."""
    library = PlexLibrary()
    films = library.add_section("Films", locations=["/data/films"])
    series = library.add_section("Series", type="show", locations=["/data/series"])
    for number in range(1, 4):
        library.add_item(films, f"/data/films/{number}.mp4", title=f"Film {number}", size=number)
    show = library.add_show(series, "A Show")
    library.add_episode(show, file="/data/series/1.mp4", title="First")
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def connect(plex: PlexSimulator) -> Iterator[Connect]:
    """Clients of the simulator; other arguments as `PlexClient` has them."""
    with ExitStack() as stack:

        def make(url: str = "", token: str = "", **options: float) -> PlexClient:
            made = PlexClient(
                url or plex.url,
                token or plex.token,
                client_id="our-id",
                turns=at_any_time,
                **options,  # type: ignore[arg-type]
            )
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def client(plex: PlexSimulator, connect: Connect) -> PlexClient:
    """Connected, with the count of requests at 0."""
    made = connect()
    assert made.server
    plex.requests.clear()
    return made


@pytest.fixture
def film(plex: PlexSimulator, client: PlexClient) -> PlexItem:
    found = client.items([1])[1]
    plex.requests.clear()
    return found


def lines(plex: PlexSimulator) -> list[str]:
    return [request.line.partition("?")[0] for request in plex.requests.entries]


# Questions and edits


def test_each_new_connection_is_greeted_once(plex: PlexSimulator, client: PlexClient) -> None:
    plex.stop()
    plex.start()
    client.sections()
    assert lines(plex) == ["GET /identity", "GET /library/sections"]
    client.sections()
    assert lines(plex)[2:] == ["GET /library/sections"]


def test_only_sections_of_films_and_shows_are_told(client: PlexClient) -> None:
    films, series = client.sections()
    assert (films.key, films.title, films.type, films.item_type) == ("1", "Films", "movie", "movie")
    assert (series.title, series.item_type) == ("Series", "episode")
    assert films.locations == ("/data/films",)
    assert films.uuid != series.uuid


def test_other_kinds_of_sections_are_left_out(plex: PlexSimulator, client: PlexClient) -> None:
    answer = (
        b'<MediaContainer><Directory key="1" type="artist" title="Music"/>'
        b'<Directory key="2" type="photo" title="Photos"/></MediaContainer>'
    )
    plex.faults.add(Reply(200, answer, "text/xml"))
    assert client.sections() == []


def test_a_listing_comes_page_by_page(client: PlexClient) -> None:
    films = client.sections()[0]
    root = client.listing(films, start=1, size=1)
    assert [each.get("title") for each in root.iterfind("Video")] == ["Film 2"]
    assert root.get("totalSize") == "3"


def test_items_come_with_their_metadata_in_one_request(
    plex: PlexSimulator, client: PlexClient
) -> None:
    found = client.items([3, 1])
    assert {key: item.title for key, item in found.items()} == {1: "Film 1", 3: "Film 3"}
    assert found[1].section_key == "1"
    assert found[1].files[0].path == "/data/films/1.mp4"
    assert lines(plex) == ["GET /library/metadata/3,1"]


def test_items_that_do_not_exist_are_left_out(client: PlexClient) -> None:
    assert list(client.items([2, 999])) == [2]
    assert client.items([999]) == {}
    assert client.items([]) == {}


def test_an_edit_is_one_request_and_is_confirmed(
    plex: PlexSimulator, client: PlexClient, film: PlexItem
) -> None:
    client.edit([film], {"title.value": "Ålesund & more, 100%", "title.locked": "1"})
    assert plex.library.item(1).fields["title"] == "Ålesund & more, 100%"
    assert lines(plex) == ["PUT /library/sections/1/all"]


@pytest.mark.parametrize("params", [{}, {"title.value": "x"}], ids=["nothing", "no-item"])
def test_an_edit_that_would_hit_nothing_or_everything_is_refused(
    plex: PlexSimulator, client: PlexClient, film: PlexItem, params: dict[str, str]
) -> None:
    from_nowhere = PlexItem(0, film.section_key, film.type, film.state, film.files)
    with pytest.raises(ValueError, match="nothing to edit"):
        client.edit([from_nowhere if params else film], params)
    assert lines(plex) == []


def test_several_items_are_one_request(plex: PlexSimulator, client: PlexClient) -> None:
    items = client.items([1, 2, 3])
    client.edit([items[1], items[3]], {"studio.value": "Star Film", "studio.locked": "1"})
    studios = [plex.library.item(key).fields.get("studio") for key in (1, 2, 3)]
    assert studios == ["Star Film", None, "Star Film"]
    assert lines(plex)[1:] == ["PUT /library/sections/1/all"]


def test_an_item_of_an_unknown_section_is_not_edited(
    plex: PlexSimulator, client: PlexClient
) -> None:
    """`/library/sections//all` is another path than any that the sheet knows."""
    plex.quirks.names_sections = False
    film = client.items([1])[1]
    plex.requests.clear()
    with pytest.raises(PlexPermanentError, match=r"which library holds \[1\]"):
        client.edit([film], {"title.value": "x"})
    assert lines(plex) == []


def test_items_that_do_not_belong_together_are_refused(
    plex: PlexSimulator, client: PlexClient, film: PlexItem
) -> None:
    params = {"studio.value": "Star Film"}
    strangers = [
        replace(film, rating_key=2, section_key="9"),
        replace(film, rating_key=2, type="episode"),
        replace(film, rating_key=-2),
        replace(film, rating_key=0),
    ]
    for stranger in strangers:
        with pytest.raises(ValueError, match=r"of several sections|nothing to edit"):
            client.edit([film, stranger], params)
    with pytest.raises(ValueError, match="nothing to edit"):
        client.edit([], params)
    assert lines(plex) == []


def test_nothing_is_asked_that_nobody_asked_for(plex: PlexSimulator, connect: Connect) -> None:
    """plexapi's objects load themselves again when an empty attribute is read."""
    client = connect()
    for _ in range(2):
        film = client.items([1])[1]
        assert film.state.values["summary"] == ""
        assert film.state.values["directors"] == ()
        client.edit([film], {"title.value": "New"})
        assert client.machine_identifier
    assert lines(plex) == [
        "GET /",
        *["GET /library/metadata/1", "PUT /library/sections/1/all"] * 2,
    ]


# Connecting


def test_nothing_is_sent_before_it_is_needed(plex: PlexSimulator, connect: Connect) -> None:
    client = connect()
    assert lines(plex) == []
    assert client.machine_identifier == plex.library.machine_identifier
    assert lines(plex) == ["GET /"]


def test_threads_that_need_the_server_at_once_connect_once(
    plex: PlexSimulator, connect: Connect
) -> None:
    client = connect()
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        client.sections()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(plex).count("GET /") == 1


def test_connecting_is_tried_a_few_times(plex: PlexSimulator, connect: Connect) -> None:
    plex.faults.add(Reply(503, MAINTENANCE, "text/xml"), times=CONNECT_ATTEMPTS - 1)
    assert connect().machine_identifier


def test_connecting_is_not_tried_for_ever_and_may_succeed_later(
    plex: PlexSimulator, connect: Connect
) -> None:
    client = connect()
    plex.quirks.maintenance = True
    with pytest.raises(PlexUnavailable):
        _ = client.server
    assert lines(plex) == ["GET /"] * CONNECT_ATTEMPTS
    plex.quirks.maintenance = False
    assert client.sections()


def test_a_wrong_token_is_not_tried_again(plex: PlexSimulator, connect: Connect) -> None:
    with pytest.raises(PlexSettingsError, match="refuses the token") as refused:
        connect(token="wrong-token").sections()
    assert "plex_token" in refused.value.advice
    assert lines(plex) == ["GET /"]


@pytest.mark.parametrize("page", [b"", LOGIN_PAGE, UNTIDY_PAGE, b"<MediaContainer/>"], ids=repr)
def test_something_that_is_no_plex_is_told_apart(
    plex: PlexSimulator, connect: Connect, page: bytes
) -> None:
    plex.faults.add(Reply(200, page))
    with pytest.raises(PlexUnavailable):
        _ = connect().server


def test_a_proxy_without_its_plex_is_no_plex_that_lacks_something(
    plex: PlexSimulator, client: PlexClient, connect: Connect, film: PlexItem
) -> None:
    """Traefik, say, answers 404 to every path while Plex restarts."""
    plex.faults.add(Reply(404, b"404 page not found", "text/plain"))
    films = PlexSection("1", "Films", "movie", "", ())
    for ask in (
        lambda: connect().server,
        client.sections,
        lambda: client.listing(films, start=0, size=1),
        lambda: client.edit([film], {"title.value": "Lost"}),
    ):
        with pytest.raises(PlexUnavailable, match="does not answer like Plex"):
            ask()


def test_a_plex_that_is_gone_is_unavailable(plex: PlexSimulator, connect: Connect) -> None:
    plex.stop()
    with pytest.raises(PlexUnavailable, match="does not answer"):
        connect().sections()


def test_an_address_that_cannot_be_one_is_a_matter_of_the_settings(connect: Connect) -> None:
    with pytest.raises(PlexSettingsError, match="plex_url is not usable"):
        connect(url="http://plex:99999999").sections()


def test_closing_ends_the_connections_and_the_next_question_opens_one(client: PlexClient) -> None:
    client.close()
    assert client.sections()


def test_a_scan_is_of_one_folder(plex: PlexSimulator, client: PlexClient) -> None:
    client.scan("1", "/data/films/Tom & Jerry?")
    assert lines(plex) == ["GET /library/sections/1/refresh"]
    assert plex.library.scans == [("1", "/data/films/Tom & Jerry?")]


def test_a_folder_outside_the_section_is_refused(client: PlexClient) -> None:
    with pytest.raises(PlexNotFound):
        client.scan("1", "/elsewhere")


# What an answer can be


# How long to wait for an answer that never comes; others must come within it on a busy machine too.
SOON_S = 1.0

FAULTS: list[tuple[Action, type[SyncError]]] = [
    (Reply(400, b"<html>Bad Request</html>"), PlexRefused),
    (Reply(401, b"<html>Unauthorized</html>"), PlexSettingsError),
    (Reply(403, b"<html>Forbidden</html>"), PlexSettingsError),
    (Reply(404, b"<html>Not Found</html>"), PlexNotFound),
    (Reply(409, b"<html>Conflict</html>"), PlexRefused),
    (Reply(429), PlexUnavailable),
    (Reply(500, b"<html>Internal Server Error</html>"), PlexTemporaryError),
    (Reply(502, b"<html>Bad Gateway</html>"), PlexUnavailable),
    (Reply(503, MAINTENANCE, "text/xml"), PlexUnavailable),
    (Reply(503, LOGIN_PAGE), PlexUnavailable),
    (Reply(520), PlexUnavailable),
    (Reply(302, headers=(("Location", "/elsewhere"),)), PlexSettingsError),
    (Reply(200, LOGIN_PAGE), PlexUnavailable),
    (Reply(200, UNTIDY_PAGE), PlexUnreadable),
    (Reply(200, b"<MediaContainer size='1'><Video ratingKey", "text/xml"), PlexUnreadable),
    (Reply(200, b"no XML at all", "text/plain"), PlexUnreadable),
    (Drop(), PlexUnavailable),
    (Hang(), PlexTooSlow),
]
FAULT_IDS = [
    f"{action.status}-{action.body[:12].decode()}" if isinstance(action, Reply) else str(action)
    for action, _ in FAULTS
]


@pytest.mark.parametrize(("action", "meaning"), FAULTS, ids=FAULT_IDS)
def test_a_question_that_fails_has_its_meaning(
    plex: PlexSimulator, connect: Connect, action: Action, meaning: type[SyncError]
) -> None:
    client = connect(read_timeout_s=SOON_S)
    assert client.server
    plex.faults.add(action, times=1)
    with pytest.raises(SyncError) as failed:
        client.get("/library/metadata/1")
    assert type(failed.value) is meaning
    assert plex.token not in str(failed.value)
    plex.faults.clear()
    assert client.sections()  # the client is as good as before


@pytest.mark.parametrize(("action", "meaning"), FAULTS, ids=FAULT_IDS)
def test_what_every_plex_answers_fails_by_its_server_or_a_setting(
    plex: PlexSimulator, connect: Connect, action: Action, meaning: type[SyncError]
) -> None:
    plex.faults.add(action)
    for client in (connect(read_timeout_s=SOON_S), connect(read_timeout_s=SOON_S)):
        with pytest.raises((ServerUnavailable, PlexSettingsError)):
            client.sections()
    plex.faults.clear()
    client = connect(read_timeout_s=SOON_S)
    assert client.server
    plex.faults.add(action, "GET /library/sections$")
    with pytest.raises(PlexSettingsError if meaning is PlexSettingsError else PlexUnavailable):
        client.sections()


@pytest.mark.parametrize(("action", "meaning"), FAULTS, ids=FAULT_IDS)
def test_an_edit_that_fails_is_not_taken_for_confirmed_and_not_sent_again(
    plex: PlexSimulator, connect: Connect, action: Action, meaning: type[SyncError]
) -> None:
    client = connect(read_timeout_s=SOON_S)
    film = client.items([1])[1]
    plex.requests.clear()
    plex.faults.add(action, "^PUT ")
    with pytest.raises(SyncError) as failed:
        client.edit([film], {"title.value": "Lost"})
    assert type(failed.value) is meaning
    assert plex.requests.count("PUT") == 1


# How no answer comes at all: what it means and what is told.
OUT_OF_REACH: dict[str, tuple[type[SyncError], str]] = {
    "unknown certificate": (PlexSettingsError, "is not trusted: certificate verify failed"),
    "no TLS": (PlexSettingsError, "what answers there doesn't encrypt"),
    "no such host": (PlexUnavailable, "does not answer: Name or service not known"),
}


@pytest.fixture
def address(
    request: pytest.FixtureRequest,
    plex: PlexSimulator,
    no_such_host: str,
    self_signed: ssl.SSLContext,
) -> str:
    """Under which it is so; `param` is a key of OUT_OF_REACH."""
    match request.param:
        case "unknown certificate":
            plex.encrypt(self_signed)
            return plex.url
        case "no TLS":
            return plex.url.replace("http:", "https:")
    return f"http://{no_such_host}:{plex.port}"


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client, _film: client.sections(), id="question"),
        pytest.param(lambda client, film: client.edit([film], {"title.value": "Lost"}), id="edit"),
        pytest.param(lambda client, _film: client.probe(), id="probe"),
    ],
)
@pytest.mark.parametrize(
    ("address", "kind"), [(name, name) for name in OUT_OF_REACH], indirect=["address"]
)
def test_a_server_out_of_reach_has_its_meaning_and_gets_no_token(
    plex: PlexSimulator,
    film: PlexItem,
    connect: Connect,
    address: str,
    kind: str,
    ask: Callable[[PlexClient, PlexItem], object],
) -> None:
    meaning, told = OUT_OF_REACH[kind]
    client = connect(url=address)
    with pytest.raises(SyncError, match=told) as failed:
        ask(client, film)
    assert type(failed.value) is meaning
    assert failed.value.advice
    assert lines(plex) == []


def test_a_certificate_need_not_verify_if_so_told(
    plex: PlexSimulator, connect: Connect, self_signed: ssl.SSLContext
) -> None:
    plex.encrypt(self_signed)
    client = connect(verify_tls=False)
    client.probe()
    assert client.sections()


@pytest.mark.parametrize("body", [b"", b"<MediaContainer size='0'/>", b"<Response code='200'/>"])
def test_whatever_plex_confirms_with_is_a_confirmation(
    plex: PlexSimulator, client: PlexClient, film: PlexItem, body: bytes
) -> None:
    plex.faults.add(Reply(200, body, "text/xml"))
    client.edit([film], {"title.value": "New"})
    client.send("POST", "/library/metadata/1/posters", body=b"picture")


def test_a_login_page_confirms_no_upload(plex: PlexSimulator, client: PlexClient) -> None:
    plex.faults.add(Reply(200, LOGIN_PAGE))
    with pytest.raises(PlexUnavailable):
        client.send("POST", "/library/metadata/1/posters", body=b"picture")


def test_an_answer_that_is_empty_where_there_should_be_one_is_no_plexs(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.faults.add(Reply(200, b"", "text/xml"))
    with pytest.raises(PlexUnavailable, match="no MediaContainer"):
        client.sections()


def test_an_answer_that_is_cut_off_is_an_outage(plex: PlexSimulator, client: PlexClient) -> None:
    plex.faults.add(Truncate(40))
    with pytest.raises(PlexUnavailable):
        client.sections()


@pytest.mark.parametrize("status", [429, 503])
def test_what_a_busy_plex_asks_for_is_passed_on(
    plex: PlexSimulator, client: PlexClient, status: int
) -> None:
    plex.faults.add(Reply(status, headers=(("Retry-After", "17"),)))
    with pytest.raises(PlexUnavailable) as busy:
        client.sections()
    assert (busy.value.retry_after_s, busy.value.overloaded) == (17.0, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_carries_no_token(
    plex: PlexSimulator, client: PlexClient, film: PlexItem, status: int
) -> None:
    with Elsewhere() as elsewhere:
        plex.faults.add(Reply(status, headers=(("Location", f"{elsewhere.url}/"),)))
        with pytest.raises(PlexSettingsError, match="redirects"):
            client.edit([film], {"title.value": "Lost"})
        with pytest.raises(PlexSettingsError, match="redirects"):
            client.sections()
        with pytest.raises(PlexSettingsError, match="redirects"):
            client.probe()
        assert elsewhere.requests.count() == 0


class Elsewhere(SimulatorServer):
    """Answers everything, so that a redirect which is followed succeeds."""

    def handle(self, request: object) -> Response:
        return Response(200, b'<MediaContainer machineIdentifier="x"/>', "text/xml")


def test_an_edit_whose_answer_is_lost_can_be_sent_again(
    plex: PlexSimulator, client: PlexClient, film: PlexItem
) -> None:
    plex.faults.add(Drop(applied=True), times=1)
    with pytest.raises(PlexUnavailable):
        client.edit([film], {"title.value": "Once"})
    client.edit([film], {"title.value": "Once"})
    assert plex.library.item(1).fields["title"] == "Once"


def test_a_connection_that_plex_has_closed_meanwhile_is_opened_anew(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.stop()
    plex.start()
    for _ in range(2):
        try:
            assert client.sections()
        except PlexUnavailable:
            continue
        return
    pytest.fail("the client does not recover")


# Probing


def test_a_probe_is_one_small_request_without_connecting(
    plex: PlexSimulator, connect: Connect
) -> None:
    connect(token="whatever").probe()
    assert lines(plex) == ["GET /identity"]


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        (Reply(503, MAINTENANCE), PlexUnavailable),
        (Reply(500), PlexUnavailable),
        (Reply(404), PlexUnavailable),
        (Reply(200, LOGIN_PAGE), PlexUnavailable),
        (Reply(200, b""), PlexUnavailable),
        (Drop(), PlexUnavailable),
        (Hang(), PlexTooSlow),
        (Reply(302, headers=(("Location", "/login"),)), PlexSettingsError),
    ],
    ids=str,
)
def test_a_probe_that_fails_has_its_meaning(
    plex: PlexSimulator, connect: Connect, action: Action, meaning: type[SyncError]
) -> None:
    plex.faults.add(action)
    with pytest.raises(SyncError) as failed:
        connect(connect_timeout_s=SOON_S).probe()
    assert type(failed.value) is meaning


def test_a_listing_without_an_answer_is_of_a_section_that_is_gone(
    plex: PlexSimulator, client: PlexClient
) -> None:
    films = client.sections()[0]
    plex.faults.add(Reply(200, b""))
    with pytest.raises(PlexNotFound, match="no library 1"):
        client.listing(films, start=0, size=1)
    with pytest.raises(PlexUnavailable, match="does not answer like Plex"):
        client.items([1])


# What plexapi would do by itself


def test_reading_an_empty_attribute_of_an_item_is_no_request(
    plex: PlexSimulator, client: PlexClient
) -> None:
    """plexapi would fetch it anew, once per item of a listing."""
    (film, *_) = client.server.fetchItems("/library/sections/1/all")
    plex.requests.clear()
    assert film.tagline is None
    assert lines(plex) == []


# Who we are


def test_every_request_says_who_we_are(plex: PlexSimulator, connect: Connect) -> None:
    """A request without a stable identifier makes Plex list, and mail about, another device."""
    for _ in range(2):
        client = connect()
        client.probe()
        client.listing(client.sections()[0], start=0, size=10)
        client.edit([client.items([1])[1]], {"title.value": "New"})
    wanted = {
        "x-plex-client-identifier": "our-id",
        "x-plex-product": PRODUCT,
        "x-plex-device-name": PRODUCT,
        "x-plex-version": own_version(),
    }
    assert len(plex.requests.entries) == 12
    for request in plex.requests.entries:
        assert wanted.items() <= request.headers.items(), request.line
    assert plex.devices == {"our-id"}


def test_the_token_travels_in_a_header_and_never_in_an_address(
    plex: PlexSimulator, connect: Connect
) -> None:
    client = connect()
    client.edit([client.items([1])[1]], {"title.value": "New"})
    assert all(plex.token not in request.line for request in plex.requests.entries)
    assert all(request.headers["x-plex-token"] == plex.token for request in plex.requests.entries)
