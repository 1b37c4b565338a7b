"""What Stash stores though it looks odd, and what Plex shows of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.harness.sync import Desk


def test_a_comma_within_a_directors_name_makes_no_second_person(desk: Desk) -> None:
    desk.edit(1, director="Douglas Fairbanks, Jr.; Lois Weber")
    desk.edit(2, director="Fairbanks, Douglas, Jr.")
    desk.sync()
    assert desk.item(1).tag_names("director") == ["Douglas Fairbanks, Jr.", "Lois Weber"]
    assert desk.item(2).tag_names("director") == ["Fairbanks, Douglas, Jr."]
    desk.sync()
    assert desk.writes() == 0


@pytest.mark.parametrize("title", ["\u200b", "\u2060\ufeff ", "\u00ad"], ids=ascii)
def test_a_title_of_which_nothing_shows_is_none(desk: Desk, title: str) -> None:
    """Plex goes on showing the file's name, as Stash does."""
    before = desk.item(1).fields["title"]
    desk.edit(1, title=title)
    desk.sync()
    assert desk.item(1).fields["title"] == before


@pytest.mark.parametrize(("rating100", "shown"), [(101, "10"), (-5, "")])
def test_a_rating_out_of_range_stays_within_plexs(desk: Desk, rating100: int, shown: str) -> None:
    desk.edit(1, rating100=rating100)
    desk.sync()
    assert desk.item(1).fields.get("userRating", "") == shown


def test_a_transparent_cover_is_laid_on_white(desk: Desk) -> None:
    desk.configure(poster_style="fit")
    cover = io.BytesIO()
    Image.new("RGBA", (90, 60), (0, 0, 0, 0)).save(cover, "PNG")
    desk.edit(1, cover=cover.getvalue())
    desk.sync()
    shown = desk.item(1).selected("thumb")
    assert shown is not None
    with Image.open(io.BytesIO(shown.data)) as image:
        assert image.convert("RGB").getpixel((image.width // 2, image.height // 2)) == (
            255,
            255,
            255,
        )
