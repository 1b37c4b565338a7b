"""Putting an item back to how it was before we wrote to it, or handing its fields to Plex. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import replace

from sync import fields
from sync.arrival import seen
from sync.fields import Field
from sync.lists import keys
from sync.plan import Edit, Kept, Plan
from sync.reasons import EDITED_IN_PLEX, NOT_CLEARED
from sync.values import Before, Credits, ItemState, Memory, Value, Values


def plan_restore(
    memory: Memory, current: ItemState, *, force: bool = False, uncleared: Container[str] = ()
) -> Plan:
    """The edits that put every field back that we wrote; its lock as well.

    A text, or an element of a list, that somebody changed since our last write is left and
    reported, unless `force`; so is one that is `uncleared`, for it can't be emptied. `baseline` of
    the plan: what remains ours, namely what was left.
    """
    original, memory = memory.original, seen(memory, current)
    if original is None:
        return Plan((), (), {}, current)
    edits: list[Edit] = []
    kept: list[Kept] = []
    left: dict[str, Value] = {}
    locks: list[tuple[str, bool]] = []
    for field in fields.ALL:
        # What was there before may have been lost with the ledger.
        if not memory.has_written(field.name) or field.name not in original.values:
            continue
        restore = _restore_credits if field.is_credits else _restore_text
        edit, reason = restore(field, memory, original, current, force)
        if edit and edit.old and not edit.new and field.name in uncleared:
            locks.append((field.name, edit.lock))
            reason = Kept(field.name, edit.old, NOT_CLEARED)
            edit = None
        edits += [edit] if edit else []
        if reason:
            kept.append(reason)
            left[field.name] = memory.baseline.get(field.name, () if field.is_credits else "")
    edits += _sort_title_that_followed(memory, original, current, edits)
    return Plan(tuple(edits), tuple(kept), left, original, tuple(locks))


def narrowed(memory: Memory, before: Mapping[str, Before]) -> Memory:
    """As if this had been there before us, and no other field had ever been written."""
    locked = frozenset(name for name, each in before.items() if each.is_locked)
    values = {name: each.value for name, each in before.items()}
    first = memory.original
    if first and "date" in before and values["date"] == first.text("date"):
        # The year of a later date isn't known.
        values |= {name: each for name, each in first.values.items() if name == fields.YEAR}
    return replace(memory, original=ItemState(values, locked))


def year_back(memory: Memory, current: ItemState, plan: Plan) -> Edit | None:
    """What to send once a date is back, where the year went along with ours and doesn't come back
    with the former one. `current`: as it was before that."""
    original = memory.original
    is_back = any(edit.field == "date" for edit in plan.edits)
    if original is None or not is_back or fields.YEAR not in original.values:
        return None
    was, now, date = original.text(fields.YEAR), current.text(fields.YEAR), original.text("date")
    followed = {text[:4] for text in memory.texts("date") if text}
    if now == was or now not in followed or (date and date[:4] == was):
        return None
    return Edit(fields.YEAR, now, was, lock=fields.YEAR in original.locked)


def still_ours(memory: Memory, before: Mapping[str, Before], left: Values) -> Values:
    """What of an item remains ours once these fields are back, but for those that were `left`."""
    first = memory.original.values if memory.original else {}
    others = {name: value for name, value in memory.baseline.items() if name not in before}
    former = {
        name: each.value
        for name, each in before.items()
        if name in memory.baseline and each.value != first.get(name)
    }
    return {**others, **former, **left}


def plan_forget(memory: Memory, current: ItemState) -> Plan:
    """Unlock every field that we wrote and leave its value: Plex's agent may take it from here."""
    locks = tuple(
        (field.name, False)
        for field in fields.ALL
        if memory.has_written(field.name) and field.name in current.locked
    )
    return Plan((), (), {}, memory.original or current, locks)


def _restore_text(
    field: Field, memory: Memory, original: ItemState, current: ItemState, force: bool
) -> tuple[Edit | None, Kept | None]:
    name = field.name
    now, before = current.text(name), original.text(name)
    if not (before or field.clearable):
        return None, None
    was_locked = name in original.locked
    if now == before and (name in current.locked) == was_locked:
        return None, None
    if not force and now not in (*memory.texts(name), before):
        return None, Kept(name, now, EDITED_IN_PLEX)
    return Edit(name, now, before, lock=was_locked), None


def _restore_credits(
    field: Field, memory: Memory, original: ItemState, current: ItemState, force: bool
) -> tuple[Edit | None, Kept | None]:
    name = field.name
    now, before = current.credits(name), original.credits(name)
    ours = keys(memory.credits(name)) - keys(before)
    added = tuple(each for each in now if each.key not in ours | keys(before))
    missing = keys(before) - keys(now)
    kept = None
    if not force and missing:
        # We never remove what isn't ours, so somebody else did.
        kept = Kept(name, now, EDITED_IN_PLEX)
        before = tuple(each for each in before if each.key not in missing)
    wanted = before if force else before + added
    removed = tuple(each for each in now if each.key not in keys(wanted))
    was_locked = name in original.locked
    if _looks_the_same(field, now, wanted) and (name in current.locked) == was_locked:
        return None, kept
    return Edit(name, now, _without_known_photos(wanted, now), was_locked, removed), kept


def _looks_the_same(field: Field, now: Credits, wanted: Credits) -> bool:
    if field.ordered:
        return [(each.key, each.role) for each in now] == [(each.key, each.role) for each in wanted]
    return keys(now) == keys(wanted)


def _without_known_photos(wanted: Credits, now: Credits) -> Credits:
    """A photo is the person's and shown already; repeating it would only make the request long."""
    shown = {(each.key, each.photo) for each in now}
    return tuple(
        replace(each, photo="") if (each.key, each.photo) in shown else each for each in wanted
    )


def _sort_title_that_followed(
    memory: Memory, original: ItemState, current: ItemState, edits: list[Edit]
) -> list[Edit]:
    """Plex derives the sort title from every new title, over one that its agent had set."""
    name = "sort_title"
    titles_back = any(edit.field == "title" for edit in edits)
    if not titles_back or memory.has_written(name) or name in current.locked:
        return []
    before = original.text(name)
    return [Edit(name, current.text(name), before, lock=name in original.locked)] if before else []
