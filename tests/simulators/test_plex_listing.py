"""Listings of the simulated Plex: pages, filters, sorts, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
from plexapi.server import PlexServer

from simulators.plex import PlexLibrary, PlexSimulator, Tag
from tests.simulators import kit

DAY = 86_400


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    """Nine films and one with everything; film n was added on day n."""
    library = PlexLibrary(clock=lambda: 100 * DAY)
    section = library.add_section("Films", locations=["/f"])
    for number, title in enumerate("IHGFEDCBA", start=1):
        library.add_item(
            section, f"/f/{title}.mp4", title=title, added_at=number * DAY, year=1920 + number
        )
    library.add_item(
        section,
        "/f/Rich.mkv",
        title="The Rich & <Rich>",
        summary='He said "no".\nTwice.',
        size=1234,
        duration_ms=5678,
        guids=["imdb://tt0000001"],
        locks=["title"],
        added_at=10 * DAY,
        year=1990,
        genre=["Drama", "Comedy", "Crime"],
        collection=["One", "Two", "Three"],
        actor=[Tag(f"Actor {n}", f"Role {n}", f"http://p/{n}.jpg") for n in range(5)],
        label=["Seen"],
        producer=["Somebody"],
    )
    with PlexSimulator(library) as simulator:
        yield simulator


def listing(
    sim: PlexSimulator, query: str = "type=1", page: tuple[int, int] | None = None
) -> ElementTree.Element:
    headers = {"X-Plex-Token": sim.token}
    if page is not None:
        headers["X-Plex-Container-Start"] = str(page[0])
        headers["X-Plex-Container-Size"] = str(page[1])
    url = f"{sim.url}/library/sections/1/all?{query}"
    return ElementTree.fromstring(requests.get(url, headers=headers, timeout=10).content)


def titles(root: ElementTree.Element) -> str:
    return "".join(child.get("title", "")[:1] for child in root if child.tag != "Meta")


def rich(root: ElementTree.Element) -> ElementTree.Element:
    return next(child for child in root if (child.get("title") or "").startswith("The Rich"))


def test_default_order_is_by_sort_title(sim: PlexSimulator) -> None:
    assert titles(listing(sim)) == "ABCDEFGHIT"
    assert titles(listing(sim, "type=1&sort=titleSort:desc")) == "TIHGFEDCBA"


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("id", "IHGFEDCBAT"),
        ("id:desc", "TABCDEFGHI"),
        ("addedAt", "IHGFEDCBAT"),
        ("addedAt:desc", "TABCDEFGHI"),
        ("year:desc,titleSort", "TABCDEFGHI"),
        ("movie.titleSort:desc", "TIHGFEDCBA"),
        ("duration:nullsLast", None),
        ("random", None),
    ],
)
def test_sorts(sim: PlexSimulator, sort: str, expected: str | None) -> None:
    found = titles(listing(sim, f"type=1&sort={sort}"))
    assert found == expected if expected else sorted(found) == sorted("ABCDEFGHIT")


def test_order_follows_an_edit(sim: PlexSimulator) -> None:
    assert titles(listing(sim)) == "ABCDEFGHIT"
    requests.put(
        f"{sim.url}/library/metadata/1?title.value=Aaa",
        headers={"X-Plex-Token": sim.token},
        timeout=10,
    )
    assert [child.get("title") for child in listing(sim)][:3] == ["A", "Aaa", "B"]


def test_page_needs_both_values_and_tells_the_total(sim: PlexSimulator) -> None:
    root = listing(sim, page=(2, 3))
    assert titles(root) == "CDE"
    assert (root.get("size"), root.get("totalSize"), root.get("offset")) == ("3", "10", "2")
    by_query = "type=1&X-Plex-Container-Start=8&X-Plex-Container-Size=5"
    assert titles(listing(sim, by_query)) == "IT"
    assert len(listing(sim, "type=1&X-Plex-Container-Size=5")) == 10
    assert listing(sim).get("totalSize") is None


def test_page_tells_start_and_total_in_headers(sim: PlexSimulator) -> None:
    url = f"{sim.url}/library/sections/1/all?type=1"
    headers = {
        "X-Plex-Token": sim.token,
        "X-Plex-Container-Start": "4",
        "X-Plex-Container-Size": "2",
    }
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.headers["X-Plex-Container-Start"] == "4"
    assert answer.headers["X-Plex-Container-Total-Size"] == "10"


def test_size_0_only_counts(sim: PlexSimulator) -> None:
    root = listing(sim, page=(0, 0))
    assert (len(root), root.get("totalSize")) == (0, "10")


def test_limit_caps_the_total(sim: PlexSimulator) -> None:
    root = listing(sim, "type=1&limit=4", page=(3, 3))
    assert (titles(root), root.get("totalSize")) == ("D", "4")


def test_short_pages_make_plexapi_skip_items(sim: PlexSimulator, plex: PlexServer) -> None:
    """plexapi goes on by what it asked for, not by what arrived."""
    sim.quirks.page_limit = 4
    root = listing(sim, page=(0, 6))
    assert (root.get("size"), root.get("totalSize")) == ("4", "10")
    found = plex.library.section("Films").search(libtype="movie", container_size=6)
    assert "".join(film.title[0] for film in found) == "ABCDGHIT"


def test_listing_cuts_tags_and_leaves_much_out(sim: PlexSimulator) -> None:
    film = rich(listing(sim))
    assert [tag.get("tag") for tag in film.findall("Role")] == ["Actor 0", "Actor 1", "Actor 2"]
    assert [tag.get("tag") for tag in film.findall("Genre")] == ["Drama", "Comedy"]
    assert [tag.get("tag") for tag in film.findall("Collection")] == ["One", "Two"]
    assert all(list(tag.attrib) == ["tag"] for name in ("Role", "Genre") for tag in film.iter(name))
    for name in ("Label", "Field", "Producer", "Stream", "Guid"):
        assert film.find(f".//{name}") is None
    assert film.get("librarySectionID") is None
    assert listing(sim).get("librarySectionID") == "1"


def test_guids_come_when_asked_for(sim: PlexSimulator) -> None:
    guid = rich(listing(sim, "type=1&includeGuids=1")).find("Guid")
    assert guid is not None
    assert guid.get("id") == "imdb://tt0000001"


def test_listing_has_files_and_escapes_text(sim: PlexSimulator) -> None:
    film = rich(listing(sim))
    part = film.find("Media/Part")
    assert part is not None
    assert (part.get("file"), part.get("size")) == ("/f/Rich.mkv", "1234")
    assert (part.get("duration"), part.get("container")) == ("5678", "mkv")
    assert film.get("title") == "The Rich & <Rich>"
    assert film.get("summary") == 'He said "no".\nTwice.'
    raw = requests.get(
        f"{sim.url}/library/sections/1/all", headers={"X-Plex-Token": sim.token}, timeout=10
    )
    assert b"&#10;Twice" in raw.content


def test_control_characters_break_the_document_and_plexapi_repairs_it(
    sim: PlexSimulator, plex: PlexServer
) -> None:
    sim.library.item(1).fields["title"] = "I\x0bI"
    with pytest.raises(ElementTree.ParseError):
        listing(sim)
    assert "II" in [film.title for film in plex.library.section("Films").all()]


def test_excludes_are_honoured(sim: PlexSimulator) -> None:
    film = rich(listing(sim, "type=1&excludeElements=Media,Genre&excludeFields=summary,year"))
    assert film.find("Media") is None
    assert film.find("Genre") is None
    assert film.find("Role") is not None
    assert (film.get("summary"), film.get("year")) == (None, None)


def test_include_fields_means_only_these_from_api_version_1(sim: PlexSimulator) -> None:
    old = rich(listing(sim, "type=1&includeFields=title"))
    assert old.get("ratingKey") == "10"
    new = listing(sim, "type=1&includeFields=title&X-Plex-Pms-Api-Version=1.1.0")
    assert set(rich(new).attrib) == {"title"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"addedAt>>={7 * DAY}", "ABT"),
        (f"addedAt%3E%3E={7 * DAY}", "ABT"),
        (f"addedAt>={7 * DAY}", "ABCT"),
        (f"addedAt<<={2 * DAY}", "I"),
        (f"addedAt<={2 * DAY}", "HI"),
        ("addedAt>>=-92d", "AT"),
        ("addedAt<<=-98d", "I"),
        ("year=1921,1923", "GI"),
        ("year!=1921", "ABCDEFGHT"),
        ("year>>=1928", "AT"),
        ("year<<=1923", "HI"),
        ("id=3,1,77", "GI"),
        ("title=ic", "T"),
        ("title==a", "A"),
        ("title%3D=a", "A"),
        ("title!==a", "BCDEFGHIT"),
        ("title<=the", "T"),
        ("title>=rich>", "T"),
        ("title!=i", "ABCDEFGH"),
        ("unwatched=0", ""),
        ("guid=plex://movie/5d7700000000000000000001", "I"),
        ("push=1&title==a&or=1&title==b&pop=1&year=1928", "B"),
        ("no_such_field=5", "ABCDEFGHIT"),
        ("file=/f/A.mp4", "ABCDEFGHIT"),
    ],
)
def test_filters(sim: PlexSimulator, query: str, expected: str) -> None:
    assert titles(listing(sim, f"type=1&{query}")) == expected


def test_updated_since_finds_what_an_edit_touched(sim: PlexSimulator) -> None:
    now = 200 * DAY
    sim.library.clock = lambda: now + 0.9
    requests.put(
        f"{sim.url}/library/metadata/2?summary.value=x",
        headers={"X-Plex-Token": sim.token},
        timeout=10,
    )
    assert titles(listing(sim, f"type=1&updatedAt>>={now - 1}")) == "H"
    assert titles(listing(sim, f"type=1&updatedAt>>={now}")) == ""
    assert sim.library.item(2).updated_at == now


def test_tags_filter_by_id_from_the_choices(sim: PlexSimulator, plex: PlexServer) -> None:
    section = plex.library.section("Films")
    choices = {choice.title: choice.key for choice in section.listFilterChoices("genre")}
    assert set(choices) == {"Drama", "Comedy", "Crime"}
    assert titles(listing(sim, f"type=1&genre={choices['Crime']}")) == "T"
    assert titles(listing(sim, f"type=1&genre!={choices['Crime']}")) == "ABCDEFGHI"
    assert [film.ratingKey for film in section.search(genre="Crime")] == [10]
    assert [film.ratingKey for film in section.search(actor="Actor 4")] == [10]


def test_plexapi_search_with_sort_filters_and_limit(plex: PlexServer) -> None:
    section = plex.library.section("Films")
    found: list[Any] = section.search(sort="addedAt:desc", filters={"year>>": 1925}, limit=3)
    assert [film.title for film in found[1:]] == ["A", "B"]
    assert section.totalSize == 10


def test_wrong_type_lists_nothing(sim: PlexSimulator) -> None:
    assert len(listing(sim, "type=4")) == 0
    assert len(listing(sim, "type=99")) == 0


def test_collections_mix_in_only_without_type(sim: PlexSimulator) -> None:
    mixed = listing(sim, "includeCollections=1", page=(0, 0))
    assert mixed.get("totalSize") == "13"
    assert listing(sim, "type=1&includeCollections=1", page=(0, 0)).get("totalSize") == "10"


def test_editing_all_pages_by_id_repeats_and_skips_nothing(sim: PlexSimulator) -> None:
    """Sorted by id, edits between pages do not move items; sorted by title they do."""
    seen = ""
    for start in range(0, 10, 2):
        page = listing(sim, "type=1&sort=id", page=(start, 2))
        seen += titles(page)
        for film in page:
            sim.library.item(film.get("ratingKey", "")).fields["title"] = "Z" + titles(page)
    assert sorted(seen) == sorted("ABCDEFGHIT")


def test_times_can_be_negative_and_years_absurd(sim: PlexSimulator) -> None:
    for edit in ("addedAt.value=-86400", "year.value=20240"):
        kit.ask(sim, f"/library/sections/1/all?type=1&id=1&{edit}", "PUT")
    (row,) = kit.rows(sim, "/library/sections/1/all?type=1&id=1")
    assert (row.get("addedAt"), row.get("year")) == ("-86400", "20240")
