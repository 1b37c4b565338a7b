"""Which items exist, whatever a server answers to several keys some of which are gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexUnavailable
from plex.multiget import ITEMS_PER_REQUEST
from simulators.faults import Reply
from simulators.plex import PlexLibrary, PlexSimulator

# Of items 1 to 100.
GONE = {3, 4, 50, 100}


@pytest.fixture
def plex() -> Iterator[PlexSimulator]:
    """A hundred films, some of which are gone, in the second of two libraries."""
    library = PlexLibrary()
    library.add_section("Empty")
    films = library.add_section("Films")
    for number in range(1, 101):
        library.add_item(films, f"/data/{number}.mp4")
    for number in GONE:
        library.remove(library.item(number))
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def client(plex: PlexSimulator) -> Iterator[PlexClient]:
    made = PlexClient(plex.url, plex.token, client_id="tests")
    assert made.server
    plex.requests.clear()
    yield made
    made.close()


def there() -> list[int]:
    return sorted(set(range(1, 101)) - GONE)


@pytest.mark.parametrize("strict", [False, True])
def test_only_what_is_gone_is_left_out(
    plex: PlexSimulator, client: PlexClient, strict: bool
) -> None:
    plex.quirks.multi_get_strict = strict
    assert sorted(client.items(range(1, 101))) == there()
    assert client.items([3, 4]) == {}
    assert list(client.items([2, 3])) == [2]


def test_many_items_are_a_request_per_hundred(plex: PlexSimulator, client: PlexClient) -> None:
    client.items([*range(1, 2 * ITEMS_PER_REQUEST + 2), 1, 2])
    assert plex.requests.count("GET", "/library/metadata/") == 3
    assert plex.requests.count("GET", "/library/") == 3


def test_a_404_is_understood_by_a_few_requests_once(
    plex: PlexSimulator, client: PlexClient
) -> None:
    """The libraries, their first items, and one of these together with a missing one; besides, who
    answers."""
    assert client.items(range(1000, 1300)) == {}
    assert plex.requests.count("GET", "/library/") == 3 + 1 + 2 + 1
    plex.requests.clear()
    assert client.items(range(1000, 1300)) == {}
    assert plex.requests.count("GET", "/library/") == plex.requests.count("GET", "/identity") == 3


def test_one_key_alone_needs_no_further_item(plex: PlexSimulator, client: PlexClient) -> None:
    assert client.items([3]) == {}
    assert [each.path for each in plex.requests.entries] == ["/library/metadata/3", "/identity"]


@pytest.mark.parametrize("keys", [[3], [3, 4], [1, 2]], ids=repr)
def test_a_404_of_a_proxy_says_nothing_of_items(
    plex: PlexSimulator, client: PlexClient, keys: list[int]
) -> None:
    plex.faults.add(Reply(404, b"404 page not found", "text/plain"))
    with pytest.raises(PlexUnavailable):
        client.items(keys)


def test_a_strict_server_costs_two_requests_for_each_missing_item_at_most(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.quirks.multi_get_strict = True
    client.items([3, 4])
    plex.requests.clear()
    assert client.items(range(1000, 1100)) == {}
    assert plex.requests.count("GET", "/library/") == 2 * 100 - 1


def test_without_any_item_each_key_is_asked_for_alone(
    plex: PlexSimulator, client: PlexClient
) -> None:
    for item in plex.library.items():
        plex.library.remove(item)
    assert client.items(range(1, 9)) == {}
    assert plex.requests.count("GET", "/library/sections") == 1 + 2
    assert plex.requests.count("GET", "/library/metadata/") == 2 * 8 - 1


def test_an_item_that_comes_back_meanwhile_is_not_taken_for_gone(
    plex: PlexSimulator, client: PlexClient
) -> None:
    """The server answers 404 although the first of the keys is there."""
    plex.faults.add(Reply(404), "/library/metadata/", times=1)
    assert sorted(client.items([1, 2, 3])) == [1, 2]


def test_a_library_that_is_deleted_meanwhile_is_passed_over(
    plex: PlexSimulator, client: PlexClient
) -> None:
    plex.faults.add(Reply(404), "/library/sections/1/all")
    assert client.items([3, 4]) == {}


def test_a_part_of_the_answer_is_no_word_on_the_rest(
    plex: PlexSimulator, client: PlexClient
) -> None:
    page = (
        b'<MediaContainer size="1" totalSize="3" librarySectionID="2">'
        b'<Video ratingKey="1" type="movie" title="First"/></MediaContainer>'
    )
    plex.faults.add(Reply(200, page, "text/xml"), "/library/metadata/1,2,5", times=1)
    assert sorted(client.items([1, 2, 5])) == [1, 2, 5]
