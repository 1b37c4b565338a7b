"""When a new scene is looked at again for its cover."""

from __future__ import annotations

import pytest

from sync.covers import LOOKS_S, epoch_s, is_wanted, lacks_cover, next_look_at
from sync.pictures import PictureMemory

CREATED = "2023-11-14T22:13:20Z"
BORN = 1_700_000_000.0


@pytest.mark.parametrize(
    ("age_s", "look_s"),
    [
        (0.0, 120.0),
        (-60.0, 120.0),
        (119.9, 120.0),
        (120.0, 600.0),
        (700.0, 3600.0),
        (3600.5, 21_600.0),
        (21_600.0, None),
        (10_000_000.0, None),
    ],
)
def test_the_scenes_age_alone_says_when_the_next_look_is(
    age_s: float, look_s: float | None
) -> None:
    expected = None if look_s is None else BORN + look_s
    assert next_look_at(CREATED, BORN + age_s) == expected


def test_the_looks_come_to_an_end() -> None:
    """Each look is a little late; none is repeated or skipped."""
    now, looks = BORN, []
    while (look := next_look_at(CREATED, now)) is not None:
        looks.append(look - BORN)
        now = look + 0.3
    assert looks == list(LOOKS_S)


@pytest.mark.parametrize(
    "created_at", ["", "yesterday", "2023-11-14T22:13:20", "2040-01-01T00:00:00Z"]
)
def test_an_age_that_is_not_known_brings_no_look(created_at: str) -> None:
    assert next_look_at(created_at, BORN) is None


def test_times_are_read_as_stash_writes_them() -> None:
    assert epoch_s(CREATED) == BORN
    assert epoch_s("2023-11-15T00:13:20+02:00") == BORN


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ({}, False),
        ({"poster": PictureMemory(), "background": PictureMemory()}, True),
        ({"poster": PictureMemory(source="x"), "background": PictureMemory()}, False),
    ],
    ids=["never-looked", "none", "one"],
)
def test_what_is_remembered_tells_whether_there_was_a_cover(
    pictures: dict[str, PictureMemory], expected: bool
) -> None:
    assert lacks_cover(pictures) is expected


def test_covers_are_wanted_unless_both_pictures_are_skipped() -> None:
    assert is_wanted(frozenset({"poster", "title"}))
    assert not is_wanted(frozenset({"poster", "background"}))
