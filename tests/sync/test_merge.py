"""The cases of docs/merging.md, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sync.lists import MAX_LIST_BYTES, request_length
from sync.merge import answers, is_repeated, merge
from sync.plan import Plan
from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE, NOT_OURS, SHOWN_OTHERWISE, TOO_MANY
from sync.values import Answer, Credit, Credits, ItemState, Memory


def people(*names: str) -> Credits:
    return tuple(Credit(name) for name in names)


def names(credits: object) -> list[str]:
    assert isinstance(credits, tuple)
    return [each.name for each in credits]


@dataclass(frozen=True)
class Case:
    """`ours`: what we last wrote, None for never; `new`: None for no edit."""

    id: str
    ours: str | None
    plex: str
    stash: str
    new: str | None
    locked: bool = False
    keep: bool = False
    kept: str | None = None
    lock: bool = True


CASES = [
    Case("first write", None, "agent", "stash", "stash"),
    Case("first write over a lock", None, "mine", "stash", "stash", locked=True),
    Case("lock is kept", None, "mine", "stash", None, locked=True, keep=True, kept=LOCKED_BEFORE),
    Case("agent's value is no edit", None, "agent", "stash", "stash", keep=True),
    Case("already the same", None, "same", "same", None),
    Case("stash changed", "old", "old", "new", "new"),
    Case("edited in plex", "ours", "theirs", "new", "new"),
    Case("edit is kept", "ours", "theirs", "new", None, keep=True, kept=EDITED_IN_PLEX),
    Case("emptied in plex is an edit", "ours", "", "new", None, keep=True, kept=EDITED_IN_PLEX),
    Case("stash empty, never ours", None, "agent", "", None, kept=NOT_OURS),
    Case("stash empty, both empty", None, "", "", None),
    Case("stash emptied", "ours", "ours", "", "", lock=False),
    Case("stash emptied, edited", "ours", "theirs", "", None, kept=EDITED_IN_PLEX),
    Case("refilled after we cleared", "", "agent", "", None, kept=NOT_OURS),
    Case("written after we cleared", "", "agent", "new", "new", keep=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_text(case: Case) -> None:
    before = ItemState({"studio": "before"})
    memory = Memory() if case.ours is None else Memory({"studio": case.ours}, (), before)
    state = ItemState({"studio": case.plex}, frozenset({"studio"} if case.locked else ()))
    plan = merge(memory, state, {"studio": case.stash}, keep_plex_edits=case.keep)
    assert [edit.new for edit in plan.edits] == ([] if case.new is None else [case.new])
    assert [each.because for each in plan.kept] == ([case.kept] if case.kept else [])
    assert all(edit.lock == case.lock for edit in plan.edits)


def test_a_title_that_stash_gives_up_becomes_what_it_was() -> None:
    memory = Memory({"title": "Ours"}, (), ItemState({"title": "file name"}))
    plan = merge(memory, ItemState({"title": "Ours"}, frozenset({"title"})), {"title": ""})
    assert [(edit.new, edit.lock) for edit in plan.edits] == [("file name", False)]
    after = merge(
        Memory(plan.baseline, (), plan.original), ItemState({"title": "file name"}), {"title": ""}
    )
    assert after.edits == ()


def genres(ours: Credits | None, plex: Credits, stash: Credits, *, keep: bool = False) -> Plan:
    memory = Memory() if ours is None else Memory({"genres": ours}, (), ItemState({"genres": ()}))
    return merge(memory, ItemState({"genres": plex}), {"genres": stash}, keep_plex_edits=keep)


def test_the_complete_list_is_sent_and_foreign_elements_stay() -> None:
    plan = genres(None, people("Mine"), people("Drama", "Crime"))
    assert names(plan.edits[0].new) == ["Drama", "Crime", "Mine"]
    assert names(plan.baseline["genres"]) == ["Drama", "Crime"]


def test_only_what_we_added_is_removed() -> None:
    plan = genres(people("Drama"), people("Drama", "Mine"), ())
    assert names(plan.edits[0].removed) == ["Drama"]
    assert names(plan.edits[0].new) == ["Mine"]
    assert plan.edits[0].lock is False


def test_an_element_that_was_there_before_us_outlives_stash_dropping_it() -> None:
    plan = genres(None, people("Drama"), people("Drama", "Crime"))
    after = genres(people("Crime"), people("Drama", "Crime"), ())
    assert names(plan.baseline["genres"]) == ["Crime"]
    assert names(after.edits[0].removed) == ["Crime"]


def test_an_element_removed_in_plex_comes_back_unless_edits_are_kept() -> None:
    assert names(genres(people("Drama"), (), people("Drama")).edits[0].new) == ["Drama"]
    plan = genres(people("Drama"), (), people("Drama"), keep=True)
    assert plan.edits == ()
    assert plan.kept[0].because == EDITED_IN_PLEX
    assert names(plan.baseline["genres"]) == ["Drama"]


def test_case_alone_is_no_difference() -> None:
    """Plex upper-cases a label's first letter."""
    assert genres(people("drama"), people("Drama"), people("drama")).edits == ()


def test_an_order_that_was_only_intended_is_written_at_the_next_try() -> None:
    before = ItemState({"cast": people("Ada", "Bruno")})
    wish = {"cast": people("Bruno", "Ada")}
    first = merge(Memory(), before, wish, keep_plex_edits=False)
    crashed = Memory(pending=(first.baseline,), original=first.original)
    assert merge(crashed, before, wish, keep_plex_edits=False).edits == first.edits


CAST_OF_TWO = (people("Ada", "Otto"), people("Otto", "Ada"))
ADDED = {"cast": people("Grace", "Otto", "Ada")}
ORDERED_BEFORE = {
    "confirmed": lambda first: Memory(first.baseline, (), first.original),
    "intended": lambda first: Memory({}, (first.baseline,), first.original),
}


@pytest.mark.parametrize("remember", ORDERED_BEFORE.values(), ids=ORDERED_BEFORE)
def test_a_lock_that_came_with_our_order_refuses_nobody(
    remember: Callable[[Plan], Memory],
) -> None:
    shown, ordered = CAST_OF_TWO
    first = merge(Memory(), ItemState({"cast": shown}), {"cast": ordered}, keep_plex_edits=True)
    assert [(names(edit.new), edit.lock) for edit in first.edits] == [(["Otto", "Ada"], True)]
    assert first.baseline["cast"] == ()
    state = ItemState({"cast": ordered}, frozenset({"cast"}))
    plan = merge(remember(first), state, ADDED, keep_plex_edits=True)
    assert names(plan.edits[0].new) == ["Grace", "Otto", "Ada"]
    assert not plan.kept


@pytest.mark.parametrize("remember", ORDERED_BEFORE.values(), ids=ORDERED_BEFORE)
def test_a_lock_from_before_our_order_goes_on_refusing(
    remember: Callable[[Plan], Memory],
) -> None:
    shown, ordered = CAST_OF_TWO
    state = ItemState({"cast": shown}, frozenset({"cast"}))
    first = merge(Memory(), state, {"cast": ordered}, keep_plex_edits=True)
    state = ItemState({"cast": ordered}, frozenset({"cast"}))
    plan = merge(remember(first), state, ADDED, keep_plex_edits=True)
    assert not plan.edits
    assert [each.because for each in plan.kept] == [LOCKED_BEFORE]


def test_cast_comes_in_stash_order_before_foreign_people() -> None:
    state = ItemState({"cast": people("Zoe", "Ada", "Bruno")})
    plan = merge(Memory(), state, {"cast": people("Bruno", "Ada")})
    assert names(plan.edits[0].new) == ["Bruno", "Ada", "Zoe"]


def test_a_role_that_somebody_else_wrote_stays() -> None:
    state = ItemState({"cast": (Credit("Ada", "The Doctor"),)})
    plan = merge(Memory(), state, {"cast": (Credit("Ada", "b. 1970"),)})
    assert plan.edits == ()


@pytest.mark.parametrize("edited", ["", "The Nurse"])
def test_a_role_edited_in_plex_stays_where_edits_are_kept(edited: str) -> None:
    memory = Memory({"cast": (Credit("Ada", "ours"),)}, (), ItemState({}))
    state = ItemState({"cast": (Credit("Ada", edited),)})
    wish = {"cast": (Credit("Ada", "ours"), Credit("Bruno"))}
    plan = merge(memory, state, wish, keep_plex_edits=True)
    assert plan.edits[0].new == (Credit("Ada", edited), Credit("Bruno"))
    assert plan.baseline["cast"] == wish["cast"]


def test_our_own_role_text_follows_stash() -> None:
    memory = Memory({"cast": (Credit("Ada", "old"),)}, (), ItemState({}))
    state = ItemState({"cast": (Credit("Ada", "old"),)})
    plan = merge(memory, state, {"cast": (Credit("Ada", "new"),)})
    assert plan.edits[0].new == (Credit("Ada", "new"),)


def test_a_photo_is_written_once_and_again_only_when_its_address_changes() -> None:
    one, two = (Credit("Ada", photo=f"http://stash/performer/1/image?t={t}") for t in (1, 2))
    first = merge(
        Memory({"cast": people("Ada")}), ItemState({"cast": people("Ada")}), {"cast": (one,)}
    )
    assert first.edits[0].new == (one,)
    memory = Memory(first.baseline)
    for shown in (one, Credit("Ada")):  # Plex may not store it
        assert merge(memory, ItemState({"cast": (shown,)}), {"cast": (one,)}).edits == ()
    assert merge(memory, ItemState({"cast": (one,)}), {"cast": (two,)}).edits[0].new == (two,)


def test_a_photo_of_somebody_else_stays() -> None:
    state = ItemState({"cast": (Credit("Ada", photo="https://agent/ada.jpg"),)})
    wish = {"cast": (Credit("Ada", photo="http://stash/1"),)}
    assert merge(Memory({"cast": people("Ada")}), state, wish).edits == ()


def test_a_list_too_long_for_one_request_is_cut_and_said_so() -> None:
    many = people(*(f"Person {n}" for n in range(300)))
    plan = genres(None, people("Mine"), many)
    sent = plan.edits[0].new
    assert isinstance(sent, tuple)
    assert request_length(sent) <= MAX_LIST_BYTES
    assert sent[-1].name == "Mine"
    assert plan.kept[0].because == TOO_MANY
    after = Memory(plan.baseline, (), plan.original)
    assert merge(after, ItemState({"genres": sent}), {"genres": many}).edits == ()


def test_nothing_is_added_to_a_foreign_list_that_is_too_long_already() -> None:
    foreign = people(*(f"Person {n}" for n in range(300)))
    plan = genres(None, foreign, people("Drama"))
    assert plan.edits == ()
    plan = genres(people("Drama"), (*foreign, Credit("Drama")), ())
    assert names(plan.edits[0].removed) == ["Drama"]


def test_a_field_switched_on_later_has_its_original_from_then() -> None:
    memory = Memory({"title": "Ours"}, (), ItemState({"title": "T", "tagline": "at first"}))
    state = ItemState({"title": "Ours", "tagline": "edited since"}, frozenset({"tagline"}))
    plan = merge(memory, state, {"title": "Ours", "tagline": "stash"})
    assert plan.original.values == {"title": "T", "tagline": "edited since"}
    assert plan.original.locked == {"tagline"}


CUT = {"title": Answer("The Great Train Robbery", "The Great")}


def answered(plex: str, stash: str, *, keep: bool = False) -> Plan:
    """Of an item of which Plex shows our title cut."""
    memory = Memory({"title": "The Great Train Robbery"}, (), ItemState({}), answers=CUT)
    return merge(memory, ItemState({"title": plex}), {"title": stash}, keep_plex_edits=keep)


def test_plexs_own_way_of_showing_ours_is_left() -> None:
    plan = answered("The Great", "The Great Train Robbery")
    assert (plan.edits, plan.kept[0].because) == ((), SHOWN_OTHERWISE)
    assert plan.baseline == {"title": "The Great Train Robbery"}


@pytest.mark.parametrize("keep", [False, True])
def test_plexs_own_way_of_showing_ours_is_ours(keep: bool) -> None:
    assert answered("The Great", "Cabiria", keep=keep).edits[0].new == "Cabiria"


def test_over_anything_else_it_is_written_as_ever() -> None:
    assert answered("Theirs", "The Great Train Robbery").edits
    assert not answered("Theirs", "The Great Train Robbery", keep=True).edits


def test_what_plex_kept_from_before_us_is_not_ours_to_clear() -> None:
    before = ItemState({"title": "before", "summary": "before"})
    known = dict.fromkeys(before.values, Answer("ours", "before"))
    memory = Memory(dict.fromkeys(before.values, "ours"), (), before, answers=known)
    plan = merge(memory, before, dict.fromkeys(before.values, ""))
    assert plan.edits == ()
    assert {each.because for each in plan.kept} == {NOT_OURS}


def test_what_plex_made_of_ours_is_cleared() -> None:
    plan = merge(
        Memory({"summary": "ours"}, (), ItemState({}), answers={"summary": Answer("ours", "OURS")}),
        ItemState({"summary": "OURS"}),
        {"summary": ""},
    )
    assert plan.edits[0].new == ""


def test_what_was_intended_of_a_field_that_is_skipped_by_now_may_still_be_there() -> None:
    """So its original stays the one of before."""
    before = ItemState({"title": "t", "date": "1902-01-01"})
    memory = Memory({"title": "ours"}, ({"title": "ours", "date": "1903-01-01"},), before)
    state = ItemState({"title": "ours", "date": "1902-01-01"})
    plan = merge(memory, state, {"title": "newer"})
    assert plan.unconfirmed == {"date": "1903-01-01"}
    # Once a look has found it there, it is confirmed.
    there = ItemState({"title": "ours", "date": "1903-01-01"})
    assert merge(memory, there, {"title": "newer"}).unconfirmed == {}
    assert merge(memory, there, {"title": "newer"}).baseline["date"] == "1903-01-01"
    assert plan.without({"title"}, memory.baseline).unconfirmed == {
        "date": "1903-01-01",
        "title": "newer",
    }
    # What equals the baseline has been confirmed.
    assert merge(memory, state, {"date": "1904-01-01"}).unconfirmed == {}
    decided = merge(memory, state, {"title": "newer", "date": "1904-01-01"})
    assert (decided.unconfirmed, decided.original) == ({}, before)


def test_only_what_was_written_can_be_answered() -> None:
    memory = Memory({"title": "ours", "studio": "ours"}, answers=CUT)
    wish = {"title": "ours", "studio": "theirs"}
    plan = merge(memory, ItemState({"title": "ours", "studio": "ours"}), wish)
    shown = ItemState({"title": "edited meanwhile", "studio": "THEIRS"})
    found = answers(plan, memory, shown, wish)
    assert found == CUT | {"studio": Answer("theirs", "THEIRS")}


@pytest.mark.parametrize(
    ("memory", "repeated"),
    [
        (Memory(), False),
        (Memory({"title": "before"}), False),
        (Memory({"title": "ours"}), True),
        (Memory({}, ({"title": "ours"},)), True),
        (Memory({"studio": "ours"}), False),
    ],
)
def test_what_was_written_before_and_is_gone_is_a_repetition(
    memory: Memory, repeated: bool
) -> None:
    plan = merge(memory, ItemState({"title": "other"}), {"title": "ours"})
    assert plan.edits
    assert is_repeated(plan, memory) is repeated
