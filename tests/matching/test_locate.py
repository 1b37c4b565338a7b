"""From scenes to verified items, over HTTP, with everything that moves behind our back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from errors import SyncError
from matching import indexing
from matching.index import PathIndex
from matching.libraries import CHECK_PAUSE_S, READ_PAUSE_S, REFRESH_PAUSE_S
from matching.locate import Located, Locator
from matching.lookup import AmbiguousFile, NoFile
from matching.shared_items import SharedItem
from plex.exceptions import PlexNotFound, PlexSettingsError, PlexUnavailable
from plex.matcher import LEARNED, NAME_AND_SIZE, PATH_MAP, SAME_PATH, WantedFile
from simulators.faults import Drop
from simulators.plex import Item, Media, Part
from tests.matching.bench import Bench
from validation.config import PlexSyncConfig
from validation.scene import Scene, VideoFile


class Finder:
    """A locator with a clock of its own, and the scenes that Stash would know."""

    def __init__(self, bench: Bench, index: PathIndex, **settings: object) -> None:
        self.bench = bench
        self.index = index
        self.now_m = 1000.0
        self.asked: list[str] = []
        self.in_stash: list[Scene] = []
        self.former: dict[int, set[int]] = {}
        config = PlexSyncConfig.model_validate(
            {"plex_url": bench.plex.url, "plex_token": bench.plex.token, **settings}
        )
        self.locator = Locator(
            index,
            config,
            self._ask,
            monotonic=lambda: self.now_m,
            former_items=lambda _server, ids: {key: self.former.get(key, set()) for key in ids},
        )

    def _ask(self, name: str) -> Sequence[Scene]:
        self.asked.append(name)
        return [each for each in self.in_stash if any(f.path.endswith(name) for f in each.files)]

    def locate(self, *scenes: Scene, at_once: bool = True) -> list[Located | SyncError]:
        found = self.locator.locate(self.bench.client, scenes, at_once=at_once)
        return [found[scene.id] for scene in scenes]

    def keys(self, scene: Scene) -> list[int]:
        """The rating keys of the items that show a scene."""
        found = self.locate(scene)[0]
        assert isinstance(found, Located), found
        return [item.rating_key for item in found.items]

    def requests(self, act: Callable[[], object]) -> dict[str, int]:
        """The requests that something costs, by kind."""
        before = self.bench.plex.calls.copy()
        act()
        return dict(self.bench.plex.calls - before)


@pytest.fixture
def make_finder(bench: Bench) -> Iterator[Callable[..., Finder]]:
    indexes: list[PathIndex] = []

    def make(**settings: object) -> Finder:
        indexes.append(PathIndex(str(bench.data_dir), lambda: bench.now[0]))
        return Finder(bench, indexes[-1], **settings)

    yield make
    for index in indexes:
        index.close()


@pytest.fixture
def finder(make_finder: Callable[..., Finder]) -> Finder:
    return make_finder()


def scene_of(*items: Item, scene_id: int = 1, folder: str = "/data") -> Scene:
    """A scene with the first file of each item."""
    parts = [item.parts[0] for item in items]
    return Scene(
        id=scene_id,
        files=tuple(
            VideoFile(
                path=part.file.replace("/data", folder, 1),
                size=part.size,
                duration=part.duration_ms / 1000,
            )
            for part in parts
        ),
    )


def scene(path: str, *, scene_id: int = 1, size: int = 5, duration: float = 60.0) -> Scene:
    file = VideoFile(path=path, size=size, duration=duration)
    return Scene(id=scene_id, files=(file,))


# What it costs


def test_a_known_file_costs_the_fetch_that_the_edit_needs_and_no_more(
    bench: Bench, finder: Finder
) -> None:
    items = bench.add(*(f"{n}.mp4" for n in range(30)))
    finder.locate(scene_of(items[0]))
    scenes = [scene_of(item, scene_id=n) for n, item in enumerate(items, start=1)]
    assert finder.requests(lambda: finder.locate(*scenes)) == {"metadata": 1}


def test_a_new_file_is_found_with_two_requests(bench: Bench, finder: Finder) -> None:
    items = bench.add(*(f"{n}.mp4" for n in range(30)))
    finder.locate(scene_of(items[0]))
    bench.now[0] += 60
    new = scene_of(bench.add("new.mp4")[0])
    assert finder.requests(lambda: finder.keys(new)) == {"listing": 1, "metadata": 1}


def test_only_the_library_that_has_the_folder_is_asked_for_a_new_file(
    bench: Bench, finder: Finder
) -> None:
    bench.add("a.mp4")
    for number in range(4):
        bench.library.add_section(f"More {number}", locations=[f"/more/{number}"])
    finder.locator.prepare(bench.client)
    bench.now[0] += 60
    new = scene_of(bench.add("new.mp4")[0])
    assert finder.requests(lambda: finder.keys(new)) == {"listing": 1, "metadata": 1}


def test_all_libraries_are_asked_if_the_path_doesnt_tell(bench: Bench, finder: Finder) -> None:
    more = bench.library.add_section("More", locations=["/more"])
    finder.locator.prepare(bench.client)
    bench.now[0] += 60
    item = bench.library.add_item(more, "/more/Nosferatu.mp4", size=5)
    assert finder.keys(scene("/elsewhere/Nosferatu.mp4")) == [item.rating_key]


def test_in_bulk_plex_is_asked_for_what_is_new_only_now_and_then(
    bench: Bench, finder: Finder
) -> None:
    finder.locate(scene("/data/a.mp4"), at_once=False)
    look = finder.requests(lambda: finder.locate(scene("/data/b.mp4"), at_once=False))
    assert look == {}
    finder.now_m += REFRESH_PAUSE_S
    look = finder.requests(lambda: finder.locate(scene("/data/b.mp4"), at_once=False))
    assert look == {"listing": 2}


def test_what_plex_did_not_tell_is_asked_again_without_a_pause(
    bench: Bench, finder: Finder
) -> None:
    finder.locate(scene("/data/a.mp4"), at_once=False)
    finder.now_m += REFRESH_PAUSE_S
    bench.now[0] += 60
    new = scene_of(bench.add("new.mp4")[0])
    bench.plex.faults.add(Drop(), "GET /library/sections/1/all")
    with pytest.raises(PlexUnavailable):
        finder.locate(new, at_once=False)
    bench.plex.faults.clear()
    assert isinstance(finder.locate(new, at_once=False)[0], Located)


# Verified


def test_a_moved_file_is_followed_without_a_listing(bench: Bench, finder: Finder) -> None:
    item = bench.add("x/Nosferatu.mp4")[0]
    finder.locate(scene_of(item))
    item.media[0].parts[0].file = "/data/y/Nosferatu.mp4"
    bench.library.touch(item)
    assert finder.requests(lambda: finder.keys(scene_of(item))) == {"metadata": 1}


# Renamed in both servers: Plex keeps the item, and none of its times moves


def long_known(bench: Bench, *names: str) -> list[Item]:
    """Items that no question for what is new brings up, since newer ones are there."""
    items = bench.add(*names)
    bench.now[0] += 1000
    bench.add("newer.mp4")
    return items


def rename(bench: Bench, item: Item, name: str = "renamed.mp4", **content: int) -> Scene:
    """The scene of the item, as Stash knows its file under the new name."""
    bench.now[0] += 60
    bench.library.repath(item, item.files[0], f"/data/{name}", **content)
    return scene_of(item)


def test_a_renamed_file_is_found_in_the_item_that_showed_the_scene(
    bench: Bench, finder: Finder
) -> None:
    items = long_known(bench, "a.mp4", "b.mp4")
    finder.locate(scene_of(items[0]))
    renamed = rename(bench, items[0])
    finder.former = {renamed.id: {items[0].rating_key}}
    look = finder.requests(lambda: finder.keys(renamed))
    assert look == {"listing": 2, "metadata": 2}
    assert finder.keys(renamed) == [items[0].rating_key]
    assert finder.requests(lambda: finder.keys(renamed)) == {"metadata": 1}


def test_renamed_files_are_found_in_bulk_with_one_request_more(
    bench: Bench, finder: Finder
) -> None:
    items = long_known(bench, *(f"{n}.mp4" for n in range(30)))
    finder.locate(scene("/data/lost.mp4"), at_once=False)
    scenes = []
    for number, item in enumerate(items, start=1):
        moved = rename(bench, item, f"other {number}.mp4")
        scenes.append(moved.model_copy(update={"id": number}))
        finder.former[number] = {item.rating_key}
    found: list[Located | SyncError] = []
    look = finder.requests(lambda: found.extend(finder.locate(*scenes, at_once=False)))
    assert look == {"metadata": 2}
    assert all(isinstance(each, Located) for each in found)


def test_an_upgraded_file_is_found_by_its_new_path(bench: Bench, finder: Finder) -> None:
    item = long_known(bench, "Nosferatu 480p.avi")[0]
    finder.locate(scene_of(item))
    upgraded = rename(bench, item, "Nosferatu 1080p.mkv", size=9_000_000, duration_ms=61_000)
    finder.former = {upgraded.id: {item.rating_key}}
    assert finder.keys(upgraded) == [item.rating_key]


def test_a_former_item_that_holds_another_file_is_not_taken(bench: Bench, finder: Finder) -> None:
    item = long_known(bench, "a.mp4")[0]
    finder.locate(scene_of(item))
    rename(bench, item, "another.mp4")
    finder.former = {1: {item.rating_key}}
    assert isinstance(finder.locate(scene("/data/a.mp4", size=77, duration=7))[0], PlexNotFound)


def test_a_second_file_of_a_scene_is_found_where_it_was(bench: Bench, finder: Finder) -> None:
    items = long_known(bench, "a.mp4", "b.mp4")
    finder.locate(scene_of(*items))
    rename(bench, items[1])
    finder.former = {1: {item.rating_key for item in items}}
    both = scene_of(*items)
    assert finder.keys(both) == [item.rating_key for item in items]


def test_nothing_is_fetched_for_scenes_that_never_had_an_item(bench: Bench, finder: Finder) -> None:
    bench.add("a.mp4")
    finder.locate(scene("/data/lost.mp4"))
    look = finder.requests(lambda: finder.locate(scene("/data/lost.mp4")))
    assert look == {"listing": 2}


def test_a_renamed_file_of_a_scene_that_was_never_synced_is_found_after_a_day(
    bench: Bench, finder: Finder
) -> None:
    item = long_known(bench, "a.mp4")[0]
    finder.locate(scene("/data/lost.mp4"))
    renamed = rename(bench, item)
    assert isinstance(finder.locate(renamed)[0], PlexNotFound)
    bench.now[0] += READ_PAUSE_S
    assert finder.keys(renamed) == [item.rating_key]


def test_a_library_is_read_again_at_most_once_a_day(bench: Bench, finder: Finder) -> None:
    long_known(bench, "a.mp4")
    finder.locate(scene("/data/lost.mp4"))
    bench.now[0] += READ_PAUSE_S + 1
    first = finder.requests(lambda: finder.locate(scene("/data/lost.mp4")))
    again = finder.requests(lambda: finder.locate(scene("/data/lost.mp4")))
    assert (first, again) == ({"listing": 4}, {"listing": 2})


def test_a_daily_reading_that_breaks_off_goes_on_where_it_was(
    bench: Bench, finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PAGE_SIZE", 10)
    bench.add(*(f"{n}.mp4" for n in range(40)))
    finder.locate(scene("/data/lost.mp4"))
    bench.now[0] += READ_PAUSE_S + 1
    page = "Container-Start=[1-9]"
    bench.plex.faults.add(Drop(), page, times=1, skip=2)
    with pytest.raises(PlexUnavailable):
        finder.locate(scene("/data/lost.mp4"))
    again = finder.requests(lambda: finder.locate(scene("/data/lost.mp4")))
    assert again.pop("server") == 1  # who is there, asked on the new connection
    assert again == {"listing": 2 + 2}


# Keys that mean something else


def test_a_rating_key_that_passed_to_another_file_is_not_written(
    bench: Bench, finder: Finder
) -> None:
    item = bench.add("Nosferatu.mp4")[0]
    old = scene_of(item)
    finder.locate(old)
    item.media = [Media([Part("/data/another.mp4")])]
    assert isinstance(finder.locate(old)[0], PlexNotFound)


def test_a_re_created_item_is_found_under_its_new_key(bench: Bench, finder: Finder) -> None:
    item = bench.add("a.mp4")[0]
    wanted = scene_of(item)
    finder.locate(wanted)
    bench.now[0] += 60
    new = bench.library.rescan_as_new(item)
    assert finder.keys(wanted) == [new.rating_key]


@pytest.mark.parametrize("fate", ["removed", "trashed"])
def test_an_item_that_is_gone_is_not_found(bench: Bench, finder: Finder, fate: str) -> None:
    item = bench.add("a.mp4")[0]
    wanted = scene_of(item)
    finder.locate(wanted)
    if fate == "removed":
        bench.library.remove(item)
    else:
        bench.library.trash(item)
    assert isinstance(finder.locate(wanted)[0], PlexNotFound)


def test_a_replaced_file_is_known_by_its_new_size(bench: Bench, finder: Finder) -> None:
    """Found by name and size in another folder, which Plex has filled with another film since."""
    item = bench.add("Nosferatu.mp4")[0]
    wanted = scene_of(item, folder="/elsewhere")
    assert finder.keys(wanted) == [item.rating_key]
    part = item.media[0].parts[0]
    part.size, part.duration_ms = part.size + 1, part.duration_ms + 60_000
    assert isinstance(finder.locate(wanted)[0], PlexNotFound)


def test_candidates_that_are_gone_dont_make_a_file_ambiguous(bench: Bench, finder: Finder) -> None:
    first, second = bench.add("x/Nosferatu.mp4", "y/Nosferatu.mp4", size=5, duration_ms=60_000)
    wanted = scene("/elsewhere/Nosferatu.mp4")
    assert isinstance(finder.locate(wanted)[0], AmbiguousFile)
    bench.library.remove(first)
    assert finder.keys(wanted) == [second.rating_key]


def test_one_stale_scene_doesnt_hinder_its_neighbours(bench: Bench, finder: Finder) -> None:
    items = bench.add("a.mp4", "b.mp4")
    scenes = [scene_of(item, scene_id=n) for n, item in enumerate(items, start=1)]
    finder.locate(*scenes)
    bench.library.remove(items[0])
    gone, there = finder.locate(*scenes)
    assert isinstance(gone, PlexNotFound)
    assert isinstance(there, Located)


def test_an_item_whose_section_plex_doesnt_tell_is_in_the_one_that_listed_it(
    bench: Bench, finder: Finder
) -> None:
    bench.plex.quirks.names_sections = False
    item, moved = bench.add("a.mp4", "x/b.mp4")
    assert finder.keys(scene_of(item)) == [item.rating_key]
    bench.library.repath(moved, moved.files[0], "/data/y/b.mp4")
    found = finder.locate(scene_of(item), scene_of(moved, scene_id=2))
    for each in found:
        assert isinstance(each, Located)
        assert [item.section_key for item in each.items] == [bench.films.key]


# Shapes


def test_a_scene_without_files_is_told(finder: Finder) -> None:
    assert isinstance(finder.locate(Scene(id=1))[0], NoFile)


def test_all_items_of_a_scene_with_several_files_get_it(bench: Bench, finder: Finder) -> None:
    items = bench.add("a.mp4", "b.mp4")
    assert finder.keys(scene_of(*items)) == [item.rating_key for item in items]


def test_a_file_in_two_libraries_is_two_items(bench: Bench, finder: Finder) -> None:
    item = bench.add("a.mp4")[0]
    more = bench.library.add_section("More", locations=["/data"])
    twin = bench.library.add_item(more, "/data/a.mp4")
    assert finder.keys(scene_of(item)) == [item.rating_key, twin.rating_key]


def test_a_scene_is_found_by_any_part_of_an_item(bench: Bench, finder: Finder) -> None:
    media = [
        Media([Part("/data/cd1.avi"), Part("/data/cd2.avi")]),
        Media([Part("/data/a.mkv")]),
    ]
    item = bench.library.add_item(bench.films, title="a", media=media)
    for path in ("/data/cd1.avi", "/data/cd2.avi", "/data/a.mkv"):
        assert finder.keys(scene(path, size=0, duration=0)) == [item.rating_key]


@pytest.mark.parametrize("agent", ["com.plexapp.agents.none", "tv.plex.agents.none"])
def test_episodes_and_home_videos_are_found(bench: Bench, finder: Finder, agent: str) -> None:
    series = bench.library.add_section("Series", type="show", locations=["/tv"])
    episode = bench.library.add_episode(bench.library.add_show(series, "S"), file="/tv/a.mp4")
    home = bench.library.add_section("Home", agent=agent, locations=["/home"])
    video = bench.library.add_item(home, "/home/b.mp4")
    assert finder.keys(scene_of(episode)) == [episode.rating_key]
    assert finder.keys(scene_of(video)) == [video.rating_key]


@pytest.mark.parametrize("share", ["//host/share/dir", "\\\\host\\share\\dir"])
def test_a_share_is_found_however_plex_spells_it(bench: Bench, finder: Finder, share: str) -> None:
    """A Plex on Windows was seen to list folders of one library both ways."""
    item = bench.library.add_item(bench.films, f"{share}\\Film\\x.mkv")
    assert finder.keys(scene("\\\\host\\share\\dir\\Film\\x.mkv")) == [item.rating_key]
    assert finder.keys(scene("//host/share/dir/Film/x.mkv")) == [item.rating_key]


def test_an_optimised_version_is_not_the_file(bench: Bench, finder: Finder) -> None:
    media = [Media([Part("/data/a.mkv")]), Media([Part("/data/small.mp4")], optimized_for="TV")]
    bench.library.add_item(bench.films, title="a", media=media)
    assert isinstance(finder.locate(scene("/data/small.mp4"))[0], PlexNotFound)


# Items that merge several scenes


@pytest.fixture
def merged(bench: Bench, finder: Finder) -> tuple[Item, Scene, Scene]:
    """An item of two versions, each of which is a scene."""
    item = bench.add("first.mp4")[0]
    bench.library.add_media(item, "/data/second.mp4")
    scenes = [
        scene(part.file, scene_id=n, size=part.size, duration=part.duration_ms / 1000)
        for n, part in enumerate(item.parts, start=1)
    ]
    finder.in_stash = scenes
    return item, scenes[0], scenes[1]


def test_the_scene_of_the_first_part_has_the_item(
    finder: Finder, merged: tuple[Item, Scene, Scene]
) -> None:
    item, first, second = merged
    one, other = finder.locate(first, second)
    assert isinstance(one, Located)
    assert isinstance(other, SharedItem)
    assert f"item {item.rating_key}, which shows scene {first.id}" in str(other)
    assert finder.asked == []


def test_the_scene_of_another_part_alone_in_its_batch_doesnt_get_the_item(
    finder: Finder, merged: tuple[Item, Scene, Scene]
) -> None:
    _, _, second = merged
    assert isinstance(finder.locate(second)[0], SharedItem)
    assert finder.asked == ["first.mp4"]


def test_a_first_part_that_is_no_scene_leaves_the_item_to_the_next(
    finder: Finder, merged: tuple[Item, Scene, Scene]
) -> None:
    item, _, second = merged
    finder.in_stash = [second, scene("/other/first.mp4", scene_id=9, size=1, duration=1)]
    assert finder.keys(second) == [item.rating_key]


@pytest.mark.parametrize("order", [(7, 3), (3, 7)])
def test_of_two_scenes_with_the_same_file_the_older_has_the_item(
    bench: Bench, finder: Finder, order: tuple[int, int]
) -> None:
    item = bench.add("a.mp4")[0]
    found = finder.locate(*(scene_of(item, scene_id=scene_id) for scene_id in order))
    assert isinstance(found[order.index(3)], Located)
    assert isinstance(found[order.index(7)], SharedItem)


def test_stash_isnt_asked_about_items_of_one_scene(bench: Bench, finder: Finder) -> None:
    items = bench.add("a.mp4", "b.mp4")
    finder.locate(*(scene_of(item, scene_id=n) for n, item in enumerate(items)))
    assert finder.asked == []


# Mappings


def test_a_mapping_is_learned_from_three_files_and_used_for_the_next(
    bench: Bench, finder: Finder
) -> None:
    items = bench.add(*(f"Nosferatu part {n} of {'xyz'[n]}.mp4" for n in range(3)))
    for number, item in enumerate(items, start=1):
        found = finder.locate(scene_of(item, folder="/stash", scene_id=number))[0]
        assert isinstance(found, Located)
        assert found.because == ((LEARNED,) if number == 3 else (NAME_AND_SIZE,))
    twins = bench.add("x/scene.mp4", "y/scene.mp4", size=5, duration_ms=60_000)
    assert finder.keys(scene("/stash/y/scene.mp4")) == [twins[1].rating_key]


def test_a_learned_mapping_is_forgotten_when_a_file_contradicts_it(
    bench: Bench, finder: Finder, caplog: pytest.LogCaptureFixture
) -> None:
    items = bench.add("The General.mp4", "Nosferatu.mp4", "Metropolis.mp4", "Sunrise.mp4")
    scenes = [scene_of(x, folder="/stash", scene_id=n) for n, x in enumerate(items, start=1)]
    finder.locate(*scenes[:3])
    assert [str(rule) for rule in finder.locator.rules] == ["/stash => /data"]
    other = scene("/stash/Sunrise.mp4", size=1, duration=1, scene_id=4)
    assert isinstance(finder.locate(other)[0], PlexNotFound)
    assert finder.locator.rules == []
    assert "forgot the learned mapping /stash => /data" in caplog.text


def test_what_was_learned_is_known_to_the_next_process(
    bench: Bench, finder: Finder, make_finder: Callable[..., Finder]
) -> None:
    items = bench.add("The General.mp4", "Nosferatu.mp4", "Metropolis.mp4")
    finder.locate(*(scene_of(x, folder="/stash", scene_id=n) for n, x in enumerate(items)))
    other = make_finder()
    found = other.locate(scene_of(items[0], folder="/stash"))[0]
    assert isinstance(found, Located)
    assert found.because == (LEARNED,)


def test_both_mounts_of_the_settings_get_the_scene(
    bench: Bench, make_finder: Callable[..., Finder]
) -> None:
    first = bench.add("a.mp4", size=5)[0]
    more = bench.library.add_section("More", locations=["/more"])
    second = bench.library.add_item(more, "/more/a.mp4", size=5)
    finder = make_finder(path_map="/stash => /data; /stash => /more")
    found = finder.locate(scene("/stash/a.mp4"))[0]
    assert isinstance(found, Located)
    assert [item.rating_key for item in found.items] == [first.rating_key, second.rating_key]
    assert found.because == (PATH_MAP,)


# Libraries


def test_an_unknown_library_is_named_with_those_that_exist(
    make_finder: Callable[..., Finder],
) -> None:
    with pytest.raises(PlexSettingsError, match="Films of mine") as caught:
        make_finder(plex_libraries="Films of mine").locate(scene("/data/a.mp4"))
    assert "Films" in caught.value.advice


def test_only_the_libraries_of_the_settings_are_looked_at(
    bench: Bench, make_finder: Callable[..., Finder]
) -> None:
    item = bench.add("a.mp4")[0]
    bench.library.add_section("Other", locations=["/other"])
    assert isinstance(make_finder(plex_libraries="other").locate(scene_of(item))[0], PlexNotFound)
    assert make_finder(plex_libraries="FILMS").keys(scene_of(item)) == [item.rating_key]


def test_a_library_that_was_replaced_meanwhile_is_read_anew(bench: Bench, finder: Finder) -> None:
    bench.add("a.mp4")
    finder.locator.prepare(bench.client)
    item = bench.add("b.mp4", added_at=1)[0]
    bench.films.uuid = "another"
    other = PathIndex(str(bench.data_dir), lambda: bench.now[0])
    other.use(bench.client.machine_identifier, bench.client.sections())
    other.close()
    assert finder.keys(scene_of(item)) == [item.rating_key]


@pytest.mark.parametrize("is_empty", [False, True], ids=["404", "empty"])
def test_a_library_that_was_deleted_stops_nobody(
    bench: Bench, finder: Finder, is_empty: bool
) -> None:
    more = bench.library.add_section("More", locations=["/more"])
    item = bench.library.add_item(more, "/more/a.mp4", size=5)
    assert finder.keys(scene("/more/a.mp4")) == [item.rating_key]
    bench.library.remove(item)
    del bench.library.sections[more.key]
    bench.plex.quirks.empty_for_unknown_section = is_empty
    assert isinstance(finder.locate(scene("/more/a.mp4"))[0], PlexNotFound)
    assert [section.title for section in finder.locator.sections] == ["Films"]
    assert finder.requests(lambda: finder.keys(scene_of(bench.add("new.mp4")[0])))["listing"] == 1


def test_a_library_that_was_added_later_is_found_after_a_while(
    bench: Bench, finder: Finder
) -> None:
    finder.locator.prepare(bench.client)
    more = bench.library.add_section("More", locations=["/more"])
    item = bench.library.add_item(more, "/more/a.mp4")
    assert isinstance(finder.locate(scene_of(item))[0], PlexNotFound)
    finder.now_m += CHECK_PAUSE_S
    assert finder.keys(scene_of(item)) == [item.rating_key]


def test_items_that_a_refresh_cant_see_are_found_after_a_while(
    bench: Bench, finder: Finder
) -> None:
    """Added with a clock that was set back."""
    bench.add("a.mp4")
    finder.locator.prepare(bench.client)
    item = bench.add("b.mp4", added_at=1)[0]
    assert isinstance(finder.locate(scene_of(item))[0], PlexNotFound)
    finder.now_m += CHECK_PAUSE_S
    assert finder.keys(scene_of(item)) == [item.rating_key]


def test_an_index_that_stops_half_way_is_finished_first(bench: Bench, finder: Finder) -> None:
    items = bench.add("a.mp4", "b.mp4")
    finder.locate(scene_of(items[0]))
    finder.index.read_again(bench.section())
    fresh = Finder(bench, finder.index)
    assert fresh.locate(scene_of(items[0]))
    assert finder.index.reading(bench.section()).is_done


def test_what_was_edited_in_plex_before_a_reading_that_broke_off_is_noticed(
    bench: Bench, finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PAGE_SIZE", 10)
    items = bench.add(*(f"{n}.mp4" for n in range(40)))
    finder.locator.prepare(bench.client)
    for edited in (items[-1], items[0]):
        bench.now[0] += 60
        bench.library.touch(edited)
    bench.plex.faults.add(Drop(), "Container-Start=[1-9]", times=1, skip=1)
    with pytest.raises(PlexUnavailable):
        indexing.rebuild(bench.client, finder.index, bench.section())
    finder.locator.catch_up(bench.client)
    wanted = [WantedFile(items[-1].parts[0].file)]
    assert finder.locator.known_items(wanted) == {items[-1].rating_key: items[-1].updated_at}


def test_the_rule_that_found_a_file_is_told(bench: Bench, finder: Finder) -> None:
    item = bench.add("a.mp4")[0]
    found = finder.locate(scene_of(item))[0]
    assert isinstance(found, Located)
    assert found.because == (SAME_PATH,)
    assert indexing.MOMENTS[0] == "addedAt"
