"""Putting back: for every history of syncs and edits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.merge import merge
from sync.reasons import EDITED_IN_PLEX
from sync.restore import plan_forget, plan_restore
from sync.values import Credit, ItemState, Memory, Value, Values
from tests.sync.strategies import FIELDS, STATES, applied, remembered, values

WISHES = st.lists(values(complete=False), min_size=1, max_size=3)


def synced(state: ItemState, wishes: list[Values]) -> tuple[Memory, ItemState]:
    """What is remembered and shown after a sync of each wish in turn."""
    memory = Memory()
    for wish in wishes:
        plan = merge(memory, state, wish)
        if plan.edits:
            state, memory = applied(plan, state), remembered(plan)
    return memory, state


def comparable(state: ItemState) -> object:
    """Sets as sets; the order and roles of the cast count."""
    return [
        sorted(each.key for each in state.credits(field.name))
        if field.is_credits and not field.ordered
        else [(each.key, each.role) for each in state.credits(field.name)]
        if field.is_credits
        else state.text(field.name)
        for field in FIELDS
    ], state.locked


@given(STATES, WISHES, st.booleans(), st.booleans())
def test_any_number_of_syncs_is_undone(
    before: ItemState, wishes: list[Values], force: bool, replacing: bool
) -> None:
    # An item without a title doesn't exist in Plex.
    before = ItemState({**before.values, "title": before.text("title") or "file"}, before.locked)
    memory, state = synced(before, wishes)
    plan = plan_restore(memory, state, force=force)
    assert comparable(applied(plan, state, replacing=replacing)) == comparable(before)
    assert plan.kept == ()
    assert plan.baseline == {}


@given(STATES, WISHES)
def test_restoring_twice_changes_nothing(before: ItemState, wishes: list[Values]) -> None:
    memory, state = synced(before, wishes)
    plan = plan_restore(memory, state)
    after = applied(plan, state)
    assert plan_restore(memory, after).edits == ()


@given(STATES, WISHES, STATES)
def test_edits_since_are_left_and_reported_unless_forced(
    before: ItemState, wishes: list[Values], edited: ItemState
) -> None:
    before = ItemState({**before.values, "title": before.text("title") or "file"}, before.locked)
    memory, _ = synced(before, wishes)
    plan = plan_restore(memory, edited)
    after = applied(plan, edited)
    for field in FIELDS:
        name = field.name
        if not memory.has_written(name):
            assert after.values[name] == edited.values[name]
        elif not field.is_credits and edited.text(name) not in (
            *memory.texts(name),
            before.text(name),
        ):
            assert after.text(name) == edited.text(name)
            assert EDITED_IN_PLEX in [each.because for each in plan.kept if each.field == name]
    forced = applied(plan_restore(memory, edited, force=True), edited)
    for field in FIELDS:
        if memory.has_written(field.name) and not field.is_credits:
            assert forced.text(field.name) == before.text(field.name)


def test_an_agents_sort_title_comes_back_with_the_title() -> None:
    memory = Memory({"title": "Ours"}, (), ItemState({"title": "Theirs", "sort_title": "Special"}))
    plan = plan_restore(memory, ItemState({"title": "Ours", "sort_title": ""}))
    assert [(each.field, each.new, each.lock) for each in plan.edits] == [
        ("title", "Theirs", False),
        ("sort_title", "Special", False),
    ]


def test_a_genre_that_a_user_added_since_stays() -> None:
    memory = Memory({"genres": (Credit("Ours"),)}, (), ItemState({"genres": (Credit("Old"),)}))
    state = ItemState({"genres": (Credit("Ours"), Credit("Old"), Credit("New"))})
    plan = plan_restore(memory, state)
    assert [each.name for each in plan.edits[0].removed] == ["Ours"]
    assert plan.edits[0].new == (Credit("Old"), Credit("New"))


@pytest.mark.parametrize("value", ["Ours", "Edited"])
def test_handing_over_only_unlocks(value: Value) -> None:
    memory = Memory({"title": "Ours"}, (), ItemState({"title": "Theirs"}))
    state = ItemState({"title": value, "studio": "Theirs"}, frozenset({"title", "studio"}))
    plan = plan_forget(memory, state)
    assert (plan.edits, plan.locks) == ((), (("title", False),))


def test_nothing_written_means_nothing_to_put_back() -> None:
    state = ItemState({"title": "Theirs"})
    assert plan_restore(Memory(), state).edits == ()
    assert plan_restore(replace(Memory(), original=state), state).edits == ()
