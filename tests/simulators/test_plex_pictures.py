"""Posters and backgrounds of the simulated Plex: named by content, never deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from plexapi.exceptions import NotFound
from plexapi.server import PlexServer

from simulators.plex import Picture, PlexLibrary, PlexSimulator

JPEG = b"\xff\xd8\xff picture"
KEY = f"upload://posters/{hashlib.sha1(JPEG, usedforsecurity=False).hexdigest()}"


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    library = PlexLibrary(clock=lambda: 1000)
    films = library.add_section("Films", locations=["/f"])
    series = library.add_section("Series", type="show", locations=["/s"])
    poster = Picture("metadata://posters/agent", b"agent's", selected=True)
    library.add_item(films, "/f/1.mp4", posters=[poster])
    library.add_episode(
        library.add_show(series, "Show"), season=1, index=2, file="/s/1.mkv", title="E"
    )
    library.clock = lambda: 2000
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def film(sim: PlexSimulator) -> Iterator[Any]:
    with requests.Session() as session:
        yield PlexServer(sim.url, sim.token, session=session).fetchItem(1)


def ask(sim: PlexSimulator, method: str, path: str, data: bytes | None = None) -> requests.Response:
    headers = {"X-Plex-Token": sim.token}
    return requests.request(method, sim.url + path, headers=headers, data=data, timeout=10)


def test_upload_is_named_by_content_and_chosen(sim: PlexSimulator, film: Any) -> None:
    film.uploadPoster(filepath=BytesIO(JPEG))
    posters = film.posters()
    assert [(poster.ratingKey, poster.selected) for poster in posters] == [
        ("metadata://posters/agent", False),
        (KEY, True),
    ]
    assert film.reload().thumb == "/library/metadata/1/thumb/2000"
    assert sim.library.snapshot(sim.library.item(1))["poster"] == KEY


def test_same_bytes_are_stored_once(sim: PlexSimulator, film: Any) -> None:
    for _ in range(3):
        film.uploadPoster(filepath=BytesIO(JPEG))
    film.uploadPoster(filepath=BytesIO(JPEG + b"2"))
    assert len(film.posters()) == 3


def test_selecting_an_entry(sim: PlexSimulator, film: Any) -> None:
    film.uploadPoster(filepath=BytesIO(JPEG))
    film.setPoster(film.posters()[0])
    assert [poster.selected for poster in film.posters()] == [True, False]
    answer = ask(sim, "PUT", "/library/metadata/1/poster?url=upload%3A%2F%2Fposters%2Fnone")
    assert answer.status_code == 404


@pytest.mark.parametrize(("locks", "expected"), [(True, {"thumb", "art"}), (False, set())])
def test_upload_locks_by_the_switch(
    sim: PlexSimulator, film: Any, locks: bool, expected: set[str]
) -> None:
    sim.quirks.upload_locks = locks
    film.uploadPoster(filepath=BytesIO(JPEG))
    film.uploadArt(filepath=BytesIO(JPEG))
    assert sim.library.item(1).locks == expected


def test_uploads_can_not_be_deleted_only_dropped(sim: PlexSimulator, film: Any) -> None:
    film.uploadPoster(filepath=BytesIO(JPEG))
    path = "/library/metadata/1/posters"
    assert ask(sim, "DELETE", path).status_code == 404
    assert ask(sim, "DELETE", f"{path}?url={KEY}").status_code == 404
    with pytest.raises(NotFound):
        film._server.query(f"{path}/1", method=film._server._session.delete)
    film.deletePoster()
    assert [poster.selected for poster in film.posters()] == [False, False]
    assert film.reload().thumb is None


def test_size_limit_is_10_mb(sim: PlexSimulator) -> None:
    path = "/library/metadata/1/posters"
    assert ask(sim, "POST", path, b"x" * (10 * 1024 * 1024)).status_code == 200
    assert ask(sim, "POST", path, b"x" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_server_downloads_nothing(sim: PlexSimulator) -> None:
    for method, name in (("POST", "posters"), ("PUT", "poster")):
        path = f"/library/metadata/1/{name}?url=http%3A%2F%2Fexample.org%2Fa.jpg"
        assert ask(sim, method, path).status_code == 400
    assert ask(sim, "POST", "/library/metadata/1/posters").status_code == 400


def test_episode_uploads_are_stored_with_the_show(sim: PlexSimulator) -> None:
    episode = sim.library.items(type="episode")[0]
    season = sim.library.items(type="season")[0]
    for item, place in ((episode, "seasons/1/episodes/2"), (season, "seasons/1")):
        ask(sim, "POST", f"/library/metadata/{item.rating_key}/posters", JPEG)
        assert item.posters[-1].rating_key == KEY.replace("posters/", f"posters/{place}/")


def test_bytes_can_be_fetched_again(sim: PlexSimulator, film: Any) -> None:
    film.uploadPoster(filepath=BytesIO(JPEG)).reload()
    assert ask(sim, "GET", film.thumb).content == JPEG
    assert ask(sim, "GET", film.posters()[1].key).content == JPEG
    assert ask(sim, "GET", film.posters()[0].key).content == b"agent's"


def test_art_is_apart_from_posters(sim: PlexSimulator, film: Any) -> None:
    film.uploadArt(filepath=BytesIO(JPEG))
    assert (len(film.posters()), len(film.arts())) == (1, 2)
    assert sim.library.edits[-1][1]["art"][0] == "metadata://art/1"


@pytest.mark.parametrize(
    ("agent", "scheme"), [("tv.plex.agents.movie", "metadata"), ("tv.plex.agents.none", "media")]
)
def test_items_carry_pictures_that_nobody_chose(agent: str, scheme: str) -> None:
    library = PlexLibrary()
    section = library.add_section("Films", agent=agent, locations=["/f"])
    items = [library.add_item(section, f"/f/{number}.mp4") for number in range(20)]
    assert all(item.posters[0].rating_key.startswith(f"{scheme}://") for item in items)
    assert all(item.selected("thumb") for item in items)
    assert sum(item.selected("art") is not None for item in items) == 18
    assert not any(item.locks for item in items)
