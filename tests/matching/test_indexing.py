"""The path index filled from a Plex that answers over HTTP and doesn't hold still."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from errors import Stopped
from matching import indexing
from matching.index import PathIndex
from matching.index_rows import ListedItem, SectionReplaced
from matching.index_store import FILE_NAME, IndexRenewed
from plex.client import PlexClient
from plex.exceptions import PlexUnavailable
from plex.items import PlexFile
from simulators import faults
from simulators.plex import Media, Part
from simulators.rig import TREE
from tests.matching.bench import START, Bench

KeysAt = Callable[[PathIndex, str], list[int]]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "PAGE_SIZE", 10)


def names(count: int) -> list[str]:
    return [f"film {number:03}.mp4" for number in range(count)]


def known(index: PathIndex, bench: Bench) -> set[str]:
    """The paths that the index finds, of all that Plex has or had."""
    keys = range(1, bench.library._last_key + 1)
    return {each.path for key in keys for each in index._find("rating_key = ?", key)}


def in_plex(bench: Bench) -> set[str]:
    return {file for item in bench.library.items() for file in item.files}


def test_the_whole_listing_is_read_page_by_page(bench: Bench, keys_at: KeysAt) -> None:
    items = bench.add(*names(45))
    index = bench.built()
    assert index.count(bench.section()) == 45
    assert keys_at(index, "/DATA/film 044.mp4") == [items[44].rating_key]
    assert bench.plex.calls["metadata"] == 0


def test_an_empty_library_is_complete(bench: Bench) -> None:
    index = bench.built()
    assert index.is_complete(bench.section())
    assert index.count(bench.section()) == 0


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_short_pages_lose_nothing(bench: Bench, limit: int) -> None:
    bench.add(*names(23))
    bench.plex.quirks.page_limit = limit
    assert known(bench.built(), bench) == in_plex(bench)


def test_only_the_fields_that_are_needed_are_asked_for(bench: Bench) -> None:
    bench.add(*names(3))
    bench.built()
    query = dict(bench.plex.requests.matching("GET", "/library/sections/1/all")[-1].query)
    assert "Role" in query["excludeElements"]
    assert "summary" in query["excludeFields"]
    assert query["includeGuids"] == "0"


def test_several_versions_and_parts_are_all_known(bench: Bench, keys_at: KeysAt) -> None:
    media = [
        Media([Part("/data/a cd1.avi"), Part("/data/a cd2.avi")]),
        Media([Part("/data/a.mkv")]),
        Media([Part("/data/Plex Versions/a.mp4")], optimized_for="Mobile"),
    ]
    item = bench.library.add_item(bench.films, title="a", media=media)
    index = bench.built()
    for name in ("a cd1.avi", "a cd2.avi", "a.mkv"):
        assert keys_at(index, f"/data/{name}") == [item.rating_key]
    assert keys_at(index, "/data/Plex Versions/a.mp4") == []


@pytest.mark.parametrize("number", ["soon", "", "1e9", "-5", "9" * 30, "9" * 5000])
@pytest.mark.parametrize("name", ["ratingKey", "addedAt", "updatedAt", "year"])
def test_a_number_that_cannot_be_read_costs_no_page(
    bench: Bench, keys_at: KeysAt, name: str, number: str
) -> None:
    items = bench.add(*names(3))
    items[1].odd = {name: number}
    index = bench.built()
    for item in (items[0], items[2]):
        assert keys_at(index, item.files[0]) == [item.rating_key]
        assert bench.client.items([each.rating_key for each in items])[item.rating_key]
    expected = [] if name == "ratingKey" else [items[1].rating_key]
    assert keys_at(index, items[1].files[0]) == expected


def test_what_is_in_the_trash_is_not_known(bench: Bench, keys_at: KeysAt) -> None:
    item = bench.add("a.mp4")[0]
    bench.library.trash(item)
    index = bench.built()
    assert keys_at(index, "/data/a.mp4") == []
    assert index.count(bench.section()) == 1


def test_episodes_are_known_and_shows_are_not(bench: Bench, keys_at: KeysAt) -> None:
    section = bench.library.add_section("Series", type="show", locations=["/tv"])
    show = bench.library.add_show(section, "A Show")
    episode = bench.library.add_episode(show, file="/tv/a.mp4")
    index = bench.built()
    assert keys_at(index, "/tv/a.mp4") == [episode.rating_key]
    assert index.count(bench.section(1)) == 1


# Pages that Plex doesn't manage


EMPTY = b'<MediaContainer size="0" totalSize="23"/>'


@pytest.fixture
def pages_down_to_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "SMALLEST_PAGE", 2)


# How long to wait for a page that never comes; others must come within it on a busy machine too.
SOON_S = 1.0


def sizes(bench: Bench) -> list[int]:
    """The sizes of the pages that were asked for, but for single items and counts."""
    asked = bench.plex.requests.matching("GET", "/library/sections/1/all")
    found = [int(dict(each.query)["X-Plex-Container-Size"]) for each in asked]
    return [each for each in found if each > 1]


@pytest.mark.usefixtures("pages_down_to_2")
@pytest.mark.parametrize("fault", [faults.Hang(), faults.Reply(200, EMPTY, "text/xml")])
def test_a_page_that_plex_doesnt_manage_is_halved_and_stays_so(
    bench: Bench, fault: faults.Action
) -> None:
    client = PlexClient(bench.plex.url, bench.plex.token, client_id="tests", read_timeout_s=SOON_S)
    bench.add(*names(23))
    bench.plex.faults.add(fault, "Container-Size=(10|5)&")
    index = bench.index()
    indexing.build(client, index, bench.section())
    assert known(index, bench) == in_plex(bench)
    assert sizes(bench)[:4] == [10, 5, 2, 2]
    indexing.rebuild(client, index, bench.section())
    assert set(sizes(bench)[4:]) == {2}
    client.close()


@pytest.mark.usefixtures("pages_down_to_2")
def test_a_page_that_hangs_at_its_smallest_is_an_outage(bench: Bench) -> None:
    client = PlexClient(bench.plex.url, bench.plex.token, client_id="tests", read_timeout_s=SOON_S)
    bench.add(*names(23))
    bench.plex.faults.add(faults.Hang(), "Container-Size=(10|5|2)&")
    with pytest.raises(PlexUnavailable, match="no answer in time"):
        indexing.build(client, bench.index(), bench.section())
    client.close()


@pytest.mark.usefixtures("pages_down_to_2")
def test_a_server_that_is_silent_altogether_says_nothing_of_pages(bench: Bench) -> None:
    client = PlexClient(
        bench.plex.url,
        bench.plex.token,
        client_id="tests",
        read_timeout_s=SOON_S,
        connect_timeout_s=SOON_S,
    )
    bench.add(*names(23))
    index = bench.built()
    index.read_again(bench.section())
    bench.plex.requests.clear()
    bench.plex.faults.add(faults.Hang(), "Container-Size=10|identity")
    with pytest.raises(PlexUnavailable, match="no answer in time"):
        indexing.build(client, index, bench.section())
    bench.plex.faults.clear()
    indexing.build(client, index, bench.section())
    assert set(sizes(bench)) == {10}
    client.close()


@pytest.mark.usefixtures("pages_down_to_2")
def test_a_hole_in_the_listing_drops_nothing_and_is_told(bench: Bench) -> None:
    bench.add(*names(23))
    index = bench.built()
    hole = bench.plex.faults.add(
        faults.Reply(200, EMPTY, "text/xml"), "Container-Size=[0-9]+&X-Plex-Container-Start=9"
    )
    with pytest.raises(PlexUnavailable, match=r"nothing of library Films behind item 9, but .* 23"):
        indexing.rebuild(bench.client, index, bench.section())
    assert not index.reading(bench.section()).is_done
    assert known(index, bench) == in_plex(bench)
    hole.cleared.set()
    bench.plex.faults.clear()
    indexing.build(bench.client, index, bench.section())
    assert index.reading(bench.section()).is_done


def test_a_server_that_counts_items_which_it_doesnt_list_is_believed_the_list(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = PlexClient.listing

    def one_more(self: PlexClient, *args: Any, **options: Any) -> Any:
        root = listing(self, *args, **options)
        root.set("totalSize", str(int(root.get("totalSize") or 0) + 1))
        return root

    monkeypatch.setattr(PlexClient, "listing", one_more)
    bench.add(*names(23))
    index = bench.built()
    assert known(index, bench) == in_plex(bench)
    assert index.reading(bench.section()).is_done
    assert max(sizes(bench)) == min(sizes(bench)) == 10


# Interrupted


def break_off(bench: Bench, after_pages: int) -> None:
    """Let the connection break after some pages (the first request asks for the newest item)."""
    bench.plex.faults.add(faults.Drop(), "/library/sections/1/all", times=1, skip=after_pages + 1)


def test_a_reading_that_broke_off_goes_on_after_its_last_page(bench: Bench) -> None:
    bench.add(*names(95))
    index = bench.index()
    break_off(bench, after_pages=5)
    with pytest.raises(PlexUnavailable):
        indexing.build(bench.client, index, bench.section())
    assert not index.is_complete(bench.section())
    before = bench.listings()
    indexing.build(bench.client, index, bench.section())
    assert bench.listings() - before == 6
    assert known(index, bench) == in_plex(bench)


def test_a_process_that_is_told_to_end_does_so_after_the_page(bench: Bench) -> None:
    bench.add(*names(95))
    told = iter([False, False, True])
    index = PathIndex(str(bench.data_dir), lambda: bench.now[0], lambda: next(told))
    index.use(bench.client.machine_identifier, bench.client.sections())
    before = bench.listings()
    with pytest.raises(Stopped):
        indexing.build(bench.client, index, bench.section())
    assert bench.listings() - before == 1 + 3
    assert not index.is_complete(bench.section())

    later = bench.built()

    assert bench.listings() - before == 1 + 3 + 8
    assert known(later, bench) == in_plex(bench)


@pytest.mark.parametrize("gone", [1, 12, 45])
def test_items_that_went_away_meanwhile_make_none_be_skipped(bench: Bench, gone: int) -> None:
    items = bench.add(*names(95))
    index = bench.index()
    break_off(bench, after_pages=5)
    with pytest.raises(PlexUnavailable):
        indexing.build(bench.client, index, bench.section())
    for item in items[:gone]:
        bench.library.remove(item)
    indexing.build(bench.client, index, bench.section())
    assert in_plex(bench) <= known(index, bench)


def test_items_that_go_away_between_two_pages_make_none_be_skipped(bench: Bench) -> None:
    items = bench.add(*names(60))
    removals = iter(items)
    remove = faults.Call(lambda: bench.library.remove(next(removals)))
    bench.plex.faults.add(remove, "/library/sections/1/all", times=5, skip=2)
    assert in_plex(bench) <= known(bench.built(), bench)


def test_a_listing_in_another_order_is_read_again_until_the_count_is_right(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that ignores the wanted order; an item moves to where was read already."""
    items = bench.add(*names(60))
    listing = PlexClient.listing

    def by_title(self: PlexClient, *args: Any, **options: Any) -> object:
        return listing(self, *args, **{**options, "sort": "titleSort"})

    def move() -> None:
        items[50].fields["title"] = "aaa"
        bench.library.touch(items[50])

    bench.plex.faults.add(faults.Call(move), "/library/sections/1/all", times=1, skip=3)
    monkeypatch.setattr(PlexClient, "listing", by_title)
    index = bench.built()
    assert known(index, bench) == in_plex(bench)
    assert bench.listings() > 1 + 7  # the newest, and one reading


def test_a_process_at_an_older_reading_doesnt_undo_what_a_newer_one_noted(bench: Bench) -> None:
    items = bench.add(*names(3))
    index, section = bench.built(), bench.section()
    old = index.reading(section)
    index.read_again(section)
    new = index.reading(section)
    listed = [ListedItem(each.rating_key, 1, 1, (PlexFile(each.files[0]),)) for each in items]
    index.store_page(section, listed, new)
    index.store_page(section, listed, old)
    assert index.finish_reading(section, new, expected=3)
    assert known(index, bench) == in_plex(bench)


KILLED = """
import sys
from matching import indexing
from matching.index import PathIndex
from plex.client import PlexClient
url, token, data_dir = sys.argv[1:]
client = PlexClient(url, token, client_id="tests")
index = PathIndex(data_dir, lambda: 1.7e9)
index.use(client.machine_identifier, client.sections())
indexing.PAGE_SIZE = 10
indexing.build(client, index, client.sections()[0])
"""


def test_a_process_killed_while_reading_loses_at_most_a_page(bench: Bench) -> None:
    bench.add(*names(95))
    killed = threading.Event()
    process: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        process[0].kill()
        killed.set()

    bench.plex.faults.add(faults.Call(kill), "/library/sections/1/all", times=1, skip=6)
    arguments = [bench.plex.url, bench.plex.token, str(bench.data_dir)]
    process.append(subprocess.Popen([sys.executable, "-c", KILLED, *arguments], cwd=TREE))
    process[0].wait()
    assert killed.is_set()
    index = bench.index()
    assert not index.is_complete(bench.section())
    before = bench.listings()
    indexing.build(bench.client, index, bench.section())
    assert bench.listings() - before <= 6
    assert known(index, bench) == in_plex(bench)


def test_two_processes_that_read_at_once_both_end_with_everything(bench: Bench) -> None:
    bench.add(*names(95))
    indexes = [bench.index(), bench.index()]
    threads = [
        threading.Thread(target=indexing.build, args=(bench.client, index, bench.section()))
        for index in indexes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index in indexes:
        assert index.is_complete(bench.section())
        assert known(index, bench) == in_plex(bench)


def lookup_indexes(bench: Bench) -> dict[str, str]:
    """The indexes of the files' table, as SQL."""
    with closing(sqlite3.connect(bench.data_dir / FILE_NAME)) as connection:
        return dict(
            connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'files' AND type = 'index'"
            ).fetchall()
        )


def test_the_first_files_are_sorted_once_at_the_end(bench: Bench, keys_at: KeysAt) -> None:
    items = bench.add(*names(45))
    index = bench.index()
    usual = lookup_indexes(bench)
    during: list[dict[str, str]] = []
    look = faults.Call(lambda: during.append(lookup_indexes(bench)))
    bench.plex.faults.add(look, "/library/sections/1/all", skip=2)
    indexing.build(bench.client, index, bench.section())
    assert [list(each) for each in during] == [["files_by_item"]] * 4
    assert lookup_indexes(bench) == usual
    assert keys_at(index, "/data/film 044.mp4") == [items[44].rating_key]


def test_a_second_library_is_read_while_the_first_is_looked_up_quickly(bench: Bench) -> None:
    bench.add(*names(15))
    index = bench.built()
    usual = lookup_indexes(bench)
    shorts = bench.library.add_section("Shorts", locations=["/shorts"])
    bench.library.add_item(shorts, "/shorts/one.mp4")
    index.use(bench.client.machine_identifier, bench.client.sections())
    during: list[dict[str, str]] = []
    look = faults.Call(lambda: during.append(lookup_indexes(bench)))
    bench.plex.faults.add(look, "/library/sections/2/all")
    indexing.build(bench.client, index, bench.section(1))
    assert during == [usual, usual]


# What is new


def test_a_new_file_costs_one_request(bench: Bench, keys_at: KeysAt) -> None:
    bench.add(*names(45))
    index, section = bench.built(), bench.section()
    bench.now[0] += 60
    item = bench.add("new.mp4")[0]
    before = bench.plex.requests.count()
    assert indexing.refresh(bench.client, index, section, "addedAt") == 1
    assert bench.plex.requests.count() - before == 1
    assert keys_at(index, "/data/new.mp4") == [item.rating_key]


def test_episodes_are_asked_for_by_fields_of_their_type(bench: Bench, keys_at: KeysAt) -> None:
    """As plexapi does it; of films without, but for the order."""
    series = bench.library.add_section("Series", type="show", locations=["/tv"])
    show = bench.library.add_show(series, "A Show")
    bench.library.add_episode(show, file="/tv/a.mp4")
    bench.add("a.mp4")
    index = bench.built()
    bench.now[0] += 60
    bench.library.add_episode(show, file="/tv/b.mp4", index=2)
    for section in bench.client.sections():
        indexing.refresh(bench.client, index, section, "addedAt")
    assert len(keys_at(index, "/tv/b.mp4")) == 1
    films, episodes = (
        dict(bench.plex.requests.matching("GET", f"/library/sections/{key}/all")[-1].query)
        for key in (1, 2)
    )
    since = str(int(START) - 1)
    assert (films["addedAt>>"], films["sort"]) == (since, "movie.addedAt:desc,movie.id:desc")
    assert episodes["episode.addedAt>>"] == since
    assert episodes["sort"] == "episode.addedAt:desc,episode.id:desc"


def test_files_added_in_one_second_are_all_found(bench: Bench, keys_at: KeysAt) -> None:
    """The clock stands still: everything was added and read within one second."""
    bench.add(*names(45))
    index = bench.built()
    for name in ("x.mp4", "y.mp4"):
        item = bench.add(name)[0]
        indexing.refresh(bench.client, index, bench.section(), "addedAt")
        assert keys_at(index, f"/data/{name}") == [item.rating_key]


def test_our_own_edits_of_everything_dont_slow_down_the_search_for_a_new_file(
    bench: Bench, keys_at: KeysAt
) -> None:
    items = bench.add(*names(95))
    index = bench.built()
    bench.now[0] += 60
    for item in items:
        bench.library.touch(item)
    bench.now[0] += 60
    new = bench.add("new.mp4")[0]
    before = bench.listings()
    indexing.refresh(bench.client, index, bench.section(), "addedAt")
    assert bench.listings() - before == 1
    assert keys_at(index, "/data/new.mp4") == [new.rating_key]
    before = bench.listings()
    indexing.refresh(bench.client, index, bench.section(), "updatedAt")
    assert bench.listings() - before == 10
    before = bench.listings()
    indexing.refresh(bench.client, index, bench.section(), "updatedAt")
    assert bench.listings() - before == 1


def test_a_date_in_the_future_doesnt_hide_what_comes_after(bench: Bench, keys_at: KeysAt) -> None:
    bench.add("a.mp4")
    bench.add("typed.mp4", added_at=int(bench.now[0]) + 10**9)
    index = bench.built()
    indexing.refresh(bench.client, index, bench.section(), "addedAt")
    indexing.refresh(bench.client, index, bench.section(), "updatedAt")
    bench.now[0] += 60
    item = bench.add("new.mp4")[0]
    indexing.refresh(bench.client, index, bench.section(), "addedAt")
    assert keys_at(index, "/data/new.mp4") == [item.rating_key]


@pytest.mark.parametrize("is_known", [True, False], ids=["from the beginning", "later"])
def test_an_update_in_the_future_doesnt_have_everything_read_again(
    bench: Bench, keys_at: KeysAt, is_known: bool
) -> None:
    """Plex's clock was wrong once."""
    items = bench.add(*names(45))
    future = int(bench.now[0]) + 10**9
    items[0].updated_at = future if is_known else items[0].updated_at
    index = bench.built()
    items[0].updated_at = future
    for number in range(5):
        bench.now[0] += 60
        new = bench.add(f"new {number}.mp4", f"more {number}.mp4", f"other {number}.mp4")[0]
        before = bench.listings()
        indexing.refresh(bench.client, index, bench.section(), "updatedAt")
        assert bench.listings() - before == 1
        assert keys_at(index, f"/data/new {number}.mp4") == [new.rating_key]
        assert index.seen(bench.section()).updated_at == bench.now[0]


def test_a_file_that_was_renamed_is_found_by_its_update(bench: Bench, keys_at: KeysAt) -> None:
    item = bench.add(*names(3))[0]
    index = bench.built()
    bench.now[0] += 60
    item.media[0].parts[0].file = "/data/renamed.mp4"
    bench.library.touch(item)
    indexing.refresh(bench.client, index, bench.section(), "updatedAt")
    assert keys_at(index, "/data/renamed.mp4") == [item.rating_key]
    assert keys_at(index, "/data/film 000.mp4") == []


def test_what_changed_while_the_listing_was_read_is_found_afterwards(
    bench: Bench, keys_at: KeysAt
) -> None:
    items = bench.add(*names(45))

    def rename_the_first_and_touch_the_last() -> None:
        bench.now[0] += 5
        items[0].media[0].parts[0].file = "/data/renamed.mp4"
        bench.library.touch(items[0])
        bench.now[0] += 5
        bench.library.touch(items[-1])

    moment = faults.Call(rename_the_first_and_touch_the_last)
    bench.plex.faults.add(moment, "/library/sections/1/all", times=1, skip=3)
    index = bench.built()
    assert keys_at(index, "/data/renamed.mp4") == []
    indexing.refresh(bench.client, index, bench.section(), "updatedAt")
    assert keys_at(index, "/data/renamed.mp4") == [items[0].rating_key]


# Read again


def test_a_rebuild_drops_what_is_gone_and_answers_meanwhile(bench: Bench, keys_at: KeysAt) -> None:
    items = bench.add(*names(45))
    index = bench.built()
    bench.library.remove(items[0])
    meanwhile: list[int] = []
    look = faults.Call(lambda: meanwhile.extend(keys_at(index, "/data/film 044.mp4")))
    bench.plex.faults.add(look, "/library/sections/1/all", times=1, skip=1)
    indexing.rebuild(bench.client, index, bench.section())
    assert meanwhile == [items[44].rating_key]
    assert known(index, bench) == in_plex(bench)


def test_a_rebuild_that_broke_off_goes_on(bench: Bench) -> None:
    items = bench.add(*names(45))
    index = bench.built()
    bench.library.remove(items[0])
    break_off(bench, after_pages=2)
    with pytest.raises(PlexUnavailable):
        indexing.rebuild(bench.client, index, bench.section())
    assert index.is_complete(bench.section())
    assert not index.reading(bench.section()).is_done
    indexing.build(bench.client, index, bench.section())
    assert known(index, bench) == in_plex(bench)


def test_whether_items_are_lacking_costs_one_request(bench: Bench) -> None:
    bench.add(*names(12))
    index, section = bench.built(), bench.section()
    before = bench.plex.requests.count()
    assert indexing.surplus(bench.client, index, section) == 0
    assert bench.plex.requests.count() - before == 1
    bench.add("new.mp4")
    assert indexing.surplus(bench.client, index, section) > 0


# Other servers and sections, damage


def test_a_replaced_section_is_read_anew(bench: Bench, keys_at: KeysAt) -> None:
    bench.add("a.mp4")
    bench.built()
    bench.films.uuid = "another"
    index = bench.index()
    assert not index.is_complete(bench.section())
    assert keys_at(index, "/data/a.mp4") == []


def test_another_server_s_entries_are_forgotten(bench: Bench, keys_at: KeysAt) -> None:
    bench.add("a.mp4")
    index = bench.built()
    index.use("another server", bench.client.sections())
    assert not index.is_complete(bench.section())
    index.use(bench.client.machine_identifier, bench.client.sections())
    assert keys_at(index, "/data/a.mp4") == []


def test_a_reading_for_a_section_that_another_process_replaced_stops(bench: Bench) -> None:
    bench.add(*names(25))
    index, other = bench.index(), bench.index()
    replace = faults.Call(lambda: other.use("another server", []))
    bench.plex.faults.add(replace, "/library/sections/1/all", times=1, skip=2)
    with pytest.raises(SectionReplaced):
        indexing.build(bench.client, index, bench.section())


def test_an_index_that_doesnt_know_its_sections_doesnt_say_that_nothing_is_there(
    tmp_path: Path,
) -> None:
    index = PathIndex(str(tmp_path), lambda: 0.0)
    with pytest.raises(LookupError):
        index.files_at("/data/a.mp4")
    index.close()


def test_a_damaged_file_is_set_aside_when_it_is_opened(bench: Bench) -> None:
    (bench.data_dir / FILE_NAME).write_bytes(b"this is no database" * 1000)
    bench.add("a.mp4")
    assert known(bench.built(), bench) == {"/data/a.mp4"}
    assert [name for name in os.listdir(bench.data_dir) if "damaged" in name]


def test_damage_that_shows_later_is_set_aside_then(bench: Bench) -> None:
    bench.add(*names(300))
    bench.built().close()
    path = bench.data_dir / FILE_NAME
    content = bytearray(path.read_bytes())
    content[4096 : len(content) - 4096] = os.urandom(len(content) - 8192)
    path.write_bytes(content)
    index = PathIndex(str(bench.data_dir), lambda: bench.now[0])
    with pytest.raises(IndexRenewed):
        index.use(bench.client.machine_identifier, bench.client.sections())
    assert known(bench.built(), bench) == in_plex(bench)


def test_a_corrected_item_is_known_by_what_it_holds_now(bench: Bench, keys_at: KeysAt) -> None:
    first, second = bench.add("a.mp4", "b.mp4")
    index = bench.built()
    first.media[0].parts[0].file = "/data/moved.mp4"
    index.correct(first.rating_key, bench.client.items([first.rating_key])[first.rating_key])
    index.correct(second.rating_key, None)
    assert known(index, bench) == {"/data/moved.mp4"}
    assert keys_at(index, "/data/b.mp4") == []


def test_a_corrected_item_is_news_only_if_a_refresh_is_yet_to_meet_it(bench: Bench) -> None:
    """The time of an item that was renamed long after may never move again."""
    old = bench.add("a.mp4")
    bench.now[0] += 1000
    newer = bench.add("b.mp4")
    index = bench.built()
    keys = [old[0].rating_key, newer[0].rating_key]
    for key, item in bench.client.items(keys).items():
        index.correct(key, item)
    files = [each for key in keys for each in index._find("rating_key = ?", key)]
    assert index.updated_at(files) == {keys[0]: int(START), keys[1]: 0}
