"""Tags above those that scenes have: when they are asked for, what of them is remembered, and that
looks ahead know them too. The events are in tests/process/test_tag_hierarchy.py."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from commands.explain import explain
from commands.preview import preview_all
from commands.preview_text import ItemPreview
from jobs.schema import TAG
from simulators.stash import Tag
from tests.harness.sync import Desk, settled


@dataclass
class Bench:
    """Scenes 1 and 2 have Pine, which is below Forest; scene 3 has River."""

    desk: Desk
    forest: Tag
    pine: Tag
    river: Tag

    def genres(self, scene_id: int) -> list[str]:
        return self.desk.item(scene_id).tag_names("genre")

    def asks_for_parents(self) -> bool:
        """Whether any query since the last reset did."""
        asked = self.desk.rig.stash.requests.matching("POST", "/graphql")
        return any(b"parents" in each.body for each in asked)

    def scenes_with(self, tag: Tag) -> list[int]:
        with self.desk.context() as context:
            return context.stores.scene_cache.scenes_with(TAG, tag.id)


@pytest.fixture
def bench(desk: Desk) -> Bench:
    library = desk.rig.stash.library
    forest, river = library.add_tag("Forest"), library.add_tag("River")
    pine = library.add_tag("Pine", parents=[forest])
    for scene_id in desk.rig.stash.library.scenes:
        desk.edit(scene_id, tags={1: [pine], 2: [pine], 3: [river]}.get(scene_id, []))
    desk.configure(skip_fields="poster, background")
    return Bench(desk, forest, pine, river)


def test_what_is_above_tags_is_not_asked_for_where_it_does_not_matter(bench: Bench) -> None:
    bench.desk.sync()
    assert not bench.asks_for_parents()
    assert bench.scenes_with(bench.pine) == [1, 2]
    assert bench.scenes_with(bench.forest) == []


@pytest.mark.parametrize(
    "setting", [{"ignore_tags": "to do"}, {"collections": "tags:Nature"}], ids=str
)
def test_where_it_matters_it_is_remembered(bench: Bench, setting: dict[str, str]) -> None:
    bench.desk.configure(skip_fields="poster, background", **setting)
    bench.desk.sync()
    assert bench.asks_for_parents()
    assert bench.scenes_with(bench.forest) == [1, 2]
    assert bench.scenes_with(bench.river) == [3]


def test_a_full_sync_notices_what_changed_above_a_tag(bench: Bench) -> None:
    """Whether by a rename or a move: neither moves a scene's time, and hooks may have been off."""
    library = bench.desk.rig.stash.library
    bench.desk.configure(skip_fields="poster, background", ignore_tags="Nature")
    settled(bench.desk)
    bench.desk.sync()
    assert bench.desk.looks() == []
    library.update(bench.forest, name="Nature")
    assert "2 synced, 8 already in sync" in bench.desk.sync()
    assert bench.desk.looks() == [bench.desk.item(each).rating_key for each in (1, 2)]
    assert [bench.genres(each) for each in (1, 2, 3)] == [[], [], ["River"]]
    library.update(bench.river, parents=[bench.pine])
    assert "1 synced, 9 already in sync" in bench.desk.sync()
    assert bench.genres(3) == []
    library.update(bench.pine, parents=[])
    assert "3 synced, 7 already in sync" in bench.desk.sync()
    assert [bench.genres(each) for each in (1, 2, 3)] == [["Pine"], ["Pine"], ["River"]]


def test_a_setting_that_is_turned_on_reaches_what_was_synced_without_it(bench: Bench) -> None:
    settled(bench.desk)
    bench.desk.configure(skip_fields="poster, background", ignore_tags="Forest")
    assert "2 synced, 8 already in sync" in bench.desk.sync()
    assert bench.scenes_with(bench.forest) == [1, 2]
    bench.desk.configure(skip_fields="poster, background")
    assert "2 synced, 8 already in sync" in bench.desk.sync()
    assert bench.genres(1) == ["Pine"]


def test_looks_ahead_know_what_is_above_a_tag(bench: Bench) -> None:
    bench.desk.sync()
    bench.desk.configure(skip_fields="poster, background", ignore_tags="Forest")
    with bench.desk.context() as context:
        previews = list(preview_all(context, lambda _fraction: None))
        (explained,) = explain(context, 1).previews
    changed = {
        each.scene_id: [change.field for change in each.changes]
        for each in previews
        if isinstance(each, ItemPreview) and each.changes
    }
    assert changed == {1: ["genres"], 2: ["genres"]}
    assert [edit.field for edit in explained.changes] == ["genres"]
