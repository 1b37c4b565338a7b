"""A scene as Plex should show it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import fields
from sync.mapping import desired_values, fill_template, widened_date
from sync.text import MAX_ENCODED_BLOCK, block, encoded_length, one_line
from sync.values import Credit
from tests.harness.mapping import config, scene, wanted
from validation.scene import Scene


def test_every_field_of_a_movie() -> None:
    settings = {
        "collections": "studio, parent_studio, groups, tags:sea",
        "tags_as": "both",
        "ignore_tags": "TODO",
        "content_rating": "NR",
        "tagline_template": "{performers}",
        "cast_photos": True,
    }
    values = wanted(settings=settings)
    assert values | {"summary": ""} == {
        "title": "The Long Voyage",
        "sort_title": "Voyages 0007",
        "studio": "Beacon",
        "summary": "",
        "tagline": "Zoe, zoe, Clara",
        "date": "1999-04-01",
        "content_rating": "NR",
        "rating": "8.5",
        "genres": (Credit("Drama"), Credit("Sea")),
        "labels": (Credit("Drama"), Credit("Sea")),
        "cast": (Credit("Zoe", "the elder", "http://s/1?t=1"), Credit("Clara")),
        "directors": (Credit("Ada Abel"), Credit("Bruno Berg")),
        "collections": tuple(map(Credit, ("Beacon", "Beacon Group", "Extras", "Voyages", "Sea"))),
    }
    assert values["summary"] == "First line.\nSecond line."


def test_an_episode_has_what_plex_lets_it_have() -> None:
    absent = {"studio", "tagline", "genres"}
    assert set(wanted(fields.EPISODE)) == set(wanted()) - absent


def test_an_empty_scene_says_nothing() -> None:
    empty = Scene(id=1)
    assert not any(desired_values(empty, config(), fields.MOVIE).values())


def test_settings_that_are_off_say_nothing_so_that_what_they_wrote_can_go() -> None:
    values = wanted()
    assert [values[name] for name in ("tagline", "content_rating", "labels", "collections")] == [
        "", "", (), (),
    ]  # fmt: skip
    assert wanted(settings={"tags_as": "labels"})["genres"] == ()


def test_skipped_fields_are_absent() -> None:
    assert not {"title", "cast"} & set(wanted(settings={"skip_fields": "title, cast"}))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2001-02-03", "2001-02-03"),
        ("2001-2", "2001-02-01"),
        ("2001", "2001-01-01"),
        ("2001-02-30", ""),
        ("0000", ""),
        ("soon", ""),
        ("", ""),
    ],
)
def test_dates_are_widened(text: str, date: str) -> None:
    assert widened_date(text) == date


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{studio} - {title}", "Beacon - The  Long Voyage"),
        ("{nonsense} {code}", "{nonsense} LV-1"),
        ("{year} ({rating})", "1999 (8.5)"),
        ("{file}", "voyage"),
        ("{0} {title.__class__}", "{0} {title.__class__}"),
    ],
)
def test_templates(template: str, text: str) -> None:
    assert fill_template(template, scene()) == one_line(text)


def test_a_template_drops_separators_of_empty_values() -> None:
    bare = Scene(id=1, title="Only")
    assert fill_template("{studio} - {title} ({year})", bare) == "Only"
    assert fill_template("{studio} ({year})", bare) == ""


def test_no_title_in_stash_leaves_the_title_alone_whatever_the_template() -> None:
    assert wanted(title="", settings={"title_template": "{studio} - {title}"})["title"] == ""


def test_the_sort_title_needs_group_collections_and_a_number() -> None:
    assert wanted()["sort_title"] == ""
    unnumbered = [{"group": {"id": 1, "name": "Extras"}, "scene_index": None}]
    assert wanted(settings={"collections": "groups"}, groups=unnumbered)["sort_title"] == ""


@pytest.mark.parametrize("rating", [(None, ""), (1, "0.1"), (50, "5"), (100, "10")])
def test_ratings(rating: tuple[int | None, str]) -> None:
    assert wanted(rating100=rating[0])["rating"] == rating[1]


def test_an_address_with_a_key_in_it_is_never_given_away() -> None:
    performers = [{"id": 1, "name": "Ada", "image_path": "http://s/1?apikey=secret"}]
    values = wanted(settings={"cast_photos": True}, performers=performers)
    assert values["cast"] == (Credit("Ada"),)


def test_long_text_is_cut_to_what_an_address_holds() -> None:
    for text in ("ä" * 9000, "word " * 3000, "👩‍👩‍👧 " * 900):
        assert encoded_length(block(text)) <= MAX_ENCODED_BLOCK
        assert block(block(text)) == block(text)


def test_names_are_one_clean_line() -> None:
    assert one_line("a\n\tb\x07 c") == "a b c"
    assert len(one_line("x" * 999)) == 255


@given(text=st.text())
def test_the_length_in_an_address_is_that_of_the_encoded_text(text: str) -> None:
    text = one_line(text)
    assert encoded_length(text) == len(quote(text, safe=""))


@pytest.mark.parametrize("title", ["\u200b", " \u2060\ufeff ", "\u3164", "\u2800\u00ad", "\u202e"])
def test_a_title_of_which_nothing_shows_is_none(title: str) -> None:
    assert wanted(title=title)["title"] == ""
    assert wanted(title=title, settings={"title_template": "{title}"})["title"] == ""


@pytest.mark.parametrize(
    ("rating", "shown"), [(101, "10"), (100, "10"), (-5, ""), (0, ""), (None, ""), (1, "0.1")]
)
def test_a_rating_beyond_stashs_own_scale_never_reaches_plex(rating: int, shown: str) -> None:
    assert wanted(rating100=rating)["rating"] == shown
