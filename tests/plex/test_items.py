"""One frozen item from Plex's XML."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from plex.items import PlexFile, parse_item
from sync.values import Credit

FULL = """<Video ratingKey="7" librarySectionID="2" type="movie" guid="plex://movie/1" title="T"
 titleSort="S" studio="St" summary="One&#10;Two" tagline="Tag" originallyAvailableAt="2001-02-03"
 year="2001" contentRating="NR" userRating="8.0" updatedAt="12"
 thumb="/library/metadata/7/thumb/12">
 <Media duration="1000"><Part file="/a.mp4" size="5"/><Part file="/b.mp4" duration="9"/></Media>
 <Media proxyType="42"><Part file="/optimised.mp4"/></Media>
 <Media deletedAt="1"><Part file="/trash.mp4"/></Media>
 <Genre tag="Drama"/><Label tag="Sea"/><Director tag="Ada"/><Collection tag="Voyages"/>
 <Role tag="Zoe" role="The Doctor" thumb="http://x/1"/>
 <Field name="title" locked="1"/><Field name="actor" locked="1"/><Field name="thumb" locked="1"/>
 <Field name="studio" locked="0"/><Field name="country" locked="1"/></Video>"""


def test_a_full_item() -> None:
    item = parse_item(fromstring(FULL))
    assert (item.rating_key, item.section_key, item.type, item.updated_at) == (7, "2", "movie", 12)
    assert item.files == (PlexFile("/a.mp4", 5, 1000), PlexFile("/b.mp4", 0, 9))
    assert item.state.values == {
        "title": "T",
        "sort_title": "S",
        "studio": "St",
        "summary": "One\nTwo",
        "tagline": "Tag",
        "date": "2001-02-03",
        "year": "2001",
        "content_rating": "NR",
        "rating": "8",
        "genres": (Credit("Drama"),),
        "labels": (Credit("Sea"),),
        "cast": (Credit("Zoe", "The Doctor", "http://x/1"),),
        "directors": (Credit("Ada"),),
        "collections": (Credit("Voyages"),),
    }
    assert item.state.locked == {"title", "cast", "poster", "country"}
    assert item.pictures == {"poster"}


def test_an_empty_item_has_every_field_empty() -> None:
    item = parse_item(fromstring('<Video ratingKey="1" type="movie"/>'))
    assert not any(item.state.values.values())
    assert item.files == ()


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("8.5", "8.5"), ("10.0", "10"), ("x", "x")])
def test_ratings_have_one_form(text: str, shown: str) -> None:
    item = parse_item(fromstring(f'<Video ratingKey="1" userRating="{text}"/>'))
    assert item.state.values["rating"] == shown


@pytest.mark.parametrize("text", ["x", "", "1.5", "9" * 30, "9" * 5000])
def test_numbers_that_cannot_be_read_count_as_not_told(text: str) -> None:
    item = parse_item(
        fromstring(
            f'<Video ratingKey="{text}" updatedAt="{text}"><Media duration="7">'
            f'<Part file="/a.mp4" size="{text}" duration="{text}"/></Media></Video>'
        )
    )
    assert (item.rating_key, item.updated_at) == (0, 0)
    assert item.files == (PlexFile("/a.mp4", 0, 7),)
