"""What of our intentions has arrived, judged by what Plex shows. Pure.

An answer that was lost says nothing: the request may have been carried out, in part or not at all,
and it may still be under way. So what was only intended is neither ours nor missed until Plex has
confirmed it, or a look has found it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync.values import Credit, Credits, ItemState, Memory, Overtaken, Value, Values

# A request of a process that is suspended or gone can wait in the network for as long as TCP sends
# it again (about 15 minutes on Linux, tcp_retries2), and a proxy may hold one for a while.
UNDER_WAY_S = 16 * 60.0
LOOKS_S = (10.0, 60.0, 5 * 60.0, UNDER_WAY_S)
"""How long after such an intention was overtaken its item is looked at again."""
# A look may be late itself.
REMEMBERED_S = 2 * UNDER_WAY_S


def seen(memory: Memory, current: ItemState) -> Memory:
    """The memory after a look: what was intended and is there counts as confirmed.

    An overtaken intention that shows has been delivered late; it is pending again.
    """
    if not (memory.pending or memory.overtaken):
        return memory
    late = tuple(each for each in memory.overtaken if _shows(each.values, memory, current))
    pending = (*(each.values for each in late), *memory.pending)
    baseline = dict(memory.baseline)
    for name in dict.fromkeys(name for each in pending for name in each):
        found = _confirmed(memory.baseline.get(name), _of(pending, name), current, name)
        if found is not None:
            baseline[name] = found
    left = tuple(each for each in memory.overtaken if each not in late)
    late = (*late, *memory.late)
    return replace(memory, baseline=baseline, pending=pending, overtaken=left, late=late)


def as_of(memory: Memory, now: float) -> Memory:
    """Without what was overtaken so long ago that it arrives no more. `now` in epoch seconds."""
    left = tuple(each for each in memory.overtaken if now < each.at + REMEMBERED_S)
    return memory if left == memory.overtaken else replace(memory, overtaken=left)


def overtaken(memory: Memory, unconfirmed: Values, now: float) -> tuple[Overtaken, ...]:
    """What is overtaken once Plex has confirmed something else, or shows it: every intention but
    what stays `unconfirmed`. `now` in epoch seconds."""
    # What arrived late was overtaken long ago. What it left may stay, since somebody keeps it, and
    # must not begin the time anew at each look.
    late, new = [], list(memory.pending)
    for each in memory.late:
        if each.values in new:
            new.remove(each.values)
            late.append(each)
    anew = [Overtaken(values, now) for values in new if not stays(values, unconfirmed)]
    return (*memory.overtaken, *late, *anew)


def stays(intention: Values, unconfirmed: Values) -> bool:
    """Whether all of an intention is of fields that are unconfirmed: then it stays pending."""
    return intention.keys() <= unconfirmed.keys()


def next_look_at(overtaken: Sequence[Overtaken], baseline: Values, now: float) -> float | None:
    """When to look again at what a late request may overwrite, in epoch seconds; None where none
    would change anything of the `baseline`, or can arrive any more."""
    began = [each.at for each in overtaken if _changes(each.values, baseline)]
    if not began:
        return None
    return next((max(began) + each for each in LOOKS_S if max(began) + each > now), None)


def _changes(late: Values, baseline: Values) -> bool:
    return any(value != baseline.get(name) for name, value in late.items())


def _of(intentions: Sequence[Values], name: str) -> list[Value]:
    return [each[name] for each in intentions if name in each]


def _confirmed(
    known: Value | None, intended: list[Value], current: ItemState, name: str
) -> Value | None:
    """What is confirmed of a field by now; None if nothing ever was."""
    if isinstance(intended[-1], str):
        now = current.text(name)
        return now if now in intended else known
    before = known if isinstance(known, tuple) else ()
    lists = [each for each in intended if isinstance(each, tuple)]
    found = _confirmed_credits(before, lists, current.credits(name))
    return found if found or known is not None else None


def _confirmed_credits(known: Credits, intended: list[Credits], now: Credits) -> Credits:
    """Ours as they were, and those of the intended that are there, in the order intended last."""
    shown = {each.key: each for each in now}
    versions: dict[str, list[Credit]] = {}
    for each in (*known, *(each for credits in intended for each in credits)):
        versions.setdefault(each.key, []).append(each)
    ours = {each.key for each in known}
    order = dict.fromkeys(each.key for credits in (intended[-1], known) for each in credits)
    keys = [*order, *(key for key in versions if key not in order)]
    return tuple(
        _version(versions[key], shown.get(key)) for key in keys if key in ours or key in shown
    )


def _version(versions: list[Credit], shown: Credit | None) -> Credit:
    """Role text and photo that Plex shows; the oldest where that doesn't tell."""
    first = versions[0]
    if shown is None:
        return first
    role = next((each for each in versions if each.role == shown.role), first)
    photo = next((each.photo for each in versions if each.photo == shown.photo), first.photo)
    return replace(role, photo=photo)


def _shows(late: Values, memory: Memory, current: ItemState) -> bool:
    """Whether Plex has something of these that it has from nowhere else that we know of."""
    for name, value in late.items():
        others = _of((memory.baseline, *memory.pending), name)
        if isinstance(value, str):
            if value not in others and current.text(name) == value != _before(memory, name):
                return True
            continue
        known = {each.key for other in others if isinstance(other, tuple) for each in other}
        new = {each.key for each in value} - known
        if new & {each.key for each in current.credits(name)}:
            return True
    return False


def _before(memory: Memory, name: str) -> str:
    return memory.original.text(name) if memory.original else ""
