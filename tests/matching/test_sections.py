"""Which libraries are meant."""

from __future__ import annotations

import pytest

from matching.sections import (
    Folder,
    chosen_sections,
    fewer_folders,
    folders_of,
    possible_paths,
    sections_holding,
)
from plex.client import PlexSection
from plex.exceptions import PlexSettingsError
from plex.matcher import PathRule

FILMS = PlexSection("1", "Films", "movie", "u1", ("/data/films", "/data/more"))
ROOTS = PlexSection("4", "Roots", "movie", "u4", ("/", "E:\\"))
TWIN = PlexSection("2", "films", "movie", "u2", ("/twin",))
SERIES = PlexSection("3", "Series", "show", "u3", ("D:\\Series",))
ALL = [FILMS, TWIN, SERIES]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param([], ALL, id="all-without-names"),
        pytest.param(["SERIES"], [SERIES], id="in-any-case"),
        pytest.param(["Films"], [FILMS, TWIN], id="every-one-of-the-name"),
    ],
)
def test_libraries_are_chosen_by_name(names: list[str], expected: list[PlexSection]) -> None:
    assert chosen_sections(ALL, names) == expected


@pytest.mark.parametrize(
    ("sections", "names", "advice"),
    [
        pytest.param(ALL, ["Films", "Fims"], "Films, films, Series", id="unknown-name"),
        pytest.param([], [], "Other Videos", id="no-library"),
        pytest.param([], ["Films"], "Plex has: none", id="no-library-but-a-name"),
    ],
)
def test_a_library_that_isnt_there_is_a_matter_of_the_settings(
    sections: list[PlexSection], names: list[str], advice: str
) -> None:
    with pytest.raises(PlexSettingsError) as caught:
        chosen_sections(sections, names)
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/data/more/x/a.mp4", [FILMS], id="a-folder-inside"),
        pytest.param("/data/films2/a.mp4", [], id="whole-names-only"),
        pytest.param("d:/series/a.mp4", [SERIES], id="windows"),
    ],
)
def test_libraries_are_chosen_by_a_path(path: str, expected: list[PlexSection]) -> None:
    assert sections_holding(ALL, [path]) == expected


@pytest.mark.parametrize(
    ("section", "path", "expected"),
    [
        pytest.param(FILMS, "/data/more/x/a.mp4", ["/data/more/x"], id="below"),
        pytest.param(FILMS, "/data/films/a.mp4", ["/data/films"], id="the-location-itself"),
        pytest.param(FILMS, "/data/films2/a.mp4", [], id="whole-names-only"),
        pytest.param(SERIES, "d:/series/x/y/a.mp4", ["D:\\Series\\x\\y"], id="windows"),
        pytest.param(ROOTS, "/x/a.mp4", ["/x"], id="the-root"),
        pytest.param(ROOTS, "/a.mp4", ["/"], id="in-the-root"),
        pytest.param(ROOTS, "E:\\x\\a.mp4", ["E:\\x"], id="a-drive"),
        pytest.param(ROOTS, "E:\\a.mp4", ["E:\\"], id="in-a-drive"),
        pytest.param(FILMS, "/data/films/Cafe\u0301/a.mp4", ["/data/films/Cafe\u0301"], id="form"),
    ],
)
def test_a_files_folder_is_spelt_as_plex_and_the_disk_spell_it(
    section: PlexSection, path: str, expected: list[str]
) -> None:
    assert [each.path for each in folders_of([section], [path])] == expected


def test_rules_say_where_plex_may_see_a_file() -> None:
    rules = [PathRule("/stash", "/data/films"), PathRule("/other", "/x")]
    paths = possible_paths("/stash/Cafe\u0301/a.mp4", rules)
    assert paths == ["/stash/Cafe\u0301/a.mp4", "/data/films/Cafe\u0301/a.mp4"]
    assert [each.path for each in folders_of(ALL, paths)] == ["/data/films/Cafe\u0301"]


def test_many_folders_give_way_to_what_holds_them() -> None:
    deep = [Folder("1", "/data", ("a", str(n))) for n in range(5)]
    flat = [Folder("1", "/data", ("b",)), Folder("2", "/more", ())]
    assert fewer_folders([*deep, *flat], 7) == [*deep, *flat]
    assert fewer_folders([*deep, *flat], 3) == [Folder("1", "/data", ("a",)), *flat]
    assert fewer_folders([*deep, *flat], 2) == [Folder("1", "/data", ()), flat[1]]
    assert len(fewer_folders([*deep, *flat], 1)) == 2  # no location is left out


def test_a_folder_contains_itself_and_what_is_below() -> None:
    above = Folder("1", "/data", ("a",))
    assert above.contains(above)
    assert above.contains(Folder("1", "/data", ("a", "b")))
    assert not above.contains(Folder("1", "/data", ("ab",)))
    assert not above.contains(Folder("2", "/data", ("a", "b")))
