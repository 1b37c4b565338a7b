"""What nobody knows of a real Plex, as switches: each of them changes what a client sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import requests

from simulators.plex import PlexLibrary, PlexSimulator
from tests.simulators.kit import ask, rows

ITEM = "/library/metadata/1"


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    """One film, which was last updated long ago."""
    library = PlexLibrary(clock=lambda: 1000)
    films = library.add_section("Films", locations=["/f"])
    library.add_item(
        films,
        "/f/one.mp4",
        title="The One",
        summary="A film about one.",
        year=1922,
        genre=["Drama", "Comedy", "Horror"],
        director=["Ada"],
    )
    library.clock = lambda: 2000.7
    with PlexSimulator(library) as simulator:
        yield simulator


def edit(sim: PlexSimulator, query: str) -> Element:
    """The item as it is afterwards."""
    assert ask(sim, f"/library/sections/1/all?type=1&id=1&{query}", "PUT").status_code == 200
    return shown(sim)


def shown(sim: PlexSimulator) -> Element:
    return rows(sim, ITEM)[0]


def names(item: Element, element: str) -> list[str]:
    return [each.get("tag") or each.get("name") or "" for each in item.iterfind(element)]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("genre[0].tag.tag=Nature", "tag"),
        ("genre.locked=1", "tag"),
        ("title.locked=1", "lock"),
        ("summary.value=Another", "field"),
        ("userRating.value=8", "rating"),
    ],
)
@pytest.mark.parametrize("moves", [True, False])
def test_what_moves_the_time_of_update(
    sim: PlexSimulator, query: str, kind: str, moves: bool
) -> None:
    every = {"field", "lock", "tag", "rating", "picture"}
    sim.quirks.moves_updated_at = every if moves else every - {kind}
    assert edit(sim, query).get("updatedAt") == ("2000" if moves else "1000")


DATE = "originallyAvailableAt.value=1925-03-01"
LABELS = "label[0].tag.tag=old film&label[1].tag.tag=Silent"


def year(item: Element) -> Any:
    return item.get("year")


@pytest.mark.parametrize(
    ("switch", "value", "query", "look", "seen"),
    [
        ("date_moves_year", False, DATE, year, "1922"),
        ("date_moves_year", True, DATE, year, "1925"),
        (
            "rating_edit_rates",
            True,
            "userRating.value=8",
            lambda x: x.get("lastRatedAt"),
            "2000",
        ),
        ("label_case", "first", LABELS, lambda x: names(x, "Label"), ["Old film", "Silent"]),
        ("label_case", "as_given", LABELS, lambda x: names(x, "Label"), ["old film", "Silent"]),
        ("label_case", "capitals", LABELS, lambda x: names(x, "Label"), ["OLD FILM", "SILENT"]),
        ("cast_lock", "role", "actor.locked=1", lambda x: names(x, "Field"), ["role"]),
        (
            "removes_by_name",
            False,
            "genre[].tag.tag-=Drama",
            lambda x: names(x, "Genre"),
            ["Drama", "Comedy", "Horror"],
        ),
        ("clears_fields", True, "summary.value=", lambda x: x.get("summary"), None),
        (
            "clears_fields",
            False,
            "summary.value=",
            lambda x: x.get("summary"),
            "A film about one.",
        ),
        ("drops_tags", True, "summary.value=x", lambda x: names(x, "Director"), []),
        ("cuts_texts", 5, "summary.value=A long one", lambda x: x.get("summary"), "A lon"),
        ("ignores_locks", True, "title.locked=1", lambda x: names(x, "Field"), []),
        ("ignores_edits", True, "title.value=Two", lambda x: x.get("title"), "The One"),
    ],
)
def test_a_switch_changes_what_an_edit_does(
    sim: PlexSimulator, switch: str, value: object, query: str, look: Any, seen: object
) -> None:
    setattr(sim.quirks, switch, value)
    assert look(edit(sim, query)) == seen


@pytest.mark.parametrize("keeps", [True, False])
def test_the_order_of_a_cast(sim: PlexSimulator, keeps: bool) -> None:
    sim.quirks.keeps_cast_order = keeps
    edit(sim, "actor[0].tag.tag=Bea&actor[1].tag.tag=Cleo")
    cast = names(edit(sim, "actor[0].tag.tag=Cleo&actor[1].tag.tag=Bea"), "Role")
    assert cast == (["Cleo", "Bea"] if keeps else ["Bea", "Cleo"])


def test_what_a_listing_leaves_out(sim: PlexSimulator) -> None:
    edit(sim, "label[0].tag.tag=Old&label.locked=1")
    listed = rows(sim, "/library/sections/1/all?type=1")[0]
    assert [names(listed, each) for each in ("Genre", "Label", "Field")] == [
        ["Drama", "Comedy"],
        [],
        [],
    ]
    sim.quirks.listing_cuts_tags, sim.quirks.listing_hides = False, ()
    listed = rows(sim, "/library/sections/1/all?type=1")[0]
    assert [names(listed, each) for each in ("Genre", "Label", "Field")] == [
        ["Drama", "Comedy", "Horror"],
        ["Old"],
        ["label"],
    ]


@pytest.mark.parametrize("vanish", [True, False])
@pytest.mark.parametrize("revive", [True, False])
def test_what_becomes_of_a_collection_without_items(
    sim: PlexSimulator, vanish: bool, revive: bool
) -> None:
    sim.quirks.collections_vanish, sim.quirks.revives_collections = vanish, revive
    edit(sim, "collection[0].tag.tag=Old films")
    made = rows(sim, "/library/sections/1/collections")[0].get("ratingKey")
    url = f"{sim.url}/library/metadata/{made}/posters"
    requests.post(url, b"picture", headers={"X-Plex-Token": sim.token}, timeout=10)
    edit(sim, "collection[].tag.tag-=Old films")
    assert len(rows(sim, "/library/sections/1/collections")) == int(not vanish)
    edit(sim, "collection[0].tag.tag=Old films")
    again = rows(sim, "/library/sections/1/collections")[0].get("ratingKey")
    posters = rows(sim, f"/library/metadata/{again}/posters")
    is_there = any((each.get("ratingKey") or "").startswith("upload:") for each in posters)
    assert is_there == (not vanish or revive)


@pytest.mark.parametrize("sorts", [True, False])
def test_whether_a_collection_can_be_sorted(sim: PlexSimulator, sorts: bool) -> None:
    sim.quirks.sorts_collections = sorts
    edit(sim, "collection[0].tag.tag=Old films")
    made = rows(sim, "/library/sections/1/collections")[0].get("ratingKey")
    ask(sim, f"/library/collections/{made}/prefs?collectionSort=1", "PUT")
    sort = rows(sim, f"/library/metadata/{made}")[0].get("collectionSort")
    assert sort == ("1" if sorts else None)


def test_history_and_the_played_threshold(sim: PlexSimulator) -> None:
    history = "/status/sessions/history/all"
    assert ask(sim, history).status_code == 200
    assert rows(sim, "/:/prefs")[0].get("value") == "90"
    sim.quirks.refuses_history, sim.quirks.played_threshold = True, None
    assert ask(sim, history).status_code == 403
    assert [each.get("id") for each in rows(sim, "/:/prefs")] == ["LibraryVideoPlayedAtBehaviour"]
