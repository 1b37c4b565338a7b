"""Whatever changes something in Plex takes a turn, at the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from plex.client import PlexClient
from plex.collection import move_member, set_order
from plex.exceptions import PlexUnavailable
from plex.items import PlexItem
from plex.pictures import choose_picture, drop_choice, upload_picture
from simulators.faults import Reply
from simulators.plex import PlexLibrary, PlexSimulator

Write = Callable[[PlexClient, PlexItem], None]

TITLE = {"title.value": "New"}
SMALL: dict[str, Write] = {
    "edit": lambda client, film: client.edit([film], TITLE),
    "choose": lambda client, film: choose_picture(client, film, "poster", "metadata://1"),
    "drop": lambda client, film: drop_choice(client, film, "poster"),
    "order": lambda client, film: set_order(client, film, "1"),
    "move": lambda client, film: move_member(client, film, 2, None),
}
LARGE: dict[str, Write] = {
    "edit alike": lambda client, film: client.edit([film, film], TITLE),
    "upload": lambda client, film: upload_picture(client, film, "poster", b"picture"),
    "scan": lambda client, _film: client.scan("1", "/data/films"),
}
WRITES = SMALL | LARGE


class Turns:
    """Tells of each turn whether it was typical, and what it met."""

    def __init__(self) -> None:
        self.typical: list[bool] = []
        self.met: list[type[Exception]] = []
        self.is_running = False

    @contextmanager
    def take(self, *, is_typical: bool, is_upload: bool = False) -> Iterator[None]:
        assert not self.is_running, "a turn within a turn may wait for ever"
        self.is_running = True
        self.typical.append(is_typical)
        try:
            yield
        except Exception as error:
            self.met.append(type(error))
            raise
        finally:
            self.is_running = False


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    library = PlexLibrary()
    films = library.add_section("Films", locations=["/data/films"])
    library.add_item(films, "/data/films/1.mp4", title="Film")
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def client(plex: PlexSimulator, turns: Turns) -> Iterator[PlexClient]:
    made = PlexClient(plex.url, plex.token, client_id="tests", turns=turns.take)
    yield made
    made.close()


def film(client: PlexClient) -> PlexItem:
    return client.items([1])[1]


@pytest.mark.parametrize("name", WRITES)
def test_a_write_takes_one_turn_and_says_whether_its_duration_can_be_compared(
    plex: PlexSimulator, client: PlexClient, turns: Turns, name: str
) -> None:
    shown = film(client)
    assert turns.typical == []
    plex.faults.add(Reply(200))
    WRITES[name](client, shown)
    assert turns.typical == [name in SMALL]


@pytest.mark.parametrize("name", WRITES)
def test_a_turn_learns_that_plex_could_not_take_the_write(
    plex: PlexSimulator, client: PlexClient, turns: Turns, name: str
) -> None:
    shown = film(client)
    plex.faults.add(Reply(503))
    with pytest.raises(PlexUnavailable):
        WRITES[name](client, shown)
    assert turns.met == [PlexUnavailable]


@pytest.mark.parametrize("name", WRITES)
def test_a_client_without_turns_cannot_write(plex: PlexSimulator, name: str) -> None:
    reader = PlexClient(plex.url, plex.token, client_id="tests")
    shown = film(reader)
    plex.requests.clear()
    with pytest.raises(AssertionError, match="for reading"):
        WRITES[name](reader, shown)
    assert plex.requests.count() == 0
    reader.close()


def test_getting_to_know_the_server_is_no_part_of_the_turn(
    plex: PlexSimulator, client: PlexClient, turns: Turns
) -> None:
    other = PlexClient(plex.url, plex.token, client_id="tests")
    shown = film(other)
    other.close()
    plex.faults.add(Reply(503), "GET /$", times=1)
    client.edit([shown], TITLE)
    assert (turns.typical, turns.met) == ([True], [])
