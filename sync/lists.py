"""Merging tag-like fields, element by element: genres, labels, people, collections.

An element is ours if it wasn't there when we added it. What isn't ours is neither removed nor
reworded; only the order of the cast is set for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.fields import Field
from sync.plan import Edit, Kept
from sync.reasons import EDITED_IN_PLEX, LOCKED_BEFORE, TOO_MANY, Decision
from sync.text import encoded_length
from sync.values import Credit, Credits, ItemState, Memory

# A list travels in one address of at most about 8 KB, with room for the lock and the removals.
MAX_LIST_BYTES = 6_500
# The parameter names around one element, encoded; a photo has a third parameter.
_BYTES_PER_ELEMENT = 60
_BYTES_PER_PHOTO = 30


def decide_credits(
    field: Field, memory: Memory, current: ItemState, wanted: Credits, *, keeps_edits: bool
) -> Decision:
    """What to do about one tag-like field; see `sync.merge`."""
    now, known = current.credits(field.name), memory.credits(field.name)
    if now == known == wanted:
        # So it is nearly always, and the rest would come to the same, but slower.
        return Decision(owned=wanted if wanted or memory.has_written(field.name) else None)
    return _merge(field, memory, current, wanted, keeps_edits=keeps_edits)


def _merge(
    field: Field, memory: Memory, current: ItemState, wanted: Credits, *, keeps_edits: bool
) -> Decision:
    now, known = current.credits(field.name), memory.credits(field.name)
    shown, ours_by_key = _by_key(now), _by_key(known)
    owned, present = set(ours_by_key), set(shown)
    wish = tuple(_as_shown(each, shown, ours_by_key, keeps_edits=keeps_edits) for each in wanted)
    confirmed = memory.confirmed_credits(field.name)
    refused = _refused(field, memory, current, wish) if keeps_edits else set()
    remembered = tuple(each for each in wish if each.key in refused & keys(confirmed))
    wish = tuple(each for each in wish if each.key not in refused)
    ending, staying = owned - keys(wish), owned | keys(wish)
    removed = tuple(each for each in now if each.key in ending)
    strangers = tuple(replace(each, photo="") for each in now if each.key not in staying)
    wish, too_many = _fitting(wish, strangers, present)
    ours = tuple(
        _ours(each, wanted, known) for each in wish if each.key in owned or each.key not in present
    )
    kept = _kept(field, now, refused, bool(remembered), too_many)
    # Still ours if they come back, and still refused until then.
    after = ours + remembered
    # A list that is too long as it is can only be shortened.
    fits = request_length(wish + strangers) <= MAX_LIST_BYTES
    # What was only intended may not have been sent, so it settles no order.
    is_first = field.name not in memory.baseline
    differs = fits and _differs(field, wish, now, confirmed, is_first)
    if not (removed or keys(wish) - present or differs):
        return Decision(kept=kept, owned=after if after or memory.has_written(field.name) else None)
    was_locked = memory.original is not None and field.name in memory.original.locked
    lock = bool(wish) or was_locked
    edit = Edit(field.name, now, wish + strangers, lock=lock, removed=removed)
    return Decision(edit=edit, kept=kept, owned=after)


def keys(credits: Credits) -> set[str]:
    return {each.key for each in credits}


def request_length(credits: Credits) -> int:
    """About how many bytes the list takes in a request's address."""
    return sum(_length(each) for each in credits)


def _by_key(credits: Credits) -> dict[str, list[Credit]]:
    found: dict[str, list[Credit]] = {}
    for each in credits:
        found.setdefault(each.key, []).append(each)
    return found


def _as_shown(
    wished: Credit,
    now: Mapping[str, list[Credit]],
    known: Mapping[str, list[Credit]],
    *,
    keeps_edits: bool,
) -> Credit:
    """The wished element as it shall be, given how Plex shows it and what of it may be ours."""
    if wished.key not in now:
        return wished
    shown, ours = now[wished.key][0], known.get(wished.key)
    if not ours:
        return replace(shown, photo="")
    is_edited = shown.role not in {each.role for each in ours}
    # Stash seldom knows a role; one that somebody else wrote is better than none.
    keeps_role = is_edited and (keeps_edits or not wished.role)
    return Credit(
        shown.name,
        role=shown.role if keeps_role else wished.role,
        photo=wished.photo if _may_replace(shown.photo, ours, wished.photo) else "",
    )


def _ours(shown: Credit, wanted: Credits, known: Credits) -> Credit:
    """What we remember of our element: never a role that somebody else gave it."""
    if any(each.key == shown.key and each.role == shown.role for each in wanted):
        return shown
    return next((each for each in known if each.key == shown.key), shown)


def _may_replace(photo: str, ours: list[Credit], wished: str) -> bool:
    """A photo is the person's, on all items: only an own one is replaced, e.g. by a newer `t`."""
    own = {each.photo.partition("?")[0] for each in ours} | {"", wished.partition("?")[0]}
    return photo.partition("?")[0] in own


def _refused(field: Field, memory: Memory, current: ItemState, wish: Credits) -> set[str]:
    """The wished elements that somebody doesn't want: removed since, or the list locked before.

    Nobody has removed what was only intended, nor what a request of ours may have taken away.
    """
    name = field.name
    absent = keys(wish) - keys(current.credits(name))
    confirmed = keys(memory.confirmed_credits(name))
    if not confirmed and name in current.locked and not _may_be_our_lock(name, memory):
        return absent
    return absent & (confirmed - memory.may_have_removed(name))


def _may_be_our_lock(name: str, memory: Memory) -> bool:
    """Whether a lock on the list, which shows nothing that we added, may have come with a write of
    ours: we lock a list of which we only set the order, too."""
    if memory.original is not None and name in memory.original.locked:
        return False
    # A lock comes with what its write adds; had that arrived, it would be confirmed.
    only_order = any(name in values and not values[name] for values in memory.pending)
    return name in memory.baseline or only_order


def _kept(
    field: Field, now: Credits, refused: set[str], is_edit: bool, too_many: bool
) -> Kept | None:
    if refused:
        return Kept(field.name, now, EDITED_IN_PLEX if is_edit else LOCKED_BEFORE)
    return Kept(field.name, now, TOO_MANY) if too_many else None


def _fitting(wish: Credits, strangers: Credits, present: set[str]) -> tuple[Credits, bool]:
    """The wish without the last new elements that would make the request too long."""
    room = MAX_LIST_BYTES - request_length(strangers)
    room -= sum(_length(each) for each in wish if each.key in present)
    fitting: list[Credit] = []
    for each in wish:
        if each.key not in present:
            room -= _length(each)
            if room < 0:
                continue
        fitting.append(each)
    return tuple(fitting), len(fitting) < len(wish)


def _length(credit: Credit) -> int:
    length = _BYTES_PER_ELEMENT + encoded_length(credit.name) + encoded_length(credit.role)
    return length + (_BYTES_PER_PHOTO + encoded_length(credit.photo) if credit.photo else 0)


def _differs(field: Field, wish: Credits, now: Credits, confirmed: Credits, is_first: bool) -> bool:
    """Whether elements that are there already differ in role text or photo, or on our first write
    in order."""
    if not field.ordered:
        return False
    wished_keys = keys(wish)
    shown = [(each.key, each.role) for each in now if each.key in wished_keys]
    wished = [(each.key, each.role) for each in wish]
    # Stash reads a scene's performers without an order of its own: optimising its database turns
    # them around everywhere. So order alone is no reason to write again.
    if sorted(shown) != sorted(wished) or (is_first and shown != wished):
        return True
    written = {each.photo for each in confirmed}
    return any(each.photo and each.photo not in written for each in wish)
