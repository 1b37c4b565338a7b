"""The three-way merge: what we last wrote, what Plex has, what Stash says.

The rules are those of docs/merging.md. All functions are pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync import fields
from sync.fields import Field
from sync.plan import Edit, Kept, Plan
from sync.values import Credit, Credits, ItemState, Memory, Value, Values

EDITED_IN_PLEX = "edited in Plex"
LOCKED_BEFORE = "locked in Plex before our first write"
NOT_OURS = "Stash has no value and this one is not ours"


@dataclass(frozen=True, slots=True)
class _Decision:
    """One field's outcome. `owned`: what is ours afterwards, None for nothing."""

    edit: Edit | None = None
    kept: Kept | None = None
    owned: Value | None = None


def merge(
    memory: Memory, current: ItemState, desired: Values, *, keep_plex_edits: bool = False
) -> Plan:
    """The smallest set of edits that brings the item in step with Stash.

    Idempotent: after the edits, merging again gives none. Nothing is removed or cleared that
    `memory` doesn't show as ours.
    """
    edits: list[Edit] = []
    kept: list[Kept] = []
    owned = dict(memory.baseline)
    for field in fields.ALL:
        if field.name not in desired:
            continue
        decide = _decide_credits if field.is_credits else _decide_text
        decision = decide(field, memory, current, desired[field.name], keep_plex_edits)
        if decision.edit:
            edits.append(decision.edit)
        if decision.kept:
            kept.append(decision.kept)
        if decision.owned:
            owned[field.name] = decision.owned
        else:
            owned.pop(field.name, None)
    return Plan(tuple(edits), tuple(kept), owned)


def _decide_text(
    field: Field, memory: Memory, current: ItemState, wanted: Value, keep_plex_edits: bool
) -> _Decision:
    now = current.values.get(field.name, "")
    ours = [
        values[field.name] for values in (memory.baseline, memory.pending) if field.name in values
    ]
    if now == wanted:
        return _Decision(owned=wanted if wanted in ours else None)
    if not wanted:
        return _decide_without_wish(field, memory, now, ours)
    if keep_plex_edits and now not in ours:
        if ours:
            return _Decision(kept=Kept(field.name, now, EDITED_IN_PLEX), owned=ours[0])
        if field.name in current.locked:
            return _Decision(kept=Kept(field.name, now, LOCKED_BEFORE))
    return _Decision(edit=Edit(field.name, now, wanted), owned=wanted)


def _decide_without_wish(field: Field, memory: Memory, now: Value, ours: list[Value]) -> _Decision:
    """Stash has no value: what we wrote goes, what is somebody else's stays."""
    if now not in ours:
        kept = Kept(field.name, now, EDITED_IN_PLEX if ours else NOT_OURS)
        return _Decision(kept=kept if now else None)
    original = memory.original
    new: Value = ""
    if not field.clearable and original:
        new = original.values.get(field.name, "")
    if new == now or not (new or field.clearable):
        return _Decision()
    # Back to Plex: unlocked, so that its agent may fill the field again.
    return _Decision(edit=Edit(field.name, now, new, lock=_was_locked(memory, field)))


def _decide_credits(
    field: Field, memory: Memory, current: ItemState, wanted: Value, keep_plex_edits: bool
) -> _Decision:
    now = _as_credits(current.values.get(field.name, ()))
    known = _as_credits(memory.baseline.get(field.name, ())) + _as_credits(
        memory.pending.get(field.name, ())
    )
    owned, present = _keys(known), _keys(now)
    wish = _with_roles(_as_credits(wanted), now, known)
    refused = _refused(field, current, owned, present, wish) if keep_plex_edits else set()
    kept = Kept(field.name, now, EDITED_IN_PLEX if owned else LOCKED_BEFORE) if refused else None
    # Still ours if they come back, and still refused until then.
    remembered = tuple(each for each in wish if each.key in refused and each.key in owned)
    wish = tuple(each for each in wish if each.key not in refused)
    wished = _keys(wish)
    ours = tuple(each for each in wish if each.key in owned or each.key not in present)
    removed = tuple(each for each in now if each.key in owned - wished)
    if not removed and wished <= present and not _reworded(field, now, wish):
        return _Decision(kept=kept, owned=ours + remembered)
    strangers = tuple(each for each in now if each.key not in wished and each not in removed)
    lock = bool(wish) or _was_locked(memory, field)
    edit = Edit(field.name, now, wish + strangers, lock=lock, removed=removed)
    return _Decision(edit=edit, kept=kept, owned=ours + remembered)


def _with_roles(wish: Credits, now: Credits, known: Credits) -> Credits:
    """The wish with Plex's role texts where Stash has none, unless they came from us."""
    written = {(each.key, each.role) for each in known}
    shown = {each.key: each.role for each in now if (each.key, each.role) not in written}
    return tuple(
        each if each.role else replace(each, role=shown.get(each.key, "")) for each in wish
    )


def _refused(
    field: Field, current: ItemState, owned: set[str], present: set[str], wish: Credits
) -> set[str]:
    """The wished elements that somebody doesn't want: removed since, or the list locked before."""
    if not owned and field.name in current.locked:
        return _keys(wish) - present
    return {each.key for each in wish if each.key in owned and each.key not in present}


def _reworded(field: Field, now: Credits, wish: Credits) -> bool:
    """Whether the same elements differ in order or role text, where the field has such."""
    if not field.ordered:
        return False
    wished = _keys(wish)
    shown = [(each.key, each.role) for each in now if each.key in wished]
    return shown != [(each.key, each.role) for each in wish]


def _was_locked(memory: Memory, field: Field) -> bool:
    return memory.original is not None and field.name in memory.original.locked


def _as_credits(value: Value) -> Credits:
    return value if isinstance(value, tuple) else ()


def _keys(value: Value) -> set[str]:
    return {each.key for each in value if isinstance(each, Credit)}
