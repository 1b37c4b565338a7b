"""Collections of the simulated Plex: made by tags, gone with the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from plexapi.exceptions import BadRequest
from plexapi.server import PlexServer

from simulators.plex import PlexLibrary, PlexSimulator, Tag
from tests.simulators.kit import ask, rows


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    library = PlexLibrary()
    films = library.add_section("Films", locations=["/f"])
    for number in range(1, 6):
        library.add_item(films, f"/f/{number}.mp4", title=f"Film {number}", year=1920 + number)
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def section(plex: PlexServer) -> Any:
    return plex.library.section("Films")


def tag(sim: PlexSimulator, ids: str, name: str) -> None:
    query = f"type=1&id={ids}&collection[0].tag.tag={name}"
    assert ask(sim, f"/library/sections/1/all?{query}", "PUT").status_code == 200


def test_tagging_makes_a_collection_and_untagging_ends_it(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1,3", "Classics")
    (made,) = section.collections()
    assert (made.title, made.childCount, made.subtype, made.smart) == (
        "Classics",
        2,
        "movie",
        False,
    )
    assert [film.ratingKey for film in made.items()] == [1, 3]
    film = section.fetchItem(1)
    film.reload()
    assert made.index == film.collections[0].id
    ask(sim, "/library/metadata/1,3?collection[].tag.tag-=classics", "PUT")
    assert section.collections() == []
    assert ask(sim, f"/library/collections/{made.ratingKey}").status_code == 404


def test_both_listings_name_the_children_endpoint(sim: PlexSimulator) -> None:
    tag(sim, "1", "C")
    for path in ("/library/sections/1/all?type=18", "/library/sections/1/collections"):
        (row,) = rows(sim, path)
        assert (row.tag, row.get("type")) == ("Directory", "collection")
        assert row.get("key") == f"/library/collections/{row.get('ratingKey')}/children"


def test_hand_made_tags_count(sim: PlexSimulator, section: Any) -> None:
    sim.library.item(2).tags["collection"] = [Tag("By hand")]
    (made,) = section.collections()
    assert (made.title, made.childCount) == ("By hand", 1)
    sim.library.item(2).tags["collection"] = []
    assert section.collections() == []


def test_a_collection_lives_while_a_hand_made_tag_is_left(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "C")
    key = section.collection("C").ratingKey
    sim.library.item(2).tags["collection"] = [sim.library.item(1).tags["collection"][0]]
    ask(sim, "/library/metadata/1?collection[].tag.tag-=C", "PUT")
    assert section.collection("C").ratingKey == key


def test_plexapi_creates_fills_and_empties(sim: PlexSimulator, section: Any) -> None:
    films = section.all()
    made = section.createCollection("Made", items=films[:2])
    made.addItems(films[2:4])
    assert len(section.collection("Made").items()) == 4
    made.removeItems(films[0])
    assert sim.library.item(1).tag_names("collection") == []
    assert len(section.collection("Made").items()) == 3


def test_plexapi_edits_a_collection(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "C")
    made = section.collection("C")
    made.editSummary("About").editSortTitle("Z").addLabel("kept").reload()
    assert (made.summary, made.titleSort) == ("About", "Z")
    assert [label.tag for label in made.labels] == ["Kept"]
    assert {field.name for field in made.fields} == {"summary", "titleSort", "label"}


def test_rename_reaches_the_members(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1,2", "Old")
    section.collection("Old").editTitle("New")
    assert sim.library.item(2).tag_names("collection") == ["New"]
    tag(sim, "3", "new")
    assert len(section.collection("New").items()) == 3


def test_rename_to_a_taken_title_is_409(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "One")
    tag(sim, "2", "Two")
    with pytest.raises(BadRequest, match="409"):
        section.collection("Two").editTitle("ONE")
    assert sim.library.item(2).tag_names("collection") == ["Two"]


def test_more_than_100_members_come_only_in_pages(sim: PlexSimulator, section: Any) -> None:
    library = sim.library
    for number in range(150):
        library.add_item(library.sections["1"], f"/f/x{number}.mp4", collection=["Big"])
    key = section.collection("Big").ratingKey
    path = f"/library/collections/{key}/children"
    unpaged = rows(sim, path)
    assert (len(unpaged), unpaged.get("totalSize")) == (100, "150")
    page = rows(sim, f"{path}?X-Plex-Container-Start=100&X-Plex-Container-Size=100")
    assert len(page) == 50
    assert len(section.collection("Big").items()) == 150


def test_modes_and_order(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "C")
    key = section.collection("C").ratingKey
    path = f"/library/collections/{key}/prefs"
    assert ask(sim, f"{path}?collectionMode=2&collectionSort=1", "PUT").status_code == 200
    made = section.collection("C")
    assert (made.collectionMode, made.collectionSort) == (2, 1)
    assert ask(sim, f"{path}?collectionMode=7", "PUT").status_code == 400


def test_delete_keeps_the_items(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1,2", "C")
    section.collection("C").delete()
    assert section.collections() == []
    assert len(section.all()) == 5
    assert sim.library.item(1).tag_names("collection") == []


def test_smart_collections_take_no_items(sim: PlexSimulator, section: Any) -> None:
    made = section.createCollection("Late", smart=True, filters={"year>>": 1923})
    assert made.smart
    assert [film.title for film in made.items()] == ["Film 4", "Film 5"]
    uri = f"server://{sim.library.machine_identifier}/com.plexapp.plugins.library"
    answer = ask(
        sim, f"/library/collections/{made.ratingKey}/items?uri={uri}/library/metadata/1", "PUT"
    )
    assert answer.status_code == 400
    assert section.collection("Late").childCount == 2


def test_create_needs_this_servers_uri(sim: PlexSimulator) -> None:
    path = "/library/collections?type=1&title=X&smart=0&sectionId=1&uri="
    assert ask(sim, f"{path}server://other/x/library/metadata/1", "POST").status_code == 400


def test_same_title_in_two_sections_is_two_collections(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "C")
    other = sim.library.add_section("Other", locations=["/o"])
    sim.library.add_item(other, "/o/1.mp4", collection=["C"])
    assert section.collection("C").childCount == 1
    assert len(rows(sim, "/library/sections/2/collections")) == 1


def test_collection_posters(sim: PlexSimulator, section: Any) -> None:
    tag(sim, "1", "C")
    made = section.collection("C")
    key = f"/library/metadata/{made.ratingKey}/posters"
    answer = requests.post(
        sim.url + key, data=b"jpeg", headers={"X-Plex-Token": sim.token}, timeout=10
    )
    assert answer.status_code == 200
    assert [(each.ratingKey[:9], each.selected) for each in made.posters()] == [
        ("default:/", False),
        ("upload://", True),
    ]


@pytest.mark.parametrize("counts", [True, False])
def test_without_a_poster_a_collection_shows_its_composite(
    sim: PlexSimulator, section: Any, counts: bool
) -> None:
    sim.quirks.composite_counts = counts
    tag(sim, "1", "C")
    made = section.collection("C")
    assert made.thumb.startswith(f"/library/collections/{made.ratingKey}/composite/")
    (composite,) = made.posters()
    assert composite.selected is counts
    made.uploadPoster(filepath=BytesIO(b"jpeg"))
    assert [each.selected for each in made.posters()] == [False, True]
    made.setPoster(composite)
    assert [each.selected for each in made.posters()] == [counts, False]
    assert ask(sim, made.reload().thumb).status_code == 200


def test_plexapi_sorts_by_hand(sim: PlexSimulator, section: Any) -> None:
    films = section.all()
    made = section.createCollection("Made", items=films[:3])
    one, two, three = films[:3]
    assert ask(sim, f"/library/collections/{made.ratingKey}/prefs?collectionSort=2", "PUT").ok

    def order() -> list[int]:
        return [each.ratingKey for each in section.collection("Made").items()]

    made.moveItem(three)
    assert order() == [3, 1, 2]
    made.moveItem(one, after=two)
    assert order() == [3, 2, 1]
    made.addItems(films[3])
    assert order() == [3, 2, 1, 4]
    for item, behind in ((9, 1), (1, 9)):
        path = f"/library/collections/{made.ratingKey}/items/{item}/move?after={behind}"
        assert ask(sim, path, "PUT").status_code == 404
    ask(sim, f"/library/collections/{made.ratingKey}/prefs?collectionSort=1", "PUT")
    assert order() == [1, 2, 3, 4]


def test_moving_a_member_of_one_sorted_by_date_changes_its_order(
    sim: PlexSimulator, section: Any
) -> None:
    made = section.createCollection("Made", items=section.all()[:3])
    path = f"/library/collections/{made.ratingKey}"
    assert [each.ratingKey for each in made.items()] == [1, 2, 3]
    assert ask(sim, f"{path}/items/1/move?after=2", "PUT").status_code == 200
    assert [row.get("ratingKey") for row in rows(sim, f"{path}/children")] == ["2", "1", "3"]
    assert made.reload().collectionSort == 0
