"""Tags that are moved, renamed, merged and deleted above those that scenes have. Through the hooks,
as Stash starts them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from simulators.rig import Rig
from simulators.stash import Tag
from tests.harness.rig import change, hooks_of, scenes, synced, tags, until_followed


@dataclass
class Family:
    """Nature, Forest below it and Pine below that: scenes 1, 2 and 3 have one each. Scene 4 has
    River, which is below nothing; the others have no tag."""

    rig: Rig
    nature: Tag
    forest: Tag
    pine: Tag
    river: Tag

    def in_nature(self) -> list[int]:
        """The scenes that are in the collection."""
        found = {each.id: tags(self.rig, each.id, "collection") for each in scenes(self.rig)}
        return [scene_id for scene_id, names in found.items() if names == ["Nature"]]

    def genres(self) -> dict[int, list[str]]:
        found = {each.id: tags(self.rig, each.id, "genre") for each in scenes(self.rig)}
        return {scene_id: names for scene_id, names in found.items() if names}

    def written(self) -> set[int]:
        """The scenes whose items were written to since the first sync."""
        keys = {key for key, _ in self.rig.plex.library.edits}
        return {each.id for each in scenes(self.rig) if self.rig.item(each.id).rating_key in keys}


@pytest.fixture
def family(make_rig: Callable[..., Rig]) -> Family:
    rig = make_rig(count=8)
    library = rig.stash.library
    nature = library.add_tag("Nature", description="Out of doors.")
    forest = library.add_tag("Forest", parents=[nature])
    pine = library.add_tag("Pine", parents=[forest])
    river = library.add_tag("River")
    own = {1: nature, 2: forest, 3: pine, 4: river}
    for scene in scenes(rig):
        scene.tags = [own[scene.id]] if scene.id in own else []
    return Family(rig, nature, forest, pine, river)


@pytest.fixture
def gathered(family: Family) -> Family:
    """In step, with a collection of Nature and what is below it."""
    family.rig.configure(collections="tags:nature", skip_fields="poster, background")
    synced(family.rig)
    return family


@pytest.fixture
def thinned(family: Family) -> Family:
    """In step, without Nature and what is below it."""
    family.rig.configure(ignore_tags="Nature, to do", skip_fields="poster, background")
    synced(family.rig)
    return family


def test_a_collection_of_a_tag_has_the_scenes_of_the_tags_below_it(gathered: Family) -> None:
    assert gathered.in_nature() == [1, 2, 3]
    # No scene gets a tag that it hasn't.
    assert gathered.genres() == {1: ["Nature"], 2: ["Forest"], 3: ["Pine"], 4: ["River"]}
    made = gathered.rig.plex.library.items(type="collection")
    assert [(each.title, each.fields["summary"]) for each in made] == [("Nature", "Out of doors.")]


def test_a_tag_that_moves_takes_its_scenes_along(gathered: Family) -> None:
    change(gathered.rig, "tagUpdate", id=gathered.river.id, parent_ids=[gathered.forest.id])
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1, 2, 3, 4]
    change(gathered.rig, "tagUpdate", id=gathered.forest.id, parent_ids=[])
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1]
    assert hooks_of(gathered.rig, "Tag.Update.Post") == 2


def test_a_move_that_only_the_parent_tells_of_is_followed(gathered: Family) -> None:
    """Stash then starts no hook for the child, and knows no more what was below before."""
    change(gathered.rig, "tagUpdate", id=gathered.forest.id, child_ids=[gathered.river.id])
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1, 2, 4]
    assert gathered.written() == {3, 4}


def test_several_tags_that_are_moved_together_are_followed(gathered: Family) -> None:
    both = [gathered.pine.id, gathered.river.id]
    parents = {"ids": [gathered.nature.id], "mode": "SET"}
    gathered.rig.stash.graphql(
        "mutation($input: BulkTagUpdateInput!) { bulkTagUpdate(input: $input) { id } }",
        {"input": {"ids": both, "parent_ids": parents}},
    )
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1, 2, 3, 4]
    assert gathered.written() == {4}


def test_the_ancestor_that_names_a_collection_is_renamed(gathered: Family) -> None:
    """The setting still names Nature: it is another tag's collection from then on, or nobody's."""
    change(gathered.rig, "tagUpdate", id=gathered.nature.id, description="All that grows.")
    until_followed(gathered.rig)
    (made,) = gathered.rig.plex.library.items(type="collection")
    assert made.fields["summary"] == "All that grows."
    change(gathered.rig, "tagUpdate", id=gathered.nature.id, name="Wildlife")
    until_followed(gathered.rig)
    assert gathered.in_nature() == []
    assert gathered.genres()[1] == ["Wildlife"]
    change(gathered.rig, "tagUpdate", id=gathered.forest.id, name="Nature")
    until_followed(gathered.rig)
    assert gathered.in_nature() == [2, 3]


def test_a_deleted_tag_parts_what_is_below_it_from_what_is_above(gathered: Family) -> None:
    change(gathered.rig, "tagDestroy", id=gathered.forest.id)
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1]
    assert gathered.genres() == {1: ["Nature"], 3: ["Pine"], 4: ["River"]}


def test_a_merged_tag_brings_its_family_along(gathered: Family) -> None:
    """The kept tag gets the parents and children of the other."""
    change(gathered.rig, "tagsMerge", source=[gathered.forest.id], destination=gathered.river.id)
    until_followed(gathered.rig)
    assert gathered.in_nature() == [1, 2, 3, 4]
    assert gathered.genres() == {1: ["Nature"], 2: ["River"], 3: ["Pine"], 4: ["River"]}


def test_a_tag_that_moves_below_an_ignored_one_is_gone_and_comes_back(thinned: Family) -> None:
    assert thinned.genres() == {4: ["River"]}
    change(thinned.rig, "tagUpdate", id=thinned.river.id, parent_ids=[thinned.pine.id])
    until_followed(thinned.rig)
    assert thinned.genres() == {}
    change(thinned.rig, "tagUpdate", id=thinned.forest.id, child_ids=[])
    until_followed(thinned.rig)
    assert thinned.genres() == {3: ["Pine"], 4: ["River"]}


def test_an_ignored_tag_that_is_deleted_or_renamed_ignores_nothing_more(thinned: Family) -> None:
    change(thinned.rig, "tagDestroy", id=thinned.nature.id)
    until_followed(thinned.rig)
    assert thinned.genres() == {2: ["Forest"], 3: ["Pine"], 4: ["River"]}
    change(thinned.rig, "tagUpdate", id=thinned.forest.id, name="To do")
    until_followed(thinned.rig)
    assert thinned.genres() == {4: ["River"]}


def test_where_no_setting_names_tags_a_move_writes_nothing(family: Family) -> None:
    synced(family.rig)
    change(family.rig, "tagUpdate", id=family.river.id, parent_ids=[family.nature.id])
    until_followed(family.rig)
    change(family.rig, "tagUpdate", id=family.nature.id, child_ids=[])
    until_followed(family.rig)
    assert family.rig.plex.library.edits == []


def test_the_first_event_after_a_setting_was_turned_on_leaves_the_others_as_they_are(
    family: Family,
) -> None:
    """Their rows know nothing of what is above their tags; the next full sync does the rest."""
    family.rig.configure(skip_fields="poster, background")
    synced(family.rig)
    family.rig.configure(skip_fields="poster, background", ignore_tags="Nature")
    change(family.rig, "tagUpdate", id=family.pine.id, parent_ids=[])
    until_followed(family.rig)
    assert family.genres() == {1: ["Nature"], 2: ["Forest"], 3: ["Pine"], 4: ["River"]}
    synced(family.rig)
    assert family.genres() == {3: ["Pine"], 4: ["River"]}
