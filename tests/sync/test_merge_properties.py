"""What merging promises for every memory, every state of Plex and every wish."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.fields import Field
from sync.lists import _merge, decide_credits
from sync.merge import answers, merge
from sync.values import Credits, ItemState, Memory, Values
from tests.sync.strategies import (
    FIELDS,
    LOCKS,
    STATES,
    applied,
    credits,
    remembered,
    stores,
    values,
)

WISHES = values(complete=False)


@given(stores(), STATES, WISHES, st.booleans(), st.booleans())
def test_a_merge_converges_in_one_step(
    memory: Memory, state: ItemState, wish: Values, keep: bool, replacing: bool
) -> None:
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    after = applied(plan, state, replacing=replacing)
    again = merge(remembered(plan), after, wish, keep_plex_edits=keep)
    assert again.edits == ()
    assert again.baseline == plan.baseline


@given(stores(), STATES, WISHES, st.booleans())
def test_both_kinds_of_server_end_up_the_same(
    memory: Memory, state: ItemState, wish: Values, keep: bool
) -> None:
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    assert applied(plan, state) == applied(plan, state, replacing=True)


@given(stores(), STATES, WISHES, st.booleans())
def test_a_crash_between_sending_and_confirming_changes_nothing(
    memory: Memory, state: ItemState, wish: Values, keep: bool
) -> None:
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    crashed = Memory(memory.baseline, (*memory.pending, plan.baseline), plan.original)
    for found in (state, applied(plan, state)):
        again = merge(crashed, found, wish, keep_plex_edits=keep)
        if not keep:
            assert applied(again, found) == applied(plan, state)


@given(stores(), STATES, WISHES, st.booleans())
def test_what_is_not_ours_is_never_removed(
    memory: Memory, state: ItemState, wish: Values, keep: bool
) -> None:
    after = applied(merge(memory, state, wish, keep_plex_edits=keep), state, replacing=True)
    for field in FIELDS:
        if field.is_credits:
            foreign = {each.key for each in state.credits(field.name)} - {
                each.key for each in memory.credits(field.name)
            }
            assert foreign <= {each.key for each in after.credits(field.name)}
        elif not wish.get(field.name) and state.text(field.name) not in memory.texts(field.name):
            assert after.text(field.name) == state.text(field.name)


@given(STATES, WISHES, st.booleans())
def test_an_empty_stash_changes_nothing_that_was_never_ours(
    state: ItemState, wish: Values, keep: bool
) -> None:
    empty: Values = {name: () if isinstance(value, tuple) else "" for name, value in wish.items()}
    assert merge(Memory(), state, empty, keep_plex_edits=keep).edits == ()


@given(stores(), STATES, WISHES)
def test_kept_edits_are_never_overwritten(memory: Memory, state: ItemState, wish: Values) -> None:
    after = applied(merge(memory, state, wish, keep_plex_edits=True), state)
    for field in FIELDS:
        name = field.name
        if field.is_credits:
            present = {each.key for each in state.credits(name)}
            confirmed = {each.key for each in memory.confirmed_credits(name)}
            removed_by_user = confirmed - memory.may_have_removed(name) - present
            assert not removed_by_user & {each.key for each in after.credits(name)}
        else:
            written = memory.confirmed_text(name)
            is_edit = state.text(name) not in memory.texts(name) and (
                written or name in state.locked
            )
            assert not is_edit or after.text(name) == state.text(name)


@given(stores(), STATES, WISHES, st.booleans())
def test_every_text_that_is_written_is_locked_and_every_cleared_one_as_before(
    memory: Memory, state: ItemState, wish: Values, keep: bool
) -> None:
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    for edit in plan.edits:
        before = memory.original is not None and edit.field in memory.original.locked
        assert edit.lock == (bool(wish[edit.field]) or before) or isinstance(edit.new, tuple)


@given(stores(), STATES, WISHES)
def test_originals_are_taken_when_a_field_is_first_written(
    memory: Memory, state: ItemState, wish: Values
) -> None:
    plan = merge(memory, state, wish)
    for edit in plan.edits:
        if memory.original is not None and memory.has_written(edit.field):
            assert plan.original.values.get(edit.field) == memory.original.values.get(edit.field)
        else:
            assert plan.original.values[edit.field] == edit.old


@given(
    st.sampled_from([each for each in FIELDS if each.is_credits]), credits(), LOCKS, st.booleans()
)
def test_the_short_way_for_what_is_in_step_comes_to_the_same(
    field: Field, shown: Credits, locked: frozenset[str], keep: bool
) -> None:
    current = ItemState({field.name: shown}, locked)
    made = [Memory({field.name: shown}, original=current), Memory(original=current)]
    for memory in made if not shown else made[:1]:
        decision = decide_credits(field, memory, current, shown, keeps_edits=keep)
        assert decision == _merge(field, memory, current, shown, keeps_edits=keep)


@given(stores(), STATES, WISHES, STATES)
def test_what_plex_answered_is_not_asked_for_again(
    memory: Memory, state: ItemState, wish: Values, shown: ItemState
) -> None:
    """Whatever a Plex with its own ways shows after a write."""
    plan = merge(memory, state, wish)
    answered = answers(plan, memory, shown, wish)
    after = Memory(plan.baseline, (), plan.original, answers=answered)
    again = merge(after, shown, wish)
    written = {edit.field for edit in plan.edits}
    assert written.isdisjoint(edit.field for edit in again.edits)
