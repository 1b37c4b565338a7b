"""What the settings say of a tag holds for the tags below it, however many paths lead there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import fields
from sync.mapping import desired_values
from sync.tags import lineage, needs_ancestors
from tests.harness.mapping import config, names, wanted
from validation.scene import Scene, Tag

# Pine has two parents that meet again in Nature.
NATURE: dict[str, Any] = {"id": 1, "name": "Nature", "parents": []}
FOREST: dict[str, Any] = {"id": 2, "name": "Forest", "parents": [NATURE]}
TREE: dict[str, Any] = {"id": 3, "name": "Tree", "parents": [NATURE]}
PINE: dict[str, Any] = {"id": 4, "name": "Pine", "parents": [FOREST, TREE]}
RIVER: dict[str, Any] = {"id": 5, "name": "River"}


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("", ["Pine", "River"]),
        ("nature", ["River"]),
        ("Tree", ["River"]),
        ("Pine, RIVER", []),
        ("River", ["Pine"]),
        ("Tre", ["Pine", "River"]),
    ],
)
def test_an_ignored_tag_covers_what_is_below_it(ignored: str, left: list[str]) -> None:
    values = wanted(settings={"ignore_tags": ignored, "tags_as": "both"}, tags=[PINE, RIVER])
    assert names(values, "genres") == names(values, "labels") == left


def test_what_is_above_an_ignored_tag_stays() -> None:
    values = wanted(settings={"ignore_tags": "Pine"}, tags=[NATURE, FOREST, PINE])
    assert names(values, "genres") == ["Nature", "Forest"]


@pytest.mark.parametrize(
    ("choices", "collections"),
    [
        ("tags:nature", ["Nature"]),
        ("tags:Tree, tags:Pine, tags:Nature", ["Tree", "Pine", "Nature"]),
        ("tags:Sea", []),
    ],
)
def test_a_tags_collection_has_the_scenes_of_the_tags_below_it(
    choices: str, collections: list[str]
) -> None:
    """Ignored or not, and without becoming a genre."""
    settings = {"collections": choices, "ignore_tags": "Tree"}
    values = wanted(settings=settings, tags=[PINE, RIVER])
    assert names(values, "collections") == collections
    assert names(values, "genres") == ["River"]


def test_a_lineage_goes_from_the_nearest_up_and_names_each_once() -> None:
    assert [each.name for each in lineage(Tag.model_validate(PINE))] == [
        "Pine", "Forest", "Tree", "Nature",
    ]  # fmt: skip


def test_what_was_cut_off_on_a_long_way_is_found_on_a_short_one() -> None:
    """The query ends at a depth; the same tag may be met there, and nearer with its parents."""
    far = {"id": 2, "name": "Far", "parents": [{"id": 3, "name": "Near"}]}
    near = {"id": 3, "name": "Near", "parents": [NATURE]}
    both = Tag.model_validate({"id": 4, "name": "Own", "parents": [far, near]})
    assert [each.name for each in lineage(both)] == ["Own", "Far", "Near", "Nature"]


@pytest.mark.parametrize(
    ("settings", "is_needed"),
    [
        ({}, False),
        ({"collections": "studio, groups"}, False),
        ({"tags_as": "both"}, False),
        ({"ignore_tags": "to do"}, True),
        ({"collections": "studio, tags:Nature"}, True),
    ],
    ids=str,
)
def test_what_is_above_tags_is_asked_for_only_where_a_setting_names_tags(
    settings: dict[str, str], *, is_needed: bool
) -> None:
    assert needs_ancestors(config(**settings)) is is_needed


MOST = 7


@st.composite
def hierarchies(draw: st.DrawFn) -> list[set[int]]:
    """The numbers of each tag's parents; a parent's is smaller, so that there is no loop."""
    return [
        draw(st.sets(st.integers(0, number - 1))) if number else set() for number in range(MOST)
    ]


def as_stash_answers(number: int, parents: list[set[int]]) -> dict[str, Any]:
    above = [as_stash_answers(each, parents) for each in sorted(parents[number])]
    return {"id": number, "name": f"Tag {number}", "parents": above}


def descendants(number: int, parents: list[set[int]]) -> set[int]:
    """With itself, found from above."""
    found = {number}
    for each in range(number + 1, MOST):
        if parents[each] & found:
            found.add(each)
    return found


@given(hierarchies(), st.sets(st.integers(0, MOST - 1)), st.integers(0, MOST - 1))
def test_in_any_hierarchy_the_settings_cover_the_tags_below_and_no_others(
    parents: list[set[int]], own: set[int], named: int
) -> None:
    scene = Scene.model_validate(
        {"id": 1, "tags": [as_stash_answers(each, parents) for each in sorted(own)]}
    )
    settings = config(ignore_tags=f"TAG {named}", collections=f"tags:tag {named}")
    values = dict(desired_values(scene, settings, fields.MOVIE))
    below = descendants(named, parents)
    assert names(values, "genres") == [f"Tag {each}" for each in sorted(own - below)]
    assert names(values, "collections") == ([f"Tag {named}"] if own & below else [])
