"""Scans: what is asked for now is found later, and what is missing goes or stays as trash."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.plex import Media, Part, PlexLibrary, PlexSimulator
from tests.simulators.kit import ask, rows, wait_for

FOLDER = "/data/films"
OLD = f"{FOLDER}/old/Nosferatu (1922).mp4"
ALL = "/library/sections/1/all?type=1"
NEW = f"{FOLDER}/new/Metropolis (1927).mp4"


@pytest.fixture
def sim() -> Iterator[PlexSimulator]:
    """One film in Plex; scans wait until a test has them run."""
    library = PlexLibrary(clock=lambda: 1_700_000_000.0)
    library.add_item(library.add_section("Films", locations=[FOLDER]), OLD)
    with PlexSimulator(library) as sim:
        sim.quirks.scan_s = sim.quirks.agent_s = None
        yield sim


def scan(sim: PlexSimulator, folder: str | None = None) -> None:
    """Ask for a scan and have it run, without the agent's look at what it found."""
    path = "" if folder is None else f"?path={folder}"
    ask(sim, f"/library/sections/1/refresh{path}")
    sim.library.disk.run_next()


def files(sim: PlexSimulator) -> list[str]:
    return [part.get("file", "") for part in rows(sim, ALL).iter("Part")]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_new_file_is_an_item_only_after_the_scan(sim: PlexSimulator, method: str) -> None:
    sim.library.disk.put(NEW, size=5, duration_ms=60_000)
    ask(sim, "/library/sections/1/refresh?path=%2Fdata%2Ffilms%2Fnew", method)

    assert sim.library.scans == [("1", f"{FOLDER}/new")]
    assert files(sim) == [OLD]

    sim.library.disk.run_next()

    item = sim.library.find(NEW)
    assert item is not None
    assert (item.title, item.parts[0].size, item.duration_ms) == ("Metropolis", 5, 60_000)


def test_a_scan_runs_by_itself(sim: PlexSimulator) -> None:
    sim.quirks.scan_s = sim.quirks.agent_s = 0.01
    sim.library.disk.put(NEW, agent={"summary": "A city."})
    ask(sim, "/library/sections/1/refresh")

    wait_for(lambda: not sim.library.disk.waiting())

    item = sim.library.find(NEW)
    assert item is not None
    assert item.fields["summary"] == "A city."


def test_the_agent_comes_later_and_spares_what_is_locked(sim: PlexSimulator) -> None:
    sim.library.disk.put(NEW, agent={"title": "Metropolis", "summary": "A city."})
    scan(sim)
    item = sim.library.find(NEW)
    assert item is not None
    key = item.rating_key
    ask(sim, f"/library/metadata/{key}?title.value=Mine&title.locked=1&summary.value=Mine", "PUT")

    sim.library.disk.run_next()

    assert (item.title, item.fields["summary"]) == ("Mine", "A city.")


def test_a_scan_of_a_folder_finds_nothing_elsewhere(sim: PlexSimulator) -> None:
    sim.library.disk.put(NEW)
    sim.library.disk.put(f"{FOLDER}/newer/Sunrise (1927).mp4")
    sim.library.disk.remove(OLD)

    scan(sim, f"{FOLDER}/new")

    assert sorted(files(sim)) == [NEW, OLD]


def test_a_file_given_as_a_folder_finds_nothing(sim: PlexSimulator) -> None:
    sim.library.disk.put(NEW)

    scan(sim, NEW)

    assert files(sim) == [OLD]


def test_a_missing_item_goes_with_the_scan(sim: PlexSimulator) -> None:
    sim.library.disk.remove(OLD)
    assert files(sim) == [OLD]

    scan(sim)

    assert files(sim) == []


def test_a_missing_item_stays_as_unavailable_where_the_trash_is_kept(sim: PlexSimulator) -> None:
    sim.quirks.empty_trash_after_scan = False
    sim.library.disk.remove(OLD)
    scan(sim)

    listing = rows(sim, ALL)
    assert listing[0].get("deletedAt") == "1700000000"
    assert [part.get("deletedAt") for part in listing.iter("Part")] == ["1700000000"]

    ask(sim, "/library/sections/1/emptyTrash", "PUT")

    assert files(sim) == []


def test_a_file_that_comes_back_is_available_again(sim: PlexSimulator) -> None:
    sim.quirks.empty_trash_after_scan = False
    item = sim.library.item(1)
    sim.library.disk.remove(OLD)
    scan(sim)
    sim.library.disk.put(OLD)
    scan(sim)

    assert sim.library.find(OLD) is item
    assert (item.deleted_at, item.parts[0].deleted_at) == (None, None)


def test_of_several_versions_only_the_missing_one_goes(sim: PlexSimulator) -> None:
    item = sim.library.item(1)
    copy = f"{FOLDER}/old/Nosferatu (1922) 4K.mp4"
    sim.library.add_media(item, Media([Part(copy)]))
    sim.library.disk.remove(OLD)
    scan(sim)

    assert item.files == [copy]
    assert sim.library.find(OLD) is None
    assert sim.library.find(copy) is item


def test_a_moved_file_is_another_item(sim: PlexSimulator) -> None:
    size = sim.library.item(1).parts[0].size
    sim.library.disk.move(OLD, NEW)
    scan(sim)

    item = sim.library.find(NEW)
    assert item is not None
    assert (item.rating_key, item.parts[0].size) == (2, size)
    assert files(sim) == [NEW]


def test_a_renamed_file_stays_with_its_item_and_moves_no_time(sim: PlexSimulator) -> None:
    item = sim.library.item(1)
    times = item.added_at, item.updated_at
    sim.library.clock = lambda: 1_700_000_500.0
    sim.library.disk.rename(OLD, NEW, size=7)
    assert files(sim) == [OLD]

    scan(sim)

    assert files(sim) == [NEW]
    assert sim.library.find(NEW) is item
    assert sim.library.find(OLD) is None
    assert (item.parts[0].size, item.added_at, item.updated_at) == (7, *times)


def test_a_section_says_that_it_is_being_scanned(sim: PlexSimulator) -> None:
    def shown() -> tuple[str | None, int]:
        sections, activities = rows(sim, "/library/sections"), rows(sim, "/activities")
        return sections[0].get("refreshing"), len(activities)

    ask(sim, "/library/sections/1/refresh")
    ask(sim, "/library/sections/1/refresh")
    assert shown() == ("1", 2)

    sim.library.disk.run_next()
    assert shown() == ("1", 1)
    sim.library.disk.run_next()
    assert shown() == ("0", 0)


def test_a_cancelled_scan_finds_nothing(sim: PlexSimulator) -> None:
    sim.library.disk.put(NEW)
    ask(sim, "/library/sections/1/refresh")
    ask(sim, "/library/sections/1/refresh", "DELETE")
    sim.library.disk.run_all()

    assert files(sim) == [OLD]


def test_a_scan_of_shows_goes_by_the_episode_numbers(sim: PlexSimulator) -> None:
    sim.library.add_section("Series", type="show", locations=["/data/shows"])
    for name in ("Rivers - S01E02", "Rivers - S02E01", "Rivers trailer"):
        sim.library.disk.put(f"/data/shows/Rivers/{name}.mp4")
    ask(sim, "/library/sections/2/refresh")
    sim.library.disk.run_all()

    episodes = sim.library.items(type="episode")
    assert [(each.parent and each.parent.number, each.number) for each in episodes] == [
        (1, 2),
        (2, 1),
    ]
    assert [show.title for show in sim.library.items(type="show")] == ["Rivers"]
