"""What was intended and what was confirmed, kept apart for every kind of field."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.arrival import LOOKS_S, UNDER_WAY_S, as_of, next_look_at, overtaken, seen
from sync.merge import merge
from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE
from sync.restore import plan_restore
from sync.values import Credit, Credits, ItemState, Memory, Overtaken, Values
from tests.sync.strategies import FIELDS, STATES, applied, remembered, stores, values

LISTS = ("genres", "labels", "cast", "directors", "collections")


def people(names: str) -> Credits:
    return tuple(Credit(each) for each in names.split())


@dataclass(frozen=True)
class Case:
    """Names with blanks between; None: never written, or nothing intended. `after`: of the list
    once the plan is carried out."""

    id: str
    baseline: str | None
    pending: str | None
    plex: str
    stash: str
    after: str
    locked: bool = False
    kept: str | None = None


CASES = [
    Case("nothing arrived", "old", "new", "old", "new", "new"),
    Case("all arrived", "old", "new", "new", "new", "new", locked=True),
    Case("the removal alone arrived", "old", "new", "", "new", "new", locked=True),
    Case("the addition alone arrived", "old", "new", "old new", "new", "new", locked=True),
    Case("one of two arrived", "old", "one two", "one", "one two", "one two", locked=True),
    Case("first write, nothing arrived", None, "new", "", "new", "new"),
    Case("first write, half arrived", None, "one two", "one", "one two", "one two", locked=True),
    Case("first write beside others", None, "new", "theirs", "new", "new theirs"),
    Case("taken back before it arrived", "old", "new", "old", "old", "old"),
    Case("taken back after it arrived", "old", "new", "new", "old", "old", locked=True),
    Case("dropped after it arrived", "old", "new", "new", "", "", locked=True),
    Case("dropped before it arrived", "old", "new", "old", "", ""),
    Case("confirmed and removed", "a b", "a b c", "a", "a b c", "a c", True, EDITED_IN_PLEX),
    Case("first write, list locked since", None, "new", "mine", "new", "mine", True, LOCKED_BEFORE),
]


@pytest.mark.parametrize("replacing", [False, True])
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_list_that_may_have_been_written(case: Case, name: str, replacing: bool) -> None:
    memory = Memory(
        {} if case.baseline is None else {name: people(case.baseline)},
        () if case.pending is None else ({name: people(case.pending)},),
        ItemState({name: ()}),
    )
    state = ItemState({name: people(case.plex)}, frozenset({name} if case.locked else ()))
    plan = merge(memory, state, {name: people(case.stash)}, keep_plex_edits=True)
    after = applied(plan, state, replacing=replacing)
    assert {each.key for each in after.credits(name)} == set(case.after.split())
    assert [each.because for each in plan.kept] == ([case.kept] if case.kept else [])


@pytest.mark.parametrize(
    ("baseline", "original", "now", "locked", "written"),
    [
        pytest.param(None, "agent", "agent", False, True, id="it never arrived"),
        pytest.param(None, "agent", "newer agent", False, True, id="and the agent went on"),
        pytest.param(None, "agent", "typed", True, False, id="somebody has typed and locked"),
        pytest.param("", "agent", "agent", False, True, id="after we had cleared it"),
        pytest.param("ours", "agent", "ours", True, True, id="over ours"),
        pytest.param("ours", "agent", "typed", True, False, id="over ours, and edited"),
    ],
)
def test_a_text_that_may_have_been_written(
    baseline: str | None, original: str, now: str, locked: bool, written: bool
) -> None:
    memory = Memory(
        {} if baseline is None else {"summary": baseline},
        ({"summary": "intended"},),
        ItemState({"summary": original}),
    )
    state = ItemState({"summary": now}, frozenset({"summary"} if locked else ()))
    plan = merge(memory, state, {"summary": "newest"}, keep_plex_edits=True)
    assert bool(plan.edits) is written
    assert "intended" not in plan.baseline.values()


def test_what_a_look_has_found_is_confirmed_and_stays_away_once_it_is_removed() -> None:
    wish = {"genres": people("new")}
    memory = Memory({"genres": people("old")}, (wish,), ItemState({"genres": ()}))
    found = merge(memory, ItemState({"genres": people("new")}), wish, keep_plex_edits=True)
    assert not found.edits
    later = merge(remembered(found), ItemState({"genres": ()}), wish, keep_plex_edits=True)
    assert not later.edits
    assert later.kept[0].because == EDITED_IN_PLEX


def test_a_photo_and_a_role_that_were_only_intended_are_sent_again() -> None:
    old = Credit("Ada", "guide", "http://stash/1?t=1")
    new = Credit("Ada", "host", "http://stash/1?t=2")
    memory = Memory({"cast": (old,)}, ({"cast": (new,)},), ItemState({"cast": ()}))
    plan = merge(memory, ItemState({"cast": (old,)}), {"cast": (new,)}, keep_plex_edits=True)
    assert plan.edits[0].new == (new,)
    half = Credit("Ada", "host", "http://stash/1?t=1")
    plan = merge(memory, ItemState({"cast": (half,)}), {"cast": (new,)}, keep_plex_edits=True)
    assert plan.edits[0].new == (new,)


LATE = (Overtaken({"genres": people("old"), "title": "old"}, 0.0),)
NEWEST: Values = {"genres": people("new"), "title": "new"}


def test_a_request_that_arrives_late_is_no_edit_of_somebodys() -> None:
    memory = Memory(NEWEST, (), ItemState({"genres": (), "title": "t"}), overtaken=LATE)
    locked = frozenset(NEWEST)
    half: Values = {"genres": (), "title": "old"}
    for plex in (LATE[0].values, half):
        plan = merge(memory, ItemState(plex, locked), NEWEST, keep_plex_edits=True)
        assert applied(plan, ItemState(plex, locked)).values == NEWEST
        assert not plan.kept
    assert plan_restore(memory, ItemState(LATE[0].values, locked)).kept == ()


def test_what_may_arrive_late_excuses_nothing_as_long_as_it_has_not() -> None:
    memory = Memory(NEWEST, (), ItemState({"genres": (), "title": "t"}), overtaken=LATE)
    state = ItemState({"genres": (), "title": "typed"}, frozenset(NEWEST))
    plan = merge(memory, state, NEWEST, keep_plex_edits=True)
    assert not plan.edits
    assert {each.because for each in plan.kept} == {EDITED_IN_PLEX}


def test_looks_go_on_until_nothing_can_arrive() -> None:
    now, times = 0.0, []
    while (look_at := next_look_at(LATE, NEWEST, now)) is not None:
        times.append(look_at)
        now = look_at
        assert as_of(Memory(overtaken=LATE), now).overtaken == LATE
    assert times == list(LOOKS_S)
    assert times[-1] >= UNDER_WAY_S
    assert next_look_at(LATE, LATE[0].values, 0.0) is None
    assert as_of(Memory(overtaken=LATE), 3 * UNDER_WAY_S).overtaken == ()


def test_what_has_arrived_late_and_stays_is_looked_at_no_longer_for_that() -> None:
    """Somebody else's genre of the same name, say: nothing that we could take away."""
    memory = Memory(NEWEST, (), ItemState({"genres": (), "title": "t"}), overtaken=LATE)
    shown = ItemState({"genres": people("new old"), "title": "new"}, frozenset(NEWEST))
    for now in LOOKS_S:
        found = seen(seen(memory, shown), shown)
        assert found.pending == (LATE[0].values,)
        memory = replace(memory, overtaken=overtaken(found, {}, now))
        assert memory.overtaken == LATE


def test_what_stays_intended_is_not_overtaken_at_each_look() -> None:
    """Of a field that is skipped by now, or that Plex refused, all attempts stay intended."""
    attempts: tuple[Values, ...] = ({"title": "a"}, {"title": "b"})
    memory = Memory({}, attempts)
    assert overtaken(memory, {"title": "b"}, 0.0) == ()
    assert [each.values for each in overtaken(memory, {}, 0.0)] == list(attempts)
    more: Values = {"title": "a", "summary": "s"}
    assert overtaken(Memory({}, (more,)), {"title": "a"}, 0.0) == (Overtaken(more, 0.0),)


WISHES = values(complete=False)


@given(stores(), STATES, WISHES, st.booleans(), st.booleans())
def test_a_retry_of_what_never_arrived_comes_to_the_same(
    memory: Memory, state: ItemState, wish: Values, keep: bool, replacing: bool
) -> None:
    """Whatever was decided, an intention alone changes nothing of it."""
    settled = seen(memory, state)
    memory = Memory(settled.baseline, (), settled.original)
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    crashed = Memory(memory.baseline, (plan.baseline,), plan.original)
    again = merge(crashed, state, wish, keep_plex_edits=keep)
    once = applied(plan, state, replacing=replacing)
    assert applied(again, state, replacing=replacing).values == once.values


@given(stores(), STATES, WISHES, st.booleans(), st.sets(st.sampled_from([f.name for f in FIELDS])))
def test_the_part_that_arrived_is_completed(
    memory: Memory, state: ItemState, wish: Values, keep: bool, arrived: set[str]
) -> None:
    """An edit that is split, or a server that stopped half-way: some fields are there, others
    not."""
    plan = merge(memory, state, wish, keep_plex_edits=keep)
    whole = applied(plan, state)
    part = ItemState(
        {k: (whole if k in arrived else state).values[k] for k in state.values},
        frozenset(k for k in state.values if k in (whole if k in arrived else state).locked),
    )
    crashed = Memory(seen(memory, state).baseline, (*memory.pending, plan.baseline), plan.original)
    again = applied(merge(crashed, part, wish, keep_plex_edits=keep), part)
    for name in wish:
        if isinstance(wish[name], tuple):
            lost = {x.key for x in whole.credits(name)} - {x.key for x in again.credits(name)}
            assert not lost
        elif not keep:
            assert again.values[name] == whole.values[name]


@given(stores(), STATES)
def test_a_look_adds_nothing_that_plex_does_not_show(memory: Memory, state: ItemState) -> None:
    after = seen(memory, state)
    assert seen(after, state) == after
    for field in FIELDS:
        name = field.name
        if field.is_credits:
            new = {x.key for x in after.confirmed_credits(name)}
            new -= {x.key for x in memory.confirmed_credits(name)}
            assert new <= {x.key for x in state.credits(name)}
        elif after.baseline.get(name) != memory.baseline.get(name):
            assert after.baseline[name] == state.text(name)
