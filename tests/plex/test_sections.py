"""Which libraries are meant."""

from __future__ import annotations

import pytest

from plex.client import PlexSection
from plex.exceptions import PlexSettingsError
from plex.sections import chosen_sections, sections_holding

FILMS = PlexSection("1", "Films", "movie", "u1", ("/data/films", "/data/more"))
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
