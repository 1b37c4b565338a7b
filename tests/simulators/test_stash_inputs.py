"""What a running Stash refuses, cuts and reorders of what it is given (sheet, section 12)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.stash import GraphQLErrors, StashLibrary, StashSimulator

JPEG = b"\xff\xd8\xff\xe0 a cover"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[StashSimulator]:
    """Two scenes of one studio with three performers, and a group."""
    library = StashLibrary(clock=lambda: 1_700_000_000.0, utc_offset_s=3600)
    for name in ("Ada", "Bob", "Cid"):
        library.add_performer(name)
    studio = library.add_studio("Star Film")
    library.add_group("Voyages")
    for title in ("one", "two"):
        library.add_scene(title, studio=studio, organized=True, date="1902", cover=JPEG)
    with StashSimulator(library, config_dir=tmp_path / "config") as sim:
        yield sim


def stored(sim: StashSimulator, **values: Any) -> Any:
    sim.update_scene({"id": 1, **values})
    return sim.library.scene(1)


def performers(sim: StashSimulator, scene_id: int) -> list[str]:
    found = sim.graphql(f"{{ findScene(id: {scene_id}) {{ performers {{ id }} }} }}")
    return [each["id"] for each in found["findScene"]["performers"]]


@pytest.mark.parametrize(
    "values",
    [
        {"studio_id": ""},
        {"organized": None},
        {"groups": [{"group_id": 1, "scene_index": 1}, {"group_id": 1}]},
        {"date": " 1902-09-01"},
        {"date": "1902/09/01"},
        {"date": "1902-00-01"},
        {"date": "1902-09-00"},
        {"date": "1902-13"},
        {"cover_image": "no address"},
    ],
    ids=str,
)
def test_what_is_refused_saves_nothing(sim: StashSimulator, values: dict[str, Any]) -> None:
    with pytest.raises(GraphQLErrors):
        stored(sim, title="new", **values)
    scene = sim.library.scene(1)
    assert (scene.title, scene.date, scene.organized) == ("one", "1902", True)
    assert scene.studio is not None
    if "groups" not in values and "cover_image" not in values:
        with pytest.raises(GraphQLErrors):
            sim.bulk_update_scenes({"ids": [1, 2], "title": "new", **values})
        assert [each.title for each in sim.library.scenes.values()] == ["one", "two"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0000", "0000"),
        ("9999-12-31", "9999-12-31"),
        ("1902-09-01T10:00:00Z", "1902-09-01"),
        ("1902-09-01 10:00:00", "1902-09-01"),
        ("1902-09", "1902-09"),
    ],
)
def test_dates_that_it_takes(sim: StashSimulator, given: str, kept: str) -> None:
    assert stored(sim, date=given).date == kept


def test_null_takes_a_studio_away_and_urls_keep_repeats(sim: StashSimulator) -> None:
    scene = stored(sim, studio_id=None, urls=["http://a", "", "http://a"])
    assert (scene.studio, scene.urls) == (None, ["http://a", "", "http://a"])


@pytest.mark.parametrize("number", [0, 101, -5])
def test_ratings_are_not_checked(sim: StashSimulator, number: int) -> None:
    assert stored(sim, rating100=number).rating100 == number


def test_performers_come_by_id_or_as_they_were_sent(sim: StashSimulator) -> None:
    """Two scenes may differ at the same moment; "Optimise database" changes the order, which
    nothing tells."""
    stored(sim, performer_ids=[3, 1, 2])
    sim.library.has_tiny_statistics = True
    sim.update_scene({"id": 2, "performer_ids": [3, 1, 2]})
    assert (performers(sim, 1), performers(sim, 2)) == (["1", "2", "3"], ["3", "1", "2"])
    before = sim.library.scene(2).updated_at
    sim.library.clock = lambda: 1_800_000_000.0
    sim.wait_for_job(sim.graphql("mutation { optimiseDatabase }")["optimiseDatabase"])
    assert performers(sim, 2) == ["1", "2", "3"]
    assert sim.library.scene(2).updated_at == before


def test_a_cover_without_data_is_fetched_as_an_address(sim: StashSimulator) -> None:
    scene = stored(sim, cover_image=f"{sim.url}/scene/2/screenshot")
    assert scene.cover == JPEG


@pytest.mark.parametrize(
    ("given", "status", "content"),
    [
        ("bytes=0-2", 206, JPEG[:3]),
        ("bytes=3-", 206, JPEG[3:]),
        ("bytes=-4", 206, JPEG[-4:]),
        ("bytes=5-999", 206, JPEG[5:]),
        ("bytes=999-", 416, b"invalid range: failed to overlap\n"),
        ("pages=1", 200, JPEG),
    ],
)
def test_ranges_of_pictures(sim: StashSimulator, given: str, status: int, content: bytes) -> None:
    answer = requests.get(f"{sim.url}/scene/1/screenshot", headers={"Range": given}, timeout=10)
    assert (answer.status_code, answer.content) == (status, content)


def test_numbers_in_settings_are_gos(sim: StashSimulator) -> None:
    given = {"a": 2.0, "b": 2.5, "c": 1 << 70, "d": 1e21, "e": 1e-07, "f": "1e21", "g": True}
    sim.configure_plugin("p", given)
    kept = sim.plugin_settings("p")
    assert kept == {"a": 2, "b": 2.5, "c": (1 << 63) - 1, "d": 0, "e": 0, "f": "1e21", "g": True}
    assert not isinstance(kept["a"], float)


def test_a_dot_in_a_plugins_id_nests_its_settings(sim: StashSimulator) -> None:
    sim.configure_plugin("a.b", {"key": "value"})
    shown = sim.graphql("{ configuration { plugins } }")["configuration"]["plugins"]
    assert shown == {"a": {"b": {"key": "value"}}}


def test_custom_fields_are_columns_of_sqlite(sim: StashSimulator) -> None:
    fields = {"a": 7.0, "b": True, "c": None, "d": 1e21, "e": "x"}
    sim.change("performerUpdate", {"id": 1, "custom_fields": {"full": fields}})
    assert sim.library.performers[1].custom_fields == {"a": 7, "b": 1, "d": 0, "e": "x"}
    with pytest.raises(GraphQLErrors):
        sim.change("performerUpdate", {"id": 1, "custom_fields": {"full": {"a": [1]}}})


def test_tags_are_alike_without_regard_to_asciis_case_alone(sim: StashSimulator) -> None:
    for name in ("Nature", "Äpfel", "äpfel"):
        sim.change("tagCreate", {"name": name})
    with pytest.raises(GraphQLErrors):
        sim.change("tagCreate", {"name": "nature"})


def test_a_plugins_paths_and_its_empty_lists(sim: StashSimulator) -> None:
    sim.config.plugins_path.mkdir(parents=True)
    manifest = "ui: {javascript: [a.js, 'https://example.org/b.js']}\n"
    (sim.config.plugins_path / "p.yml").write_text(manifest)
    sim.reload_plugins()
    query = "{ plugins { paths { javascript css } requires hooks { name } settings { name } } }"
    (shown,) = sim.graphql(query)["plugins"]
    assert shown == {
        "paths": {
            "javascript": [f"{sim.url}/plugin/p/javascript", "https://example.org/b.js"],
            "css": None,
        },
        "requires": None,
        "hooks": None,
        "settings": None,
    }


@pytest.mark.parametrize(
    ("criterion", "found"),
    [
        ("performer_count: {value: 0, modifier: EQUALS}", ["1", "2"]),
        ('studios_filter: {name: {value: "star", modifier: INCLUDES}}', ["1", "2"]),
        ('performers_filter: {name: {value: "Ada", modifier: EQUALS}}', []),
        ('is_missing: "tags"', ["1", "2"]),
        ('has_markers: "true"', []),
        ('oshash: {value: "x", modifier: EQUALS}', []),
        ("duration: {value: 1, modifier: GREATER_THAN}", []),
        ("o_counter: {value: 0, modifier: EQUALS}", ["1", "2"]),
        ('date: {value: "1902", modifier: EQUALS}', []),
        ('date: {value: "1902-01-01", modifier: EQUALS}', ["1", "2"]),
    ],
)
def test_filters_of_other_clients(sim: StashSimulator, criterion: str, found: list[str]) -> None:
    query = f"{{ findScenes(scene_filter: {{{criterion}}}) {{ scenes {{ id }} }} }}"
    assert [each["id"] for each in sim.http_graphql(query)["findScenes"]["scenes"]] == found
