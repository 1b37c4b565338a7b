"""Single items of the simulated Plex: full metadata, multi-get, shows, agent, files, playing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from plexapi.exceptions import BadRequest, NotFound
from plexapi.server import PlexServer

from simulators.plex import (
    AgentValues,
    Item,
    Media,
    Part,
    Picture,
    PlexLibrary,
    PlexSimulator,
    Tag,
)
from tests.simulators.kit import ask, rows


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    """A rich film (1), ten plain ones (2-11), a show (12) with two seasons (13, 15)."""
    library = PlexLibrary(clock=lambda: 1000)
    films = library.add_section("Films", locations=["/f"])
    series = library.add_section("Series", type="show", locations=["/s"])
    library.add_item(
        films,
        title="The Rich",
        media=[
            Media([Part("/f/r-cd1.avi", 10, 100), Part("/f/r-cd2.avi", 20, 200)]),
            Media([Part("/f/r.mkv", 30, 300)], width=3840, height=2160),
            Media([Part("/f/opt.mp4", 5, 300)], optimized_for="Mobile"),
        ],
        summary="agent's",
        genre=["Drama", "Comedy", "Crime"],
        actor=[Tag(f"Actor {n}", f"Role {n}") for n in range(6)],
        label=["Seen"],
        locks=["title"],
        posters=[Picture("metadata://posters/a", b"a", True)],
    )
    for number in range(10):
        library.add_item(films, f"/f/{number}.mp4")
    show = library.add_show(series, "The Show")
    library.add_episode(show, season=2, index=1, file="/s/2x1.mkv", title="C")
    library.add_episode(show, season=1, index=2, file="/s/1x2.mkv", title="B")
    library.add_episode(show, season=1, index=1, file="/s/1x1.mkv", title="A")
    with PlexSimulator(library) as simulator:
        yield simulator


@pytest.fixture
def film(sim: PlexSimulator) -> Item:
    return sim.library.item(1)


def keys(root: ElementTree.Element) -> list[int]:
    return [int(child.get("ratingKey", "0")) for child in root]


def test_full_item_has_all_tags_locks_and_section(plex: PlexServer) -> None:
    film: Any = plex.fetchItem(1)
    assert [tag.tag for tag in film.genres] == ["Drama", "Comedy", "Crime"]
    assert [(tag.tag, tag.role) for tag in film.roles][5] == ("Actor 5", "Role 5")
    assert all(tag.id and tag.filter for tag in film.roles + film.genres)
    assert [tag.tag for tag in film.labels] == ["Seen"]
    assert [field.name for field in film.fields] == ["title"]
    assert (film.librarySectionID, film.librarySectionTitle) == (1, "Films")
    assert film.titleSort == "Rich"
    assert film.thumb == "/library/metadata/1/thumb/1000"
    assert film.guid.startswith("plex://movie/")


def test_versions_parts_and_optimised_media(sim: PlexSimulator, plex: PlexServer) -> None:
    film: Any = plex.fetchItem(1)
    assert film.locations == ["/f/r-cd1.avi", "/f/r-cd2.avi", "/f/r.mkv", "/f/opt.mp4"]
    assert [media.duration for media in film.media] == [300, 300, 300]
    assert [(part.size, part.duration) for part in film.media[0].parts] == [(10, 100), (20, 200)]
    assert film.media[1].width == 3840
    optimised = film.media[2]
    assert (optimised.proxyType, optimised.target) == (42, "Optimized for Mobile")
    assert optimised.optimizedForStreaming
    media = rows(sim, "/library/metadata/1").findall(".//Media")
    assert [each.get("title") for each in media] == ["Original", "Original", "Optimized for Mobile"]
    assert [each.get("targetTagID") for each in media] == [None, None, "1"]
    assert film.media[0].parts[0].streams


def test_check_files_tells_about_the_disk(sim: PlexSimulator) -> None:
    part = rows(sim, "/library/metadata/1?checkFiles=1").find(".//Part")
    assert part is not None
    assert (part.get("accessible"), part.get("exists")) == ("1", "1")
    part = rows(sim, "/library/metadata/1").find(".//Part")
    assert part is not None
    assert part.get("exists") is None


def test_multi_get_leaves_out_what_is_missing_and_keeps_the_order(sim: PlexSimulator) -> None:
    assert keys(rows(sim, "/library/metadata/9,2,99,1,9")) == [9, 2, 1]
    assert ask(sim, "/library/metadata/98,99").status_code == 404


def test_multi_get_is_full_and_excludes_elements(sim: PlexSimulator) -> None:
    first = rows(sim, "/library/metadata/1,2?excludeElements=Media,Role&excludeFields=summary")[0]
    assert len(first.findall("Genre")) == 3
    assert first.find("Field") is not None
    assert (first.find("Media"), first.find("Role"), first.get("summary")) == (None, None, None)


def test_multi_get_over_sections_names_the_section_on_the_items(sim: PlexSimulator) -> None:
    root = rows(sim, "/library/metadata/1,14")
    assert root.get("librarySectionID") is None
    assert [child.get("librarySectionID") for child in root] == ["1", "2"]


@pytest.mark.parametrize("paged", [False, True])
def test_plexapi_fetches_many_however_multi_get_pages(
    sim: PlexSimulator, plex: PlexServer, paged: bool
) -> None:
    sim.quirks.pages_multi_get = paged
    wanted = list(range(1, 12))
    found = plex.fetchItems(wanted, container_size=4)
    assert [item.ratingKey for item in found] == wanted


def test_plexapi_reloads_a_listing_item_when_an_empty_attribute_is_read(
    sim: PlexSimulator, plex: PlexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As any other client of plexapi has it.
    monkeypatch.delenv("PLEXAPI_PLEXAPI_AUTORELOAD", raising=False)
    film: Any = plex.library.section("Films").all()[-1]
    before = sim.requests.count("GET", "/library/metadata/")
    assert film.labels is not None
    assert sim.requests.count("GET", "/library/metadata/") == before + 1


def test_show_children_and_leaves(sim: PlexSimulator, plex: PlexServer) -> None:
    assert keys(rows(sim, "/library/metadata/12/children")) == [15, 13]
    assert [row.get("title") for row in rows(sim, "/library/metadata/12/allLeaves")] == [
        "A",
        "B",
        "C",
    ]
    assert len(rows(sim, "/library/metadata/15/children")) == 2
    assert len(rows(sim, "/library/metadata/1/children")) == 0
    paged = rows(
        sim,
        "/library/metadata/12/grandchildren?X-Plex-Container-Start=1&X-Plex-Container-Size=1",
    )
    assert (keys(paged), paged.get("totalSize")) == ([16], "3")
    show: Any = plex.library.section("Series").all()[0]
    assert (show.childCount, show.leafCount, show.type) == (2, 3, "show")
    assert show.key == "/library/metadata/12"
    assert [episode.title for episode in show.episodes()] == ["A", "B", "C"]


def test_episodes_list_with_their_show(plex: PlexServer) -> None:
    episode: Any = plex.library.section("Series").search(libtype="episode")[0]
    assert (episode.grandparentTitle, episode.grandparentRatingKey) == ("The Show", 12)
    assert (episode.parentIndex, episode.index, episode.title) == (1, 1, "A")
    assert episode.locations == ["/s/1x1.mkv"]


def test_scoped_filter_asks_the_show(sim: PlexSimulator) -> None:
    path = "/library/sections/2/all?type=4&show.title="
    assert len(rows(sim, path + "show")) == 3
    assert len(rows(sim, path + "other")) == 0
    assert len(rows(sim, "/library/sections/2/all?type=2&episode.unwatched=1")) == 1


# Agent and files


def test_refresh_rewrites_what_is_unlocked(sim: PlexSimulator, film: Item) -> None:
    film.fields.update(title="Mine", summary="Mine", tagline="Mine", userRating="8")
    film.tags["genre"] = [Tag("Mine")]
    film.tags["label"] = [Tag("Mine")]
    film.tags["actor"] = [Tag("Mine")]
    film.locks.add("actor")
    film.posters.append(Picture("upload://posters/x", b"x"))
    assert ask(sim, "/library/metadata/1/refresh", "PUT").status_code == 200
    assert film.fields["title"] == "Mine"
    assert film.fields["summary"] == "agent's"
    assert "tagline" not in film.fields
    assert film.fields["userRating"] == "8"
    assert film.tag_names("genre") == ["Drama", "Comedy", "Crime"]
    assert film.tag_names("label") == ["Mine"]
    assert film.tag_names("actor") == ["Mine"]


def test_refresh_chooses_the_agents_poster_unless_locked(sim: PlexSimulator, film: Item) -> None:
    film.posters[0].selected = False
    film.posters.append(Picture("upload://posters/x", b"x", True))
    film.locks.add("thumb")
    sim.library.agent_refresh(film)
    assert film.posters[1].selected
    film.locks.discard("thumb")
    sim.library.agent_refresh(film)
    assert [picture.selected for picture in film.posters] == [True, False]


def test_refresh_by_the_none_agent_writes_only_what_it_knows() -> None:
    library = PlexLibrary()
    section = library.add_section("Home", agent="com.plexapp.agents.none")
    item = library.add_item(section, "/data/The Clip (1931).mp4")
    assert item.guid == "local://1"
    assert (item.title, item.sort_title, item.fields["year"]) == ("The Clip", "Clip", "1931")
    item.fields.update(title="Mine", titleSort="Mine", summary="Mine")
    library.agent_refresh(item)
    assert (item.title, item.sort_title, item.fields["summary"]) == ("The Clip", "Clip", "Mine")


def test_agent_may_learn_something_new(sim: PlexSimulator, film: Item) -> None:
    film.agent = AgentValues({"title": "New", "year": "1922"}, {"genre": [Tag("Horror")]})
    film.locks.clear()
    sim.library.agent_refresh(film)
    assert (film.title, film.fields["year"], film.sort_title) == ("New", "1922", "New")
    assert film.tags["genre"][0].id > 0


def test_analyze_moves_updated_at_only(sim: PlexSimulator, film: Item) -> None:
    before = sim.library.snapshot(film)
    sim.library.clock = lambda: 5000
    assert ask(sim, "/library/metadata/1/analyze", "PUT").status_code == 200
    assert (film.updated_at, sim.library.snapshot(film)) == (5000, before)


def test_delete_is_recorded(sim: PlexSimulator) -> None:
    assert ask(sim, "/library/metadata/12", "DELETE").status_code == 200
    assert sim.library.deleted_by_client == [12]
    assert sim.library.find("/s/1x1.mkv") is None
    assert ask(sim, "/library/metadata/12", "DELETE").status_code == 404


def test_rescan_gives_a_new_rating_key_and_forgets_edits(sim: PlexSimulator, film: Item) -> None:
    film.fields["summary"] = "Mine"
    new = sim.library.rescan_as_new(film)
    assert new.rating_key > film.rating_key
    assert (new.fields["summary"], new.locks) == ("agent's", set())
    assert sim.library.find("/f/r-cd2.avi") is new
    assert ask(sim, "/library/metadata/1").status_code == 404


def test_trash_is_marked_until_emptied(sim: PlexSimulator) -> None:
    sim.library.trash(sim.library.item(2))
    root = rows(sim, "/library/metadata/2")
    for element in (root[0], root.find(".//Media"), root.find(".//Part")):
        assert element is not None
        assert element.get("deletedAt") == "1000"
    assert keys(rows(sim, "/library/sections/1/all?type=1&trash=1")) == [2]
    ask(sim, "/library/sections/1/emptyTrash", "PUT")
    assert ask(sim, "/library/metadata/2").status_code == 404


def test_same_file_in_two_sections_is_two_items(sim: PlexSimulator) -> None:
    again = sim.library.add_section("Again", locations=["/f"])
    twin = sim.library.add_item(again, "/f/0.mp4")
    first = sim.library.find("/f/0.mp4")
    assert first is not None
    assert first is not twin
    assert sim.library.find("/f/0.mp4", again) is twin


def test_added_version_is_found_by_its_path(sim: PlexSimulator) -> None:
    item = sim.library.item(2)
    sim.library.add_media(item, "/f/2-remaster.mkv", size=7)
    assert sim.library.find("/f/2-remaster.mkv") is item
    assert len(rows(sim, "/library/metadata/2").findall(".//Part")) == 2


# Rating and watch state

RATE = "/:/rate?identifier=com.plexapp.plugins.library"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_rate_sets_and_clears(sim: PlexSimulator, film: Item, method: str) -> None:
    assert ask(sim, f"{RATE}&key=1&rating=7.5", method).status_code == 200
    assert (film.fields["userRating"], film.last_rated_at) == ("7.5", 1000)
    assert ask(sim, f"{RATE}&key=1&rating=-1", method).status_code == 200
    assert "userRating" not in film.fields


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("&key=1&rating=11", 400),
        ("&key=1&rating=-2", 400),
        ("&key=1&rating=nan", 400),
        ("&key=1&rating=good", 400),
        ("&key=1", 400),
        ("&rating=5", 400),
        ("&key=99&rating=5", 404),
    ],
)
def test_bad_ratings_are_refused(sim: PlexSimulator, query: str, status: int) -> None:
    assert ask(sim, RATE + query, "PUT").status_code == status


def test_rating_without_identifier_is_refused(sim: PlexSimulator) -> None:
    assert ask(sim, "/:/rate?key=1&rating=5", "PUT").status_code == 400


def test_plexapi_rates_and_reads(plex: PlexServer) -> None:
    film: Any = plex.fetchItem(1)
    film.rate(8.0).reload()
    assert film.userRating == 8.0
    with pytest.raises(BadRequest):
        film.rate(12)


def test_scrobble_counts_up_and_writes_no_history(sim: PlexSimulator, plex: PlexServer) -> None:
    film: Any = plex.fetchItem(2)
    film.markPlayed().markPlayed().reload()
    assert film.viewCount == 2
    assert plex.history() == []
    film.markUnplayed().reload()
    assert film.viewCount == 0


def test_scrobbling_a_show_plays_its_episodes(sim: PlexSimulator, plex: PlexServer) -> None:
    show: Any = plex.library.section("Series").all()[0]
    show.markPlayed()
    assert [sim.library.item(key).view_count for key in (14, 16, 17)] == [1, 1, 1]
    assert keys(rows(sim, "/library/sections/2/all?type=4&unwatched=1")) == []


def test_missing_items_are_not_found_in_plexapi(plex: PlexServer) -> None:
    with pytest.raises(NotFound):
        plex.fetchItem(999)
