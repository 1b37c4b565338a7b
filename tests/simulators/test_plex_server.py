"""The simulated Plex: who may ask, what the server tells about itself, and its control channel."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests
from plexapi.exceptions import BadRequest, Unauthorized
from plexapi.server import PlexServer

from simulators.plex import PlexLibrary, PlexSimulator, add_arguments, from_arguments


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    library = PlexLibrary()
    films = library.add_section("Films", locations=["/data/films"])
    library.add_section("Series", type="show", locations=["/data/series"])
    library.add_section(
        "Home", agent="com.plexapp.agents.none", locations=["/data/home", r"D:\Home"]
    )
    library.add_item(films, "/data/films/Nosferatu (1922).mp4")
    with PlexSimulator(library) as simulator:
        yield simulator


def ask(sim: PlexSimulator, method: str, path: str, **options: object) -> requests.Response:
    headers = {"X-Plex-Token": sim.token}
    return requests.request(method, sim.url + path, headers=headers, timeout=10, **options)  # type: ignore[arg-type]


@pytest.mark.shows_credentials
def test_token_is_taken_from_header_or_query(sim: PlexSimulator) -> None:
    assert ask(sim, "GET", "/library/sections").status_code == 200
    query = {"X-Plex-Token": sim.token}
    assert requests.get(f"{sim.url}/", params=query, timeout=10).status_code == 200


def test_wrong_token_is_401_with_a_short_page(sim: PlexSimulator) -> None:
    answer = requests.get(f"{sim.url}/library", headers={"X-Plex-Token": "no"}, timeout=10)
    assert answer.status_code == 401
    assert answer.text.startswith("<html>")
    with pytest.raises(Unauthorized), requests.Session() as session:
        PlexServer(sim.url, "no", session=session)


def test_identity_needs_no_token(sim: PlexSimulator) -> None:
    root = ElementTree.fromstring(requests.get(f"{sim.url}/identity", timeout=10).content)
    assert root.get("machineIdentifier") == sim.library.machine_identifier
    assert root.get("version") == "1.41.3.9314"
    assert root.get("claimed") == "1"


def test_sections_show_agent_scanner_and_folders(sim: PlexSimulator) -> None:
    with requests.Session() as session:
        plex = PlexServer(sim.url, sim.token, session=session)
        films, series, home = plex.library.sections()
    assert [(s.key, s.type) for s in (films, series, home)] == [
        (1, "movie"),
        (2, "show"),
        (3, "movie"),
    ]
    assert films.agent == "tv.plex.agents.movie"
    assert series.agent == "tv.plex.agents.series"
    assert home.scanner == "Plex Video Files Scanner"
    newer = sim.library.add_section("New", agent="tv.plex.agents.none")
    assert newer.scanner == "Plex Video Files"
    assert home.locations == ["/data/home", r"D:\Home"]
    assert len({s.uuid for s in (films, series, home)}) == 3


def test_plexserver_and_first_edit_cost_four_requests(sim: PlexSimulator) -> None:
    with requests.Session() as session:
        plex = PlexServer(sim.url, sim.token, session=session)
        film = plex.fetchItem(1)
        film._autoReload = False
        before = len(sim.requests.entries)
        film.editTitle("One").editTitle("Two")
    lines = [entry.line.partition("?")[0] for entry in sim.requests.entries]
    assert lines[0] == "GET /"
    assert lines[before:] == [
        "GET /library",
        "GET /library/sections",
        "PUT /library/sections/1/all",
        "PUT /library/sections/1/all",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("GET", "/library/sections/9/all"),
        ("GET", "/library/metadata/999"),
        ("PUT", "/library/metadata/999?title.value=x"),
        ("PUT", "/library/sections/9/all?type=1"),
        ("GET", "/library/collections/1"),
        ("DELETE", "/library/metadata/1/posters"),
    ],
)
def test_unknown_things_are_404_with_a_short_page(
    sim: PlexSimulator, method: str, path: str
) -> None:
    answer = ask(sim, method, path)
    assert answer.status_code == 404
    assert "<html>" in answer.text


def test_maintenance_answers_503_everywhere_as_xml_or_json(sim: PlexSimulator) -> None:
    sim.quirks.maintenance = True
    answer = requests.get(f"{sim.url}/identity", timeout=10)
    assert answer.status_code == 503
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.get("code"), root.get("title")) == ("Response", "503", "Maintenance")
    assert "startup maintenance" in (root.get("status") or "")
    asked = requests.get(f"{sim.url}/x", headers={"Accept": "application/json"}, timeout=10)
    assert asked.json()["Response"]["title"] == "Maintenance"
    with pytest.raises(BadRequest, match="503"), requests.Session() as session:
        PlexServer(sim.url, sim.token, session=session)


def test_request_line_over_8_kb_is_414(sim: PlexSimulator) -> None:
    path = "/library/sections/1/all?type=1&id=1&summary.value="
    assert ask(sim, "PUT", path + "x" * 8000).status_code == 200
    assert ask(sim, "PUT", path + "x" * 8192).status_code == 414
    assert sim.library.item(1).fields["summary"] == "x" * 8000


def test_head_answers_without_a_body(sim: PlexSimulator) -> None:
    answer = ask(sim, "HEAD", "/library/sections")
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 0
    assert answer.content == b""


def test_devices_are_remembered(sim: PlexSimulator) -> None:
    ask(sim, "GET", "/?X-Plex-Client-Identifier=device-1")
    assert sim.devices == {"device-1"}


def test_section_settings_need_the_agent(sim: PlexSimulator) -> None:
    assert ask(sim, "PUT", "/library/sections/1?prefs[hidden]=1").status_code == 400
    path = "/library/sections/1?agent=tv.plex.agents.movie&prefs[hidden]=1"
    assert ask(sim, "PUT", path).status_code == 200
    assert sim.library.sections["1"].prefs == {"hidden": "1"}


def test_scan_outside_the_section_is_404(sim: PlexSimulator) -> None:
    for path in ("/data/films2", "/data", "/elsewhere"):
        params = {"path": path}
        assert ask(sim, "GET", "/library/sections/1/refresh", params=params).status_code == 404
    assert sim.library.scans == []
    windows = {"path": "D:\\Home\\2020"}
    assert ask(sim, "GET", "/library/sections/3/refresh", params=windows).status_code == 200


def test_pivots_filters_and_details(sim: PlexSimulator) -> None:
    pivots = ElementTree.fromstring(ask(sim, "GET", "/library/sections/1").content)
    assert pivots[0].get("key") == "all"
    details = ask(sim, "GET", "/library/sections/1?includeDetails=1")
    assert ElementTree.fromstring(details.content).find(".//Type/Filter") is not None
    for name in ("filters", "sorts"):
        rows = ElementTree.fromstring(ask(sim, "GET", f"/library/sections/1/{name}").content)
        assert len(rows) == int(rows.get("size", "0")) > 3


def test_parallel_writers_lose_nothing(sim: PlexSimulator) -> None:
    """Additive tag edits of one item from many threads all arrive."""

    def write(number: int) -> None:
        for turn in range(10):
            tag = f"genre[0].tag.tag=G{number}-{turn}"
            ask(sim, "PUT", f"/library/sections/1/all?type=1&id=1&{tag}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sim.library.item(1).tags["genre"]) == 80
    assert sim.library.writes == 80


def test_control_shows_state_and_stats_and_takes_settings_and_items(sim: PlexSimulator) -> None:
    control = f"{sim.url}/__simulator__"
    rows = [{"file": "/data/films/x.mkv", "title": "X", "size": 5, "tags": {"genre": ["Drama"]}}]
    made = requests.post(f"{control}/items", json={"section": "1", "items": rows}, timeout=10)
    key = made.json()["rating_keys"][0]
    ask(sim, "PUT", f"/library/metadata/{key}?title.value=Y&title.locked=1")
    state = requests.get(f"{control}/state", timeout=10).json()["items"]["/data/films/x.mkv"]
    assert state["fields"]["title"] == "Y"
    assert (state["tags"], state["locks"]) == ({"genre": ["Drama"]}, ["title"])
    stats = requests.get(f"{control}/stats", timeout=10).json()
    assert (stats["edit_writes"], stats["by_kind"]) == (1, {"edit": 1})
    settings = {"tag_mode": "replacing", "latency_ms": 1, "maintenance": True}
    assert requests.put(f"{control}/settings", json=settings, timeout=10).status_code == 200
    assert (sim.quirks.tag_mode, sim.latency_s, sim.quirks.maintenance) == (
        "replacing",
        0.001,
        True,
    )
    wrong = requests.put(f"{control}/settings", json={"tag_mod": "x"}, timeout=10)
    assert wrong.status_code == 400


def test_simulator_from_command_line_has_films() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    sim = from_arguments(parser.parse_args(["--port", "0", "--films", "5", "--latency-ms", "2"]))
    assert sim.latency_s == 0.002
    assert sim.library.item(1).title == "A Trip to the Moon"
    assert len(sim.library.items()) == 5
