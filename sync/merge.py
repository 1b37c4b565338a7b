"""The three-way merge: what we last wrote, what Plex has, what Stash says.

The rules, with a table of cases, are in docs/merging.md. All functions are pure.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from sync import fields
from sync.arrival import seen
from sync.fields import Field
from sync.lists import decide_credits
from sync.plan import Edit, Kept, Plan
from sync.reasons import (
    EDITED_IN_PLEX,
    LOCKED_BEFORE,
    NOT_CLEARED,
    NOT_OURS,
    SHOWN_OTHERWISE,
    Decision,
)
from sync.values import Answer, ItemState, Memory, Values

__all__ = ("EDITED_IN_PLEX", "LOCKED_BEFORE", "NOT_OURS", "merge")


def merge(
    memory: Memory,
    current: ItemState,
    desired: Values,
    *,
    keep_plex_edits: bool = False,
    decided: Container[str] = (),
    uncleared: Container[str] = (),
) -> Plan:
    """The smallest set of edits that brings the item in step with Stash.

    Idempotent: after the edits, merging again gives none. Nothing is removed or cleared that
    `memory` doesn't show as ours, and nothing counts as removed by somebody that Plex may never
    have got from us. Texts that are `decided` are to be as desired, whoever wrote what is there.
    """
    memory = seen(memory, current)
    edits: list[Edit] = []
    kept: list[Kept] = []
    owned = dict(memory.baseline)
    for field in fields.ALL:
        if field.name not in desired:
            continue
        case = _Case(field, memory, current, desired, keep_plex_edits, field.name not in uncleared)
        decision = _as_decided(case) if field.name in decided else _decide(case)
        if decision.edit and _is_answered(decision.edit, memory):
            kept_so = Kept(field.name, decision.edit.old, SHOWN_OTHERWISE)
            decision = replace(decision, edit=None, kept=kept_so)
        edits += [decision.edit] if decision.edit else []
        kept += [decision.kept] if decision.kept else []
        if decision.owned is None:
            owned.pop(field.name, None)
        else:
            owned[field.name] = decision.owned
    original, undecided = _original(memory, current, edits), memory.unconfirmed(besides=desired)
    return Plan(tuple(edits), tuple(kept), owned, original, unconfirmed=undecided)


def answers(plan: Plan, memory: Memory, shown: ItemState, desired: Values) -> dict[str, Answer]:
    """What to remember of a plan that was carried out, given what Plex shows now: for each of its
    fields that would have to be written again, what for and over what."""
    known = Memory(plan.baseline, original=plan.original)
    again = {edit.field: Answer(edit.new, edit.old) for edit in merge(known, shown, desired).edits}
    written = {edit.field for edit in plan.edits}
    earlier = {name: each for name, each in memory.answers.items() if name not in written}
    return earlier | {name: each for name, each in again.items() if name in written}


def is_repeated(plan: Plan, memory: Memory) -> bool:
    """Whether the plan asks for something that we have written before: somebody has changed it
    since, or Plex shows it in another way."""
    before = (memory.baseline, *memory.pending)
    return any(
        edit.field in values and values[edit.field] == plan.baseline.get(edit.field)
        for edit in plan.edits
        for values in before
    )


def _is_answered(edit: Edit, memory: Memory) -> bool:
    """Whether Plex has shown this very value before, after this very edit."""
    return memory.answers.get(edit.field) == Answer(edit.new, edit.old)


@dataclass(frozen=True, slots=True)
class _Case:
    field: Field
    memory: Memory
    current: ItemState
    desired: Values
    keeps_edits: bool
    clears: bool


def _decide(case: _Case) -> Decision:
    wanted = case.desired[case.field.name]
    if isinstance(wanted, tuple):
        return decide_credits(
            case.field, case.memory, case.current, wanted, keeps_edits=case.keeps_edits
        )
    if not wanted:
        return _decide_without_wish(case)
    return _decide_text(case, wanted)


def _as_decided(case: _Case) -> Decision:
    name = case.field.name
    now, wanted = case.current.text(name), case.desired[name]
    if now == wanted:
        return _decide(case)
    if not (wanted or case.clears):
        return _uncleared(case)
    original = case.memory.original
    was_locked = original is not None and name in original.locked
    edit = Edit(name, now, wanted, lock=bool(wanted) or was_locked)
    return Decision(edit=edit, owned=wanted)


def _decide_text(case: _Case, wanted: str) -> Decision:
    name = case.field.name
    now, ours = case.current.text(name), case.memory.texts(name)
    if now == wanted:
        # Typed by somebody else, it is not ours, even though we wrote something once.
        return Decision(owned=wanted if wanted in ours else case.memory.baseline.get(name))
    if case.keeps_edits and now not in ours:
        is_edit = bool(case.memory.confirmed_text(name))
        # Without a confirmed one of ours it is as before our first write. A lock that an
        # unconfirmed write may have set came with our text; over another one it is somebody's.
        if is_edit or name in case.current.locked:
            kept = Kept(name, now, EDITED_IN_PLEX if is_edit else LOCKED_BEFORE)
            return Decision(kept=kept, owned=case.memory.baseline.get(name))
    return Decision(edit=Edit(name, now, wanted), owned=wanted)


def _decide_without_wish(case: _Case) -> Decision:
    """Stash has no value: what we wrote goes, what is somebody else's stays."""
    name, memory = case.field.name, case.memory
    now, ours = case.current.text(name), memory.texts(name)
    if not now:
        return Decision(owned="" if ours else None)
    if now not in ours or memory.was_never_taken(name, now):
        is_edit = now not in ours and any(ours)
        kept = Kept(name, now, EDITED_IN_PLEX if is_edit else NOT_OURS)
        return Decision(kept=kept, owned=memory.baseline.get(name))
    new = ""
    if not case.field.clearable:
        new = memory.original.text(name) if memory.original else ""
        if not new or new == now:
            return Decision(owned=memory.baseline.get(name))
    if not (new or case.clears):
        return _uncleared(case)
    # Handed back to Plex: unlocked, so that its agent may fill the field again.
    was_locked = memory.original is not None and name in memory.original.locked
    return Decision(edit=Edit(name, now, new, lock=was_locked), owned="")


def _uncleared(case: _Case) -> Decision:
    """It stays, and is cleared once a Plex does that."""
    name = case.field.name
    now, known = case.current.text(name), case.memory.baseline.get(name)
    owned = now if now in case.memory.texts(name) else known
    return Decision(kept=Kept(name, now, NOT_CLEARED), owned=owned)


def _original(memory: Memory, current: ItemState, edits: Iterable[Edit]) -> ItemState:
    """What to put back one day: each field as it was when we first wrote it.

    Not all as of the item's first write: a field that is switched on a year later may have been
    edited in Plex meanwhile.
    """
    if memory.original is None:
        return current
    first = {edit.field for edit in edits if not memory.has_written(edit.field)}
    if "date" in first:
        first.add(fields.YEAR)
    values = {name: value for name, value in current.values.items() if name in first}
    return ItemState(
        {**memory.original.values, **values},
        (memory.original.locked - first) | (current.locked & first),
    )
