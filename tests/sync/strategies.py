"""Random memories, Plex states and wishes, and a Plex that takes a plan as the real one does."""

from __future__ import annotations

from hypothesis import strategies as st

from sync import fields
from sync.plan import Plan
from sync.values import Credit, Credits, ItemState, Memory, Value, Values

# One of each sort: not clearable, plain text, a set, an ordered list with roles.
FIELDS = tuple(each for each in fields.ALL if each.name in ("title", "studio", "genres", "cast"))

# Few and alike, so that the three sides meet often; case differs where Plex ignores it.
TEXTS = st.sampled_from(["", "a", "b", "c"])
NAMES = st.sampled_from(["Ada", "ada", "Bruno", "Clara", "Łódź", "a,b"])
ROLES = st.sampled_from(["", "The Doctor", "The Guide"])


def credits(*, roles: bool = True) -> st.SearchStrategy[Credits]:
    made = st.builds(Credit, NAMES, ROLES if roles else st.just(""))
    return st.lists(made, max_size=4, unique_by=lambda each: each.key).map(tuple)


def value_of(field: fields.Field) -> st.SearchStrategy[Value]:
    return credits(roles=field.ordered) if field.is_credits else TEXTS


def values(*, complete: bool) -> st.SearchStrategy[Values]:
    every = {each.name: value_of(each) for each in FIELDS}
    return st.fixed_dictionaries(every) if complete else st.fixed_dictionaries({}, optional=every)


LOCKS = st.frozensets(st.sampled_from([each.name for each in FIELDS]))
STATES = st.builds(ItemState, values(complete=True), LOCKS)


@st.composite
def stores(draw: st.DrawFn) -> Memory:
    """What can come about: nothing, or baselines with originals, perhaps after crashes."""
    if draw(st.booleans()):
        return Memory()
    return Memory(
        baseline=draw(values(complete=False)),
        pending=tuple(draw(st.lists(values(complete=False), max_size=2))),
        original=draw(STATES),
    )


def applied(plan: Plan, state: ItemState, *, replacing: bool = False) -> ItemState:
    """The item after Plex took the plan's edits: lists added to what is there, or replaced."""
    result, locked = dict(state.values), set(state.locked)
    for edit in plan.edits:
        if isinstance(edit.new, str):
            result[edit.field] = edit.new
        else:
            gone = {each.key for each in edit.removed}
            left = tuple(each for each in state.credits(edit.field) if each.key not in gone)
            named = {each.key for each in edit.new}
            rest = () if replacing else tuple(each for each in left if each.key not in named)
            result[edit.field] = edit.new + rest if edit.new else left
        (locked.add if edit.lock else locked.discard)(edit.field)
    return ItemState(result, frozenset(locked))


def remembered(plan: Plan) -> Memory:
    """What the ledger holds once the plan is confirmed."""
    return Memory(plan.baseline, (), plan.original)
