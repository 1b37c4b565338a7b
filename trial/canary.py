"""The first writes to a server, or to another version of it: one item, then ten, each looked at
before the next step. Afterwards nothing is asked any more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from errors import Outage, SettingsError, SyncError
from ledger.first_writes import FirstWrite
from ledger.former_rows import Row
from ledger.rows import Intent
from ledger.traits import PROVEN, Proof, Traits
from pipeline.scene_sync import Parcels, Write
from pipeline.stores import Stores
from plex.client import PlexClient
from trial import meaning
from trial.bench import Bench
from trial.clears import Clears, ClearsLook, clearing, leave
from trial.first_writes import FirstWriteKeeper, TakenBack, stored
from trial.look import Flown, Look
from trial.meaning import every_edit_moves_time, stop_sentences, stopped
from trial.surprise import Surprise
from trial.telling import note_ways
from trial.trial import harmless, undo_left_over
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

Place = tuple[str, str]
"""A server and its version."""


@dataclass(slots=True)
class _Flight:
    """What was written since it began, and what the ledger knew of these items before."""

    flown: dict[int, Flown] = field(default_factory=dict)
    rows: dict[int, Row | None] = field(default_factory=dict)


class Canary:
    """For one worker; `now` gives epoch seconds."""

    def __init__(self, stores: Stores, now: Callable[[], float]) -> None:
        self._stores = stores
        self._book = stores.traits
        self._now = now
        self._trusted: Place | None = None
        self._keeper = FirstWriteKeeper(stores.ledger, stores.traits.first_writes, now)
        self._looked_after: Place | None = None
        self._has_unseen = False
        self._told: set[str] = set()
        self._allowed: tuple[PlexSyncConfig, Place, Traits, PlexSyncConfig] | None = None

    def check(self, plex: PlexClient, config: PlexSyncConfig) -> None:
        """Raises Surprise if there was one with this server, and nothing has changed since."""
        proof = self._book.proof(*_place(plex))
        if proof is None or not proof.surprise:
            return
        if proof.fields and config.skip_fields.issuperset(proof.fields):
            self._book.prove(*_place(plex), Proof(), self._now())
            return
        if self._is_to_look_after(plex):
            self._look_after(plex)
        raise Surprise(proof.surprise, proof.fields)

    def allowed(self, plex: PlexClient, config: PlexSyncConfig) -> PlexSyncConfig:
        """The settings without the fields that must not be written to this server; to be called
        before items are read. Raises Surprise."""
        place = _place(plex)
        if self._is_to_look_after(plex):
            self._look_after(plex)
        # A trial, which is another process, may have found something out since.
        traits = self._book.traits(*place)
        if self._allowed and self._allowed[0] is config and self._allowed[1:3] == (place, traits):
            return self._allowed[3]
        self.check(plex, config)
        self._tell(stop_sentences(traits, place[1], config.skip_fields))
        self._allowed = config, place, traits, meaning.allowed(traits, config)
        return self._allowed[3]

    def sees_every_edit(self, plex: PlexClient) -> bool:
        """See `trial.meaning.every_edit_moves_time`."""
        return every_edit_moves_time(self._book.traits(*_place(plex)))

    def write(
        self,
        plex: PlexClient,
        intents: Mapping[int, Intent],
        is_work: Callable[[Intent], bool],
        write: Write,
    ) -> Parcels:
        """Write all, the first ones of a new server in small portions. What isn't begun since the
        server is down has no parcel. Raises Surprise."""
        place = _place(plex)
        if place == self._trusted or (proven := self._proven(place)) >= PROVEN:
            self._trusted = place
            return self._write_trusted(plex, intents, write)
        flight, parcels = _Flight(), Parcels()
        waiting = [key for key, each in intents.items() if is_work(each)]
        if waiting:
            # Before there is anything in the ledger that would speak for the server.
            self._advance(place, proven)
        late: set[int] = set()
        while waiting and proven < PROVEN:
            portion = waiting[: 1 if proven == 0 else PROVEN - proven]
            del waiting[: len(portion)]
            some = self._as_known(plex, {key: intents[key] for key in portion})
            look = self._look(plex, flight, some, proven)
            sent = self._send(plex, flight, some, write, look)
            parcels |= sent
            proven += look.seen
            self._advance(place, proven)
            if any(isinstance(each.error, Outage) for each in sent.values()):
                # The others needn't wait for the same timeout, one after another.
                late, waiting = set(waiting), []
        if proven >= PROVEN:
            self._prove(plex, parcels)
        rest = {key: x for key, x in intents.items() if key not in parcels and key not in late}
        return parcels | (self._write_trusted(plex, rest, write) if rest else {})

    def _write_trusted(
        self, plex: PlexClient, intents: Mapping[int, Intent], write: Write
    ) -> Parcels:
        """Looked at only once: whether this server clears what is to be cleared."""
        place, intents = _place(plex), self._as_known(plex, intents)
        emptied = clearing(edit for each in intents.values() for edit in each.plan.edits)
        if not emptied or meaning.knows_clears(self._book.traits(*place), emptied):
            return write(intents, None)
        look = ClearsLook(plex)
        parcels = write(intents, look)
        self._note_clears(place, look.clears)
        return parcels

    def _as_known(self, plex: PlexClient, intents: Mapping[int, Intent]) -> dict[int, Intent]:
        """Without clearing what was found not to be cleared since they were planned."""
        uncleared = meaning.not_cleared(self._book.traits(*_place(plex)))
        return {key: leave(each, uncleared) for key, each in intents.items()}

    def _note_clears(self, place: Place, clears: Clears) -> None:
        found = clears.traits(self._book.traits(*place))
        if not found:
            return
        self._book.note(*place, found, self._now())
        note_ways(self._stores.store, self._book)
        self._tell(meaning.clear_sentences(self._book.traits(*place), place[1]))
        self._allowed = None

    def _tell(self, sentences: Iterable[str]) -> None:
        """Once for as long as this process lives."""
        for each in sentences:
            if each not in self._told:
                self._told.add(each)
                log.warning("%s", each)

    def _advance(self, place: Place, proven: int) -> None:
        """Raises Surprise if another process has met one meanwhile."""
        self._book.advance(*place, proven, self._now())
        proof = self._book.proof(*place)
        if proof and proof.surprise:
            raise Surprise(proof.surprise, proof.fields)

    def _look(
        self, plex: PlexClient, flight: _Flight, portion: Mapping[int, Intent], proven: int
    ) -> Look:
        place, book = _place(plex), self._book
        rows = self._stores.ledger.former.of(place[0], portion)
        flight.rows |= {key: row for key, row in rows.items() if key not in flight.rows}

        def note(flown: Mapping[int, Flown]) -> None:
            self._has_unseen = True
            book.first_writes.begin(place[0], self._stored(plex, flown, flight), self._now())

        def looked_at(keys: Iterable[int]) -> None:
            book.advance(*place, proven + look.seen, self._now(), keys)

        look = Look(plex, note, looked_at, is_first=proven == 0)
        return look

    def _stored(
        self, plex: PlexClient, flown: Mapping[int, Flown], flight: _Flight
    ) -> list[FirstWrite]:
        return stored(flown, flight.rows, plex.version, self._stores.registry.token)

    def _send(
        self,
        plex: PlexClient,
        flight: _Flight,
        portion: Mapping[int, Intent],
        write: Write,
        look: Look,
    ) -> Parcels:
        place = _place(plex)
        try:
            parcels = write(portion, look)
        except Surprise as surprise:
            flight.flown |= look.flown
            self._book.prove(*place, Proof(0, str(surprise), surprise.fields), self._now())
            # Those of before, which came as they were written, go back as well.
            self._book.first_writes.begin(
                place[0], self._stored(plex, flight.flown, flight), self._now()
            )
            left = self._take_back(plex, flight)
            text = f"{surprise}. {left}"
            self._book.prove(*place, Proof(0, text, surprise.fields), self._now())
            note_ways(self._stores.store, self._book)
            self._allowed = None
            raise Surprise(text, surprise.fields) from None
        flight.flown |= look.flown
        self._has_unseen = self._has_mine(place[0])
        self._note_clears(place, look.clears)
        return parcels

    def _has_mine(self, server: str) -> bool:
        """Whether something was written and not looked at, as when Plex was away."""
        mine = self._stores.registry.token
        return any(each.owner == mine for each in self._book.first_writes.unseen(server))

    def _take_back(self, plex: PlexClient, flight: _Flight) -> str:
        """Put everything back that was written; what to tell of it."""
        left = []
        for each in self._stored(plex, flight.flown, flight):
            flown = flight.flown[each.rating_key]
            try:
                taken_back = self._keeper.take_back(plex, each)
            except SyncError as error:
                taken_back = TakenBack((str(error),), is_over=False)
            if taken_back.left:
                names = ", ".join(taken_back.left)
                left.append(f"scene {flown.written.scene_id} ({names})")
        # Whoever connects next tries the rest again.
        self._has_unseen = self._has_mine(plex.machine_identifier)
        told = f"What was written to {len(flight.flown)} item(s) is taken back"
        return told + (f", but not all of it: {'; '.join(left)}" if left else "")

    def _proven(self, place: Place) -> int:
        """How many items came back right. A server that we know from before canaries is trusted."""
        proof = self._book.proof(*place)
        if proof is not None:
            if proof.surprise:  # another process has met it
                raise Surprise(proof.surprise, proof.fields)
            return proof.items
        is_new = not self._stores.ledger.knows(place[0]) and not self._book.traits(*place)
        if is_new or self._book.is_known(place[0]):
            return 0
        self._book.prove(*place, Proof(PROVEN), self._now())
        return PROVEN

    def _prove(self, plex: PlexClient, parcels: Parcels) -> None:
        """Trusted from now on. What was measured with another version is measured anew, as far as
        that is harmless."""
        place = _place(plex)
        self._trusted = place
        note_ways(self._stores.store, self._book)
        log.info("Plex %s took the first %d items as they were written", place[1], PROVEN)
        measured = [version for server, version, _ in self._book.measured() if server == place[0]]
        others = [version for version in measured if version != place[1]]
        if not others or meaning.is_measured(self._book.traits(*place)):
            return
        item = next(iter(parcels.values())).intent.item
        try:
            found = harmless(Bench(plex, item))
        except (Outage, SettingsError) as error:
            log.debug("not measured anew: %s", error)
            return
        self._book.note(*place, found.traits, self._now())
        note_ways(self._stores.store, self._book)
        if any(self._leaves_alone(place[0], each) for each in others):
            # What was left alone with the other version may be written to this one.
            self._stores.scene_cache.invalidate()

    def _leaves_alone(self, server: str, version: str) -> bool:
        traits = self._book.traits(server, version)
        return bool(stopped(traits) or meaning.not_cleared(traits))

    def _is_to_look_after(self, plex: PlexClient) -> bool:
        """Another process may end in the midst of it while this one lives."""
        place = _place(plex)
        if self._has_unseen or self._looked_after != place:
            return True
        return bool(self._book.first_writes.unseen(place[0]))

    def _look_after(self, plex: PlexClient) -> None:
        """What another process has left on trial is put back, and what it has written first is
        looked at, before anything is written. What is this one's is nobody's work at the moment."""
        token = self._stores.registry.token
        living = {each.token for each in self._stores.registry.living(self._now())}
        undo_left_over(plex, self._book, living.__contains__, self._now)
        seen = self._keeper.look_after(plex, lambda owner: owner in living and owner != token)
        place = _place(plex)
        proof = self._book.proof(*place)
        if seen and proof and not proof.surprise:
            # The last one is looked at together with others.
            items = min(proof.items + seen, PROVEN - 1)
            self._book.advance(*place, items, self._now())
        self._looked_after, self._has_unseen = place, False


def _place(plex: PlexClient) -> Place:
    return plex.machine_identifier, plex.version
