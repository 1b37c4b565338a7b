"""Undo: put items back to how they were before the first sync, or hand them over to Plex."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from errors import Outage, SettingsError, SyncError
from ledger.ledger import Ledger
from ledger.rows import Entry
from pictures.original import original_back
from pictures.plan import Action, PictureChange
from playback.rating_ledger import note_put_back
from plex.client import PlexClient
from plex.edits import send_plan
from plex.exceptions import PlexNotFound
from plex.items import PlexItem
from plex.pictures import ListedPicture, list_pictures
from sync.pictures import PictureMemory
from sync.plan import Kept, Plan
from sync.ratings import from_plex
from sync.reasons import EDITED_IN_PLEX, NOT_CLEARED
from sync.restore import narrowed, plan_forget, plan_restore, still_ours, year_back
from sync.values import Before, Memory
from trial.clears import Clearing, clearing
from trial.meaning import knows_clears

log = logging.getLogger(__name__)

GONE = "no longer in Plex"
OTHER_FILE = "Plex has another file under its key by now"

MOST_NOTES = 50
OTHERS = "other reasons, which the log file has at its debug level"


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one item. `failed`: why it could not be undone; "" if it was."""

    entry: Entry
    title: str = ""
    fields: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    failed: str = ""


@dataclass(frozen=True, slots=True)
class PicturesBack:
    changes: tuple[PictureChange, ...] = ()
    kept: tuple[Kept, ...] = ()
    known: Mapping[str, PictureMemory] | None = None
    locks: tuple[tuple[str, bool], ...] = ()


class Undo:
    """Restores the items of ledger entries, or (`forgets`) unlocks what we wrote to them.

    `force` also takes back what somebody edited since. `clearing`: what is known of
    texts that this Plex can't clear, which are left and reported. `shows` tells whether an item
    holds a file of a scene; it is asked where the file has another name than at our last write.
    """

    def __init__(
        self,
        ledger: Ledger,
        plex: PlexClient,
        *,
        force: bool = False,
        forgets: bool = False,
        concurrency: int = 4,
        shows: Callable[[PlexItem, int], bool] = lambda _item, _scene_id: False,
        clearing: Clearing | None = None,
    ) -> None:
        self._ledger = ledger
        self._plex = plex
        self._force = force
        self._forgets = forgets
        self._concurrency = concurrency
        self._shows = shows
        self._clearing = clearing or Clearing()
        self._before: Mapping[int, Mapping[str, Before]] | None = None

    def undo(
        self, entries: Sequence[Entry], before: Mapping[int, Mapping[str, Before]] | None = None
    ) -> list[Undone]:
        """A page of entries. `before`: by rating key, the only fields to put back, and to what;
        None for all, to what was there before us. Raises Outage and SettingsError; other failures
        are among the results. What was not confirmed can be undone again."""
        self._before = before
        self._plex.confirm_server()
        items = self._plex.items([entry.rating_key for entry in entries])
        # Before the threads start: Stash is asked by one at a time.
        strangers = {
            entry.rating_key
            for entry in entries
            if (item := items.get(entry.rating_key)) and not self._is_same(entry, item)
        }
        # Most collections go with the last of their items; then nothing has to be put back.
        parts = (
            [entry for entry in entries if entry.is_collection is collections]
            for collections in (False, True)
        )
        with ThreadPoolExecutor(self._concurrency) as pool:
            return [
                undone
                for part in parts
                for undone in pool.map(lambda entry: self._guarded(entry, items, strangers), part)
            ]

    def _is_same(self, entry: Entry, item: PlexItem) -> bool:
        """Whether the key still stands for what we wrote to, be its file renamed or not."""
        return entry.is_about(item) or (
            not entry.is_collection and self._shows(item, entry.scene_id)
        )

    def _guarded(self, entry: Entry, items: Mapping[int, PlexItem], strangers: Set[int]) -> Undone:
        item = items.get(entry.rating_key)
        if item is None and entry.is_collection:
            return self._gone_collection(entry)
        if item is None or entry.rating_key in strangers:
            return Undone(entry, failed=OTHER_FILE if item else GONE)
        try:
            return self._undo_item(entry, item)
        except (Outage, SettingsError):
            raise
        except SyncError as error:
            # It may go in this very moment.
            if entry.is_collection and isinstance(error, PlexNotFound):
                return self._gone_collection(entry)
            return Undone(entry, item.title, failed=str(error))

    def _gone_collection(self, entry: Entry) -> Undone:
        """It went with the last of its items, and wasn't there before us."""
        self._ledger.forget(self._plex.machine_identifier, [entry])
        return Undone(entry)

    def _undo_item(self, entry: Entry, item: PlexItem) -> Undone:
        server = self._plex.machine_identifier
        # First, so that an event that comes meanwhile doesn't write again what we take back.
        self._ledger.unmanage(server, entry.rating_key)
        # As of before it is planned: another thread may find out more meanwhile.
        known = self._clearing.traits
        plan, pictures = self.plans(entry, item)
        for edit in plan.edits:
            if edit.field == "rating":  # before it is sent, or it passes for one given in Plex
                rating100 = from_plex(str(edit.new))
                note_put_back(self._ledger.data_dir, server, entry.rating_key, rating100)
        for change in pictures.changes:
            change.apply(self._plex, item)
        complete = replace(plan, locks=plan.locks + pictures.locks)
        send_plan(self._plex, [item], complete)
        self._bring_year_back(entry, item, plan)
        if not knows_clears(known, clearing(plan.edits)):
            plan = self._but_uncleared(plan, entry)
        self._ledger.unmanage(server, entry.rating_key, plan.baseline, pictures.known)
        written = [edit.field for edit in plan.edits] + [each.name for each in pictures.changes]
        if self._forgets:
            written = [name for name, _ in plan.locks + pictures.locks]
        return Undone(entry, item.title, tuple(written), plan.kept + pictures.kept)

    def _bring_year_back(self, entry: Entry, item: PlexItem, plan: Plan) -> None:
        """By itself: whether a year can be edited isn't known of every server."""
        edit = year_back(self._memory(entry), item.state, plan)
        if edit is None:
            return
        try:
            send_plan(self._plex, [item], replace(plan, edits=(edit,), locks=()))
        except (Outage, SettingsError):
            raise
        except SyncError as error:
            log.debug("the year of item %d stays: %s", entry.rating_key, error)

    def _but_uncleared(self, plan: Plan, entry: Entry) -> Plan:
        """The plan without what Plex has left as it was."""
        shown = self._plex.items([entry.rating_key]).get(entry.rating_key)
        left = self._clearing.note(plan.edits, shown.state) if shown else []
        if not left:
            return plan
        ours = {name: entry.memory.baseline.get(name, "") for name in left}
        kept = tuple(
            Kept(each.field, each.old, NOT_CLEARED) for each in plan.edits if each.field in left
        )
        edits = tuple(each for each in plan.edits if each.field not in left)
        baseline = {**plan.baseline, **ours}
        return replace(plan, edits=edits, kept=plan.kept + kept, baseline=baseline)

    def plans(self, entry: Entry, item: PlexItem) -> tuple[Plan, PicturesBack]:
        """What would be done to the item. Nothing is written."""
        if self._forgets:
            return plan_forget(entry.memory, item.state), _forget_pictures(entry, item)
        if self._before is None:
            plan = self._restored(entry.memory, item)
            return plan, self._pictures_back(entry, item)
        before = self._before.get(entry.rating_key, {})
        plan = self._restored(self._memory(entry), item)
        left = still_ours(entry.memory, before, plan.baseline)
        return replace(plan, baseline=left), self._pictures_back(entry, item, before)

    def _memory(self, entry: Entry) -> Memory:
        """As if what is to be put back had been there before us."""
        if self._before is None:
            return entry.memory
        return narrowed(entry.memory, self._before.get(entry.rating_key, {}))

    def _restored(self, memory: Memory, item: PlexItem) -> Plan:
        return plan_restore(
            memory, item.state, force=self._force, uncleared=self._clearing.uncleared
        )

    def _pictures_back(
        self, entry: Entry, item: PlexItem, before: Mapping[str, Before] | None = None
    ) -> PicturesBack:
        changes: list[PictureChange] = []
        kept: list[Kept] = []
        known: dict[str, PictureMemory] = {}
        for name, memory in entry.pictures.items():
            if before is not None and name not in before:
                known[name] = memory
                continue
            # One of ours that was there before the run.
            former = str(before[name].value) if before else ""
            # What was uploaded is remembered for ever, since Plex keeps it for ever.
            known[name] = PictureMemory(uploaded=memory.uploaded)
            if former:
                known[name] = replace(memory, sha1=former)
            if memory.original is None:
                continue
            listed = list_pictures(self._plex, item, name)
            chosen = next((each for each in listed if each.is_chosen), None)
            shown = chosen.key if chosen else ""
            back = _former_back(name, former, listed) or original_back(name, memory, listed)
            if shown == back.key or (not former and shown == memory.original):
                continue
            if self._force or (chosen and chosen.sha1 in memory.uploaded):
                changes.append(back)
            else:
                kept.append(Kept(name, "", EDITED_IN_PLEX))
                known[name] = memory
        locks = tuple((each.name, each.is_locked) for each in changes)
        return PicturesBack(tuple(changes), tuple(kept), known, locks)


def _former_back(name: str, sha1: str, listed: Sequence[ListedPicture]) -> PictureChange | None:
    """Show an upload of ours again; None if Plex has none of this sha1."""
    key = next((each.key for each in listed if sha1 and each.sha1 == sha1), "")
    return PictureChange(name, Action.CHOOSE, sha1, key) if key else None


def _forget_pictures(entry: Entry, item: PlexItem) -> PicturesBack:
    locks = tuple(
        (name, False)
        for name, memory in entry.pictures.items()
        if memory.sha1 and name in item.state.locked
    )
    known = {name: PictureMemory(uploaded=each.uploaded) for name, each in entry.pictures.items()}
    return PicturesBack(known=known, locks=locks)


@dataclass(slots=True)
class UndoTally:
    """Items counted, for the summary. `notes`: what needs attention, with the name of the first
    item and how many there are; `reached`: how far the pages of `server` were gone through, for
    whoever goes on (see `commands.undo_task`)."""

    undone: int = 0
    unchanged: int = 0
    left: int = 0
    failed: int = 0
    notes: dict[str, tuple[str, int]] = field(default_factory=dict)
    server: str = ""
    reached: int = -1

    def add(self, result: Undone) -> None:
        entry = result.entry
        where = "collection" if entry.is_collection else "item"
        scene = "" if entry.is_collection else f"(scene {entry.scene_id}) "
        name = f"{where} {entry.rating_key} {scene}{result.title}".strip()
        if result.failed:
            self.failed += 1
            self._note(name, result.failed)
            return
        self.undone += bool(result.fields)
        self.unchanged += not result.fields
        self.left += bool(result.kept)
        if result.fields:
            log.debug("%s: put back %s", name, ", ".join(result.fields))
        for kept in result.kept:
            self._note(name, f"left {kept.field}, {kept.because}")

    def _note(self, name: str, what: str) -> None:
        log.debug("%s: %s", name, what)
        # A log of a thousand warnings tells nobody anything.
        what = what if what in self.notes or len(self.notes) < MOST_NOTES else OTHERS
        first, number = self.notes.get(what, (name, 0))
        self.notes[what] = first, number + 1

    def lines(self) -> list[str]:
        """What needs attention, a line for each cause."""
        return [
            f"{first}: {what}" if number == 1 else f"{number} items: {what}; the first is {first}"
            for what, (first, number) in self.notes.items()
        ]

    @property
    def total(self) -> int:
        return self.undone + self.unchanged + self.failed

    def summary(self, verb: str) -> str:
        """E.g. "3 restored, 1 as before already, 1 with fields left, 0 failed"."""
        return (
            f"{self.undone} {verb}, {self.unchanged} as before already, "
            f"{self.left} with fields left, {self.failed} failed"
        )
