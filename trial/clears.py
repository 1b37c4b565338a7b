"""Whether an empty value clears a field, as far as something was to be cleared."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from errors import SyncError
from ledger.rows import Intent
from pipeline.sending import Parcel
from plex.client import PlexClient
from plex.items import EDIT_KEYS
from sync.plan import Edit, Kept
from sync.reasons import NOT_CLEARED
from sync.values import ItemState

log = logging.getLogger(__name__)


class Clears:
    """Which texts an empty value has cleared, and which it has left as they were."""

    def __init__(self) -> None:
        self._cleared: set[str] = set()
        self._left: set[str] = set()

    def note(self, edits: Iterable[Edit], now: ItemState) -> list[str]:
        """The fields that these edits have left as they were, in an item that is so `now`."""
        clearing = [each for each in edits if _clears(each)]
        left = [each.field for each in clearing if now.text(each.field) == each.old]
        self._left |= set(left)
        self._cleared |= {each.field for each in clearing}.difference(left)
        return left

    def note_parcel(self, parcel: Parcel, now: ItemState) -> None:
        """What was left is still what it was, in the ledger as well."""
        intent = parcel.intent
        if left := self.note(intent.plan.edits, now):
            plan = intent.plan.without(left, intent.memory.baseline)
            parcel.intent = replace(intent, plan=plan)

    def trait(self) -> str:
        """As `trial.meaning` reads it; "" if nothing was to be cleared."""
        if not self._left:
            return "yes" if self._cleared else ""
        if not self._cleared and self._left != {"rating"}:
            return "no"
        # A rating is a matter of its own.
        return f"not {', '.join(sorted(EDIT_KEYS[each] for each in self._left))}"


class ClearsLook:
    """At what is cleared by a server that is trusted but for this; see
    `pipeline.sending.Inspection`."""

    def __init__(self, plex: PlexClient) -> None:
        self.clears = Clears()
        self._plex = plex

    def is_to_be_sent(self, parcels: Sequence[Parcel]) -> None:
        pass

    def text_is_there(self, parcels: Sequence[Parcel]) -> None:
        """A server that doesn't answer is no failure of the write."""
        sent = [
            each
            for each in parcels
            if each.is_confirmed and clears_anything(each.intent.plan.edits)
        ]
        try:
            items = self._plex.items([each.intent.item.rating_key for each in sent])
        except SyncError as error:
            log.debug("what was cleared is not read back: %s", error)
            return
        for each in sent:
            if item := items.get(each.intent.item.rating_key):
                self.clears.note_parcel(each, item.state)

    def all_is_there(self, parcels: Sequence[Parcel]) -> None:
        pass


class Clearing:
    """What is known of a server, and found out by writing to it. `uncleared`: the texts that it
    can't clear. `found`: called with the trait once it is known."""

    def __init__(
        self,
        uncleared: frozenset[str] = frozenset(),
        found: Callable[[str], None] = lambda _trait: None,
        *,
        is_known: bool = True,
    ) -> None:
        self.uncleared = uncleared
        self.is_known = is_known
        self._found = found
        self._clears = Clears()

    def note(self, edits: Iterable[Edit], now: ItemState) -> list[str]:
        """As `Clears.note`."""
        left = self._clears.note(edits, now)
        self.uncleared |= frozenset(left)
        self.is_known = True
        self._found(self._clears.trait())
        return left


def leave(intent: Intent, uncleared: Container[str]) -> Intent:
    """The intent of before this was known, without clearing these."""
    plan = intent.plan
    left = [each for each in plan.edits if _clears(each) and each.field in uncleared]
    if not left:
        return intent
    ours = {each.field: intent.memory.baseline.get(each.field, each.old) for each in left}
    plan = replace(
        plan,
        edits=tuple(each for each in plan.edits if each not in left),
        kept=plan.kept + tuple(Kept(each.field, each.old, NOT_CLEARED) for each in left),
        baseline={**plan.baseline, **ours},
    )
    return replace(intent, plan=plan)


def clears_anything(edits: Iterable[Edit]) -> bool:
    """Whether a text is to be cleared, and shows it."""
    return any(_clears(each) for each in edits)


def _clears(edit: Edit) -> bool:
    """A sort title follows the title again, which may be the same."""
    return bool(edit.old) and edit.new == "" and edit.field != "sort_title"
