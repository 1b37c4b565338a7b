"""Edits in the simulated Plex: scalars, locks, tags in both readings, and whom they hit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from plexapi.exceptions import BadRequest
from plexapi.server import PlexServer

from simulators.plex import Item, PlexLibrary, PlexSimulator, Tag

ODD_NAME = "!@#$%^&*()-_=+[];:'\"/?,. ö"


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    """Two films (1, 2), a show (3) with an episode (5), and a film in another section (6)."""
    library = PlexLibrary(clock=lambda: 1000)
    films = library.add_section("Films", locations=["/f"])
    series = library.add_section("Series", type="show", locations=["/s"])
    other = library.add_section("Other", locations=["/o"])
    library.add_item(
        films,
        "/f/one.mp4",
        title="The One",
        summary="old",
        genre=["Drama", "Comedy"],
        actor=[Tag("Ada", "Queen"), Tag("Bea", "Maid")],
    )
    library.add_item(films, "/f/two.mp4", title="Two", actor=[Tag("Ada", "Pilot")])
    show = library.add_show(series, "Show")
    library.add_episode(show, season=1, index=1, file="/s/1.mkv", title="First")
    library.add_item(other, "/o/three.mp4", title="Three")
    library.clock = lambda: 2000.7
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def one(sim: PlexSimulator) -> Item:
    return sim.library.item(1)


def put(sim: PlexSimulator, query: str, path: str = "/library/sections/1/all") -> int:
    headers = {"X-Plex-Token": sim.token}
    answer = requests.put(f"{sim.url}{path}?{query}", headers=headers, timeout=10)
    assert answer.content == b"" or answer.status_code != 200
    return answer.status_code


def edit_one(sim: PlexSimulator, query: str) -> int:
    return put(sim, f"type=1&id=1&{query}")


def test_scalars_and_locks_change_and_are_recorded(sim: PlexSimulator, one: Item) -> None:
    assert edit_one(sim, "studio.value=Aurora&studio.locked=1&summary.value=old") == 200
    assert one.fields["studio"] == "Aurora"
    assert one.locks == {"studio"}
    assert sim.library.edits == [(1, {"studio": ("", "Aurora"), "studio.locked": (False, True)})]
    assert (sim.library.writes, one.updated_at) == (1, 2000)


def test_edit_that_changes_nothing_counts_as_write_but_moves_no_time(
    sim: PlexSimulator, one: Item
) -> None:
    edit_one(sim, "summary.value=old&summary.locked=0")
    assert (sim.library.writes, sim.library.edits, one.updated_at) == (1, [], 1000)


def test_tags_and_their_locks_move_no_time(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "label[0].tag.tag=Seen&label.locked=1")
    assert ([tag.name for tag in one.tags["label"]], one.updated_at) == (["Seen"], 1000)
    edit_one(sim, "label[1].tag.tag=Liked&tagline.value=x")
    assert one.updated_at == 2000


def test_empty_value_clears_and_lock_0_unlocks(sim: PlexSimulator, one: Item) -> None:
    one.locks.add("summary")
    edit_one(sim, "summary.value=&summary.locked=0")
    assert "summary" not in one.fields
    assert one.locks == set()


def test_only_a_lock(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "thumb.locked=1&title.locked=1")
    assert one.locks == {"thumb", "title"}


@pytest.mark.parametrize(("implicit", "locks"), [(False, set()), (True, {"studio", "genre"})])
def test_edit_without_locked_locks_by_the_switch(
    sim: PlexSimulator, one: Item, implicit: bool, locks: set[str]
) -> None:
    sim.quirks.implicit_lock = implicit
    edit_one(sim, "studio.value=x&genre[0].tag.tag=New&title.value=T&title.locked=0")
    assert one.locks == locks


def test_both_endpoints_edit(sim: PlexSimulator) -> None:
    assert put(sim, "tagline.value=t", "/library/metadata/1,6") == 200
    assert [sim.library.item(key).fields.get("tagline") for key in (1, 6)] == ["t", "t"]


def test_metadata_edit_with_a_missing_item_is_404_and_changes_nothing(
    sim: PlexSimulator, one: Item
) -> None:
    assert put(sim, "tagline.value=t", "/library/metadata/1,99") == 404
    assert "tagline" not in one.fields
    assert sim.library.writes == 0


@pytest.mark.parametrize("query", ["type=1", "type=1&id=", "", "type=1&misspelt=2"])
def test_edit_without_id_edits_the_whole_section(sim: PlexSimulator, query: str) -> None:
    put(sim, f"{query}&studio.value=Oops")
    hit = [item.rating_key for item in sim.library.items() if item.fields.get("studio") == "Oops"]
    assert hit == [1, 2]
    assert sim.library.writes == 1


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("type=4&id=1", id="another type"),
        pytest.param("type=4", id="a type that the section has not"),
        pytest.param("type=99", id="a type that nothing has"),
        pytest.param("type=movie", id="not a type"),
        pytest.param("type=1&id=6", id="another section"),
        pytest.param("type=1&id=99", id="no such item"),
    ],
)
def test_edit_that_selects_nothing_is_200(sim: PlexSimulator, query: str) -> None:
    before = [sim.library.snapshot(item) for item in sim.library.items()]
    assert put(sim, f"{query}&title.value=X") == 200
    assert [sim.library.snapshot(item) for item in sim.library.items()] == before
    assert sim.library.writes == 0


def test_edit_selects_by_any_filter(sim: PlexSimulator) -> None:
    put(sim, "type=1&title=two&studio.value=Found")
    assert [item.fields.get("studio") for item in sim.library.items()[:2]] == [None, "Found"]


def test_user_rating_must_be_a_number(sim: PlexSimulator, one: Item) -> None:
    assert edit_one(sim, "userRating.value=good&studio.value=x") == 400
    assert "studio" not in one.fields
    assert edit_one(sim, "userRating.value=7.5") == 200
    assert one.fields["userRating"] == "7.5"


def test_bad_dates_are_taken_as_they_are(sim: PlexSimulator, one: Item) -> None:
    assert edit_one(sim, "originallyAvailableAt.value=1926-13-77&addedAt.value=soon") == 200
    assert one.fields["originallyAvailableAt"] == "1926-13-77"
    assert one.added_at == 1000


def test_added_at_is_editable(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "addedAt.value=77&addedAt.locked=1")
    assert (one.added_at, one.locks) == (77, {"addedAt"})


def test_edition_needs_plex_pass(sim: PlexSimulator, one: Item) -> None:
    sim.quirks.plex_pass = False
    assert edit_one(sim, "editionTitle.value=Restored") == 400
    sim.quirks.plex_pass = True
    assert edit_one(sim, "editionTitle.value=Restored") == 200
    assert one.fields["editionTitle"] == "Restored"


@pytest.mark.parametrize(
    ("query", "sort_title"),
    [
        ("title.value=The+New", "New"),
        ("title.value=New", "New"),
        ("title.value=The+New&titleSort.value=Z", "Z"),
        ("titleSort.value=Z&title.value=The+New", "Z"),
        ("titleSort.value=", "One"),
        ("title.value=A+New&titleSort.value=", "New"),
        ("titleSort.value=The+One", "The One"),
    ],
)
def test_sort_title_follows_the_title(
    sim: PlexSimulator, one: Item, query: str, sort_title: str
) -> None:
    edit_one(sim, query)
    assert one.sort_title == sort_title


def test_locked_sort_title_stays(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "titleSort.value=Keep&titleSort.locked=1")
    edit_one(sim, "title.value=The+Other")
    assert (one.title, one.sort_title) == ("The Other", "Keep")


# Tags


@pytest.mark.parametrize("brackets", ["genre[0].tag.tag=Noir", "genre%5B0%5D.tag.tag=Noir"])
@pytest.mark.parametrize(
    ("mode", "genres"), [("additive", ["Drama", "Comedy", "Noir"]), ("replacing", ["Noir"])]
)
def test_indexed_tags_add_or_replace(
    sim: PlexSimulator, one: Item, mode: Any, genres: list[str], brackets: str
) -> None:
    sim.quirks.tag_mode = mode
    edit_one(sim, brackets)
    assert one.tag_names("genre") == genres


@pytest.mark.parametrize("mode", ["additive", "replacing"])
def test_full_list_plus_removals_is_right_under_both_readings(
    sim: PlexSimulator, one: Item, mode: Any
) -> None:
    sim.quirks.tag_mode = mode
    edit_one(sim, "genre[0].tag.tag=Comedy&genre[1].tag.tag=Noir&genre[].tag.tag-=Drama")
    assert one.tag_names("genre") == ["Comedy", "Noir"]


@pytest.mark.parametrize("mode", ["additive", "replacing"])
def test_removal_alone_keeps_the_rest(sim: PlexSimulator, one: Item, mode: Any) -> None:
    sim.quirks.tag_mode = mode
    edit_one(sim, "genre[].tag.tag-=Drama,Absent&genre.locked=1")
    assert (one.tag_names("genre"), one.locks) == (["Comedy"], {"genre"})


@pytest.mark.parametrize("mode", ["additive", "replacing"])
def test_tag_named_and_removed_is_there(sim: PlexSimulator, one: Item, mode: Any) -> None:
    sim.quirks.tag_mode = mode
    edit_one(sim, "genre[0].tag.tag=Drama&genre[].tag.tag-=Drama,Comedy")
    assert one.tag_names("genre") == ["Drama"]


def test_clear_then_set_in_one_request(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "genre[].tag=&genre[0].tag.tag=Noir")
    assert one.tag_names("genre") == ["Noir"]
    edit_one(sim, "genre[].tag=")
    assert one.tag_names("genre") == []


def test_commas_in_removed_names_travel_double_encoded(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "genre[0].tag.tag=a%2Cb")
    assert one.tag_names("genre") == ["Drama", "Comedy", "a,b"]
    edit_one(sim, "genre[].tag.tag-=a%2Cb")  # a comma list of two
    assert "a,b" in one.tag_names("genre")
    edit_one(sim, f"genre[].tag.tag-={quote(quote('a,b'), safe='')}")
    assert one.tag_names("genre") == ["Drama", "Comedy"]


@pytest.mark.parametrize("name", [ODD_NAME, "50%", "a%2Cb", "a+b", " ", "日本"])
def test_odd_names_survive_plexapi_both_ways(
    plex: PlexServer, sim: PlexSimulator, one: Item, name: str
) -> None:
    film: Any = plex.library.section("Films").fetchItem(1)
    film.addGenre(name)
    assert one.tag_names("genre") == ["Drama", "Comedy", name]
    film.reload().removeGenre(name)
    assert one.tag_names("genre") == ["Drama", "Comedy"]


def test_labels_get_a_capital_and_case_does_not_matter(sim: PlexSimulator, one: Item) -> None:
    edit_one(sim, "label[0].tag.tag=seen+twice&genre[0].tag.tag=NOIR")
    put(sim, "type=1&id=2&label[0].tag.tag=SEEN+TWICE&genre[0].tag.tag=noir")
    two = sim.library.item(2)
    assert one.tag_names("label") == two.tag_names("label") == ["Seen twice"]
    assert two.tag_names("genre") == ["NOIR"]
    edit_one(sim, "label[].tag.tag-=sEEN%20twice")
    assert one.tag_names("label") == []


def test_cast_takes_role_photo_and_order(sim: PlexSimulator, one: Item) -> None:
    edit_one(
        sim,
        "actor[0].tag.tag=Cleo&actor[0].tagging.text=Spy&actor[0].tag.tagKey=k1"
        "&actor[1].tag.tag=Ada&actor.locked=1",
    )
    cast = [(tag.name, tag.role) for tag in one.tags["actor"]]
    assert cast == [("Cleo", "Spy"), ("Ada", "Queen"), ("Bea", "Maid")]
    assert one.locks == {"actor"}
    assert one.tags["actor"][0].record.key == "k1"


def test_photo_belongs_to_the_person_everywhere(
    sim: PlexSimulator, one: Item, plex: PlexServer
) -> None:
    edit_one(sim, "actor[0].tag.tag=Ada&actor[0].tag.thumb=http://p/ada.jpg")
    assert one.tags["actor"][0].thumb == "http://p/ada.jpg"
    two: Any = plex.fetchItem("/library/metadata/2")
    two.reload()
    assert (two.roles[0].thumb, two.roles[0].role) == ("http://p/ada.jpg", "Pilot")
    assert two.roles[0].id == one.tags["actor"][0].id


def test_episodes_ignore_what_lives_on_the_show(sim: PlexSimulator) -> None:
    put(
        sim,
        "type=4&id=5&genre[0].tag.tag=Drama&studio.value=x&title.value=T&label[0].tag.tag=L",
        "/library/sections/2/all",
    )
    episode = sim.library.item(5)
    assert (episode.title, episode.tag_names("label")) == ("T", ["L"])
    assert (episode.tag_names("genre"), episode.fields.get("studio")) == ([], None)


# plexapi


def test_plexapi_chain_edits(plex: PlexServer, sim: PlexSimulator, one: Item) -> None:
    film: Any = plex.library.section("Films").get("The One")
    film.batchEdits().editTitle("New").editSummary("S\nT").addLabel("x").lockPoster().saveEdits()
    assert sim.library.writes == 1
    film.reload()
    assert (film.title, film.summary, film.titleSort) == ("New", "S\nT", "New")
    assert [label.tag for label in film.labels] == ["X"]
    assert {field.name for field in film.fields} == {"title", "summary", "label", "thumb"}
    assert film.isLocked("thumb")


@pytest.mark.parametrize(
    ("mode", "genres"), [("additive", ["Drama", "Comedy", "New"]), ("replacing", ["New"])]
)
def test_batch_sends_only_the_new_tag(
    plex: PlexServer, sim: PlexSimulator, one: Item, mode: Any, genres: list[str]
) -> None:
    sim.quirks.tag_mode = mode
    section: Any = plex.library.section("Films")
    section.batchMultiEdits(section.all()).addGenre("New").editStudio("S").saveMultiEdits()
    assert one.tag_names("genre") == genres
    assert [item.fields["studio"] for item in sim.library.items()[:2]] == ["S", "S"]
    assert sim.library.writes == 1


def test_add_on_a_listing_item_cuts_to_two_genres_when_tags_replace(
    plex: PlexServer, sim: PlexSimulator, one: Item
) -> None:
    """The truncated listing is what plexapi then sends as the whole."""
    edit_one(sim, "genre[0].tag.tag=Third")
    sim.quirks.tag_mode = "replacing"
    film: Any = plex.library.section("Films").all()[0]
    film.addGenre("New")
    assert one.tag_names("genre") == ["Drama", "Comedy", "New"]


def test_lock_all_field_edits_all(plex: PlexServer, sim: PlexSimulator) -> None:
    section: Any = plex.library.section("Films")
    section.lockAllField("title")
    assert [item.locks for item in sim.library.items()[:2]] == [{"title"}, {"title"}]


def test_refused_edit_is_bad_request_in_plexapi(plex: PlexServer) -> None:
    film: Any = plex.fetchItem("/library/metadata/1")
    with pytest.raises(BadRequest):
        film.editField("userRating", "ten")
