"""What collections come from, and how few moves bring one into order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.collection import (
    Source,
    desired_description,
    is_final,
    is_sorted_by_title,
    moves,
    number_in,
    sources,
    wanted_order,
)
from validation.config import PlexSyncConfig
from validation.scene import Scene


def config(**settings: Any) -> PlexSyncConfig:
    return PlexSyncConfig.model_validate(
        {"plex_url": "http://plex:32400", "plex_token": "token", **settings}
    )


def scene(**fields: Any) -> Scene:
    return Scene.model_validate({"id": 1, **fields})


def in_groups(*numbers: int | None) -> Scene:
    """A scene in groups 1, 2, 3 … with these numbers."""
    return scene(
        groups=[
            {"group": {"id": n, "name": f"Group {n}", "updated_at": "x"}, "scene_index": number}
            for n, number in enumerate(numbers, 1)
        ]
    )


def test_names_come_once_in_the_order_of_the_setting() -> None:
    parent = {"id": 2, "name": "Parent", "updated_at": "then"}
    found = sources(
        scene(
            studio={"id": 1, "name": "Same", "updated_at": "now", "parent_studio": parent},
            groups=[{"group": {"id": 3, "name": "SAME"}}, {"group": {"id": 4, "name": " "}}],
            tags=[{"id": 5, "name": "Classic"}, {"id": 6, "name": "Other"}],
        ),
        config(collections=("tags:classic", "studio", "parent_studio", "groups")),
    )
    assert found == [
        Source("tag", 5, "Classic"),
        Source("studio", 1, "Same", "now"),
        Source("studio", 2, "Parent", "then"),
    ]


@pytest.mark.parametrize(
    ("numbers", "group", "by_title"),
    [((3,), 1, True), ((3, 4), 2, False), ((None, 4), 2, True), ((None,), 1, False)],
    ids=["its only group", "its second group", "its first number", "no number"],
)
def test_the_sort_title_serves_the_first_numbered_group(
    numbers: tuple[int | None, ...], group: int, *, by_title: bool
) -> None:
    source = Source("group", group, f"Group {group}", "x")
    settings = config(collections=("groups",))
    assert is_sorted_by_title(in_groups(*numbers), source, settings) is by_title
    skipped = config(collections=("groups",), skip_fields=frozenset({"sort_title"}))
    assert not is_sorted_by_title(in_groups(*numbers), source, skipped)
    assert number_in(in_groups(*numbers), source) == numbers[group - 1]
    assert number_in(in_groups(*numbers), Source("studio", group, "x")) is None


def test_a_collection_shows_text_and_order_but_for_what_is_skipped() -> None:
    assert desired_description("Text", "1", config()) == {"summary": "Text", "order": "1"}
    assert desired_description("Text", "", config()) == {"summary": "Text"}
    assert desired_description("Text", "", config(skip_fields=frozenset({"summary"}))) == {}


@pytest.mark.parametrize(
    ("hint", "looked_at", "settled"),
    [
        ("1970-01-01T00:01:40Z", 100.9, False),
        ("1970-01-01T00:01:40Z", 101.0, True),
        ("1970-01-01T02:01:40+02:00", 100.9, False),
        ("", 0.0, True),
        ("no time", 0.0, True),
    ],
)
def test_within_the_second_of_a_change_another_may_follow(
    hint: str, looked_at: float, *, settled: bool
) -> None:
    assert is_final(hint, looked_at) is settled


def test_the_order_is_by_number_then_as_it_is() -> None:
    assert wanted_order([5, 4, 3, 2, 1], {3: 2, 4: 1, 2: 1, 9: 0}) == [4, 2, 3, 5, 1]


def after(now: list[int], steps: list[tuple[int, int | None]]) -> list[int]:
    """The list once the moves were made, as Plex makes them."""
    order = list(now)
    for key, behind in steps:
        order.remove(key)
        order.insert(0 if behind is None else order.index(behind) + 1, key)
    return order


@given(st.permutations(range(12)), st.permutations(range(12)))
def test_moves_lead_from_one_order_to_the_other(now: list[int], wanted: list[int]) -> None:
    steps = moves(now, wanted)
    assert after(now, steps) == wanted
    assert len({key for key, _ in steps}) == len(steps) < len(now)


@pytest.mark.parametrize(
    ("now", "wanted", "fewest"),
    [([1, 2, 3], [1, 2, 3], 0), ([3, 1, 2, 4], [1, 2, 3, 4], 1), ([3, 2, 1], [1, 2, 3], 2)],
)
def test_there_are_no_more_moves_than_needed(
    now: list[int], wanted: list[int], fewest: int
) -> None:
    assert len(moves(now, wanted)) == fewest
