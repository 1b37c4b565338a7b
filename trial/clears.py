"""Whether an empty value clears a field, as far as something was to be cleared."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace

from errors import SyncError
from ledger.rows import Intent
from ledger.traits import Traits
from pipeline.sending import Parcel
from plex.client import PlexClient
from plex.items import EDIT_KEYS
from sync.plan import Edit, Kept
from sync.reasons import NOT_CLEARED
from sync.values import ItemState
from trial import meaning

log = logging.getLogger(__name__)


class Clears:
    """Which texts an empty value has cleared, and which it has left as they were."""

    def __init__(self) -> None:
        self._cleared: set[str] = set()
        self._left: set[str] = set()

    def note(self, edits: Iterable[Edit], now: ItemState) -> list[str]:
        """The fields that these edits have left as they were, in an item that is so `now`."""
        some = [each for each in edits if _clears(each)]
        left = [each.field for each in some if now.text(each.field) == each.old]
        self._left |= set(left)
        self._cleared |= {each.field for each in some}.difference(left)
        return left

    def note_parcel(self, parcel: Parcel, now: ItemState) -> None:
        """What was left is still what it was, in the ledger as well."""
        intent = parcel.intent
        if left := self.note(intent.plan.edits, now):
            plan = intent.plan.without(left, intent.memory.baseline)
            parcel.intent = replace(intent, plan=plan)

    def traits(self, known: Traits) -> dict[str, str]:
        """As `trial.meaning` reads them, together with what was `known`; those that are news."""
        found = {}
        for field, trait in meaning.OWN_CLEARS.items():
            if field in self._left | self._cleared:
                found[trait] = "no" if field in self._left else "yes"
        if texts := self._of_texts(known.get(meaning.CLEARS, "")):
            found[meaning.CLEARS] = texts
        return {name: each for name, each in found.items() if known.get(name) != each}

    def _of_texts(self, known: str) -> str:
        """One that was cleared says that others can be, unless they were left themselves."""
        left, cleared = (each - meaning.OWN_CLEARS.keys() for each in (self._left, self._cleared))
        if known == "no" or not (left or cleared):
            return known
        if not left:
            return known or "yes"
        if not (known or cleared):
            return "no"
        before = known.removeprefix("not ").split(", ") if known not in ("", "yes") else ()
        return f"not {', '.join(sorted({EDIT_KEYS[each] for each in left}.union(before)))}"


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
        sent = [each for each in parcels if each.is_confirmed and clearing(each.intent.plan.edits)]
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
    """What is known of a server, by its `traits`, and found out by writing to it. `found`: called
    with those that are news. For several threads."""

    def __init__(
        self, traits: Traits | None = None, found: Callable[[Traits], None] = lambda _traits: None
    ) -> None:
        self.traits: Traits = traits or {}
        self._found = found
        self._lock = threading.Lock()

    @property
    def uncleared(self) -> frozenset[str]:
        """The texts that it can't clear."""
        return meaning.not_cleared(self.traits)

    def note(self, edits: Iterable[Edit], now: ItemState) -> list[str]:
        """As `Clears.note`."""
        clears = Clears()
        left = clears.note(edits, now)
        with self._lock:
            if news := clears.traits(self.traits):
                self.traits = {**self.traits, **news}
                self._found(news)
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


def clearing(edits: Iterable[Edit]) -> set[str]:
    """The fields that are to be cleared, and show it."""
    return {each.field for each in edits if _clears(each)}


def _clears(edit: Edit) -> bool:
    """A sort title follows the title again, which may be the same."""
    return bool(edit.old) and edit.new == "" and edit.field != "sort_title"
