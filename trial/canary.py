"""The first writes to a server, or to another version of it: one item, then ten, each looked at
before the next step. Afterwards nothing is asked any more."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from errors import Outage, SettingsError, SyncError
from ledger.former_rows import Row
from ledger.rows import Intent
from ledger.traits import PROVEN, Proof
from pictures.original import shown_before
from pipeline.scene_sync import Parcels, Write
from pipeline.sending import Parcel
from pipeline.stores import Stores
from plex.client import PlexClient
from plex.items import PICTURE_LOCKS, PlexItem
from plex.pictures import list_pictures
from sync.pictures import PICTURES
from trial import meaning
from trial.bench import Bench
from trial.compare import Difference, differences, in_capitals, other_locks
from trial.meaning import every_edit_moves_time, stop_sentences, stopped
from trial.put_back import chosen_picture, put_back
from trial.snapshot import Snapshot, of_item
from trial.telling import note_ways
from trial.trial import harmless, undo_left_over
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

ADVICE = (
    "Nothing more is written to this Plex, and the queue is kept. Run the check of the set-up with "
    "--try and report what it tells; it goes on with another version of Plex, with the named "
    "fields in skip_fields, or after such a trial."
)

Place = tuple[str, str]
"""A server and its version."""


class Surprise(SettingsError):
    """Plex did something else than it was told. `fields`: by their names in the settings."""

    reason = "surprise"

    def __init__(self, message: str, fields: tuple[str, ...] = (), *, advice: str = ADVICE) -> None:
        super().__init__(message, advice=advice)
        self.fields = fields


@dataclass(slots=True)
class _Flight:
    """The items that were written since it began, and what the ledger knew of them before."""

    parcels: dict[int, Parcel] = field(default_factory=dict)
    rows: dict[int, Row | None] = field(default_factory=dict)


class Canary:
    """For one worker; `now` gives epoch seconds."""

    def __init__(self, stores: Stores, now: Callable[[], float]) -> None:
        self._stores = stores
        self._book = stores.traits
        self._now = now
        self._trusted: Place | None = None
        self._looked_after: Place | None = None
        self._is_undone = True
        self._allowed: tuple[PlexSyncConfig, Place, PlexSyncConfig] | None = None

    def check(self, plex: PlexClient, config: PlexSyncConfig) -> None:
        """Raises Surprise if there was one with this server, and nothing has changed since."""
        proof = self._book.proof(*_place(plex))
        if proof is None or not proof.surprise:
            return
        if proof.fields and config.skip_fields.issuperset(proof.fields):
            self._book.prove(*_place(plex), Proof(), self._now())
            return
        if not self._is_undone:
            self._look_after(plex)
        raise Surprise(proof.surprise, proof.fields)

    def allowed(self, plex: PlexClient, config: PlexSyncConfig) -> PlexSyncConfig:
        """The settings without the fields that must not be written to this server; to be called
        before items are read. Raises Surprise."""
        place = _place(plex)
        if self._allowed and self._allowed[0] is config and self._allowed[1] == place:
            return self._allowed[2]
        if self._looked_after != place:
            self._look_after(plex)
        self.check(plex, config)
        traits = self._book.traits(*place)
        for line in stop_sentences(traits, place[1]):
            log.warning("%s", line)
        self._allowed = config, place, meaning.allowed(traits, config)
        return self._allowed[2]

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
            return write(intents, None)
        flight, parcels = _Flight(), Parcels()
        waiting = [key for key, each in intents.items() if is_work(each)]
        if waiting:
            # Before there is anything in the ledger that would speak for the server.
            self._advance(place, proven)
        late: set[int] = set()
        while waiting and proven < PROVEN:
            portion = waiting[: 1 if proven == 0 else PROVEN - proven]
            del waiting[: len(portion)]
            look = Look(plex, is_first=proven == 0)
            some = {key: intents[key] for key in portion}
            parcels |= self._send(place, flight, some, write, look)
            proven += look.seen
            self._advance(place, proven)
            if any(isinstance(each.error, Outage) for each in look.parcels.values()):
                # The others needn't wait for the same timeout, one after another.
                late, waiting = set(waiting), []
        if proven >= PROVEN:
            self._prove(plex, parcels)
        rest = {key: x for key, x in intents.items() if key not in parcels and key not in late}
        return parcels | (write(rest, None) if rest else {})

    def _advance(self, place: Place, proven: int) -> None:
        """Raises Surprise if another process has met one meanwhile."""
        self._book.advance(*place, proven, self._now())
        proof = self._book.proof(*place)
        if proof and proof.surprise:
            raise Surprise(proof.surprise, proof.fields)

    def _send(
        self,
        place: Place,
        flight: _Flight,
        portion: Mapping[int, Intent],
        write: Write,
        look: Look,
    ) -> Parcels:
        rows = self._stores.ledger.former.of(place[0], portion)
        flight.rows |= {key: row for key, row in rows.items() if key not in flight.rows}
        try:
            parcels = write(portion, look)
        except Surprise as surprise:
            flight.parcels |= look.parcels
            self._book.prove(*place, Proof(0, str(surprise), surprise.fields), self._now())
            left = self._take_back(look.plex, flight)
            text = f"{surprise}. {left}"
            self._book.prove(*place, Proof(0, text, surprise.fields), self._now())
            note_ways(self._stores.store, self._book)
            self._allowed = None
            raise Surprise(text, surprise.fields) from None
        flight.parcels |= look.parcels
        return parcels

    def _take_back(self, plex: PlexClient, flight: _Flight) -> str:
        """Put everything back that was written, pictures first; what to tell of it."""
        server, book = plex.machine_identifier, self._book
        before = {key: _before(plex, each) for key, each in flight.parcels.items()}
        texts = {key: each.dump() for key, each in before.items()}
        book.touch(server, texts, self._stores.registry.token, self._now())
        self._stores.ledger.former.bring_back(server, flight.rows)
        left = []
        for key, snapshot in before.items():
            item = flight.parcels[key].intent.item
            try:
                failed = put_back(plex, item, snapshot)
                book.left(server, [key], self._now())
            except SyncError as error:
                # Whoever connects next tries again.
                failed, self._is_undone = [str(error)], False
            if failed:
                left.append(f"scene {flight.parcels[key].scene.id} ({', '.join(failed)})")
        count = len(before) - len(left)
        told = f"What was written to {count} item(s) is taken back"
        return told + (f"; not all of it with {', '.join(left)}" if left else "")

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
        others = [version for server, version, _ in self._book.measured() if server == place[0]]
        if not others or place[1] in others:
            return
        item = next(iter(parcels.values())).intent.item
        try:
            found = harmless(Bench(plex, item))
        except (Outage, SettingsError) as error:
            log.debug("not measured anew: %s", error)
            return
        self._book.note(*place, found.traits, self._now())
        note_ways(self._stores.store, self._book)
        if any(stopped(self._book.traits(place[0], each)) for each in others):
            # What was left alone with the other version may be written to this one.
            self._stores.scene_cache.invalidate()

    def _look_after(self, plex: PlexClient) -> None:
        """What another process has left on trial is put back before anything is written."""
        living = {each.token for each in self._stores.registry.living(self._now())}
        undo_left_over(plex, self._book, living.__contains__, self._now)
        self._looked_after, self._is_undone = _place(plex), True


class Look:
    """Reads back one portion; see `pipeline.sending.Inspection`. `seen`: how many items came back
    as they were written, `parcels` those that something was sent for."""

    def __init__(self, plex: PlexClient, *, is_first: bool) -> None:
        self.plex = plex
        self.seen = 0
        self.parcels: dict[int, Parcel] = {}
        self._is_first = is_first
        self._told_of_locks = False
        self._chosen: dict[str, str] = {}

    def text_is_there(self, parcels: Sequence[Parcel]) -> None:
        # Also of those that failed, since some of it may have arrived.
        self.parcels = {each.intent.item.rating_key: each for each in parcels}
        edited = [each for each in parcels if each.is_confirmed]
        self._compare(edited)
        if self._is_first:
            for parcel in edited:
                self._chosen = self._others(parcel)

    def all_is_there(self, parcels: Sequence[Parcel]) -> None:
        finished = [each for each in parcels if each.is_finished and each.pictures.changes]
        self._compare(finished)
        for parcel in finished:
            _raise_for(parcel, _pictures(self.plex, parcel))
        if self._is_first:
            for parcel in parcels:
                if self._chosen and self._others(parcel) != self._chosen:
                    other = Difference("pictures", "those that were chosen", "others")
                    _raise_for(parcel, [other])
        self.seen = sum(each.is_confirmed or each.is_finished for each in parcels)

    def _compare(self, parcels: Sequence[Parcel]) -> None:
        if not parcels:
            return
        found = self.plex.items([each.intent.item.rating_key for each in parcels])
        read: list[tuple[Parcel, Snapshot]] = []
        for parcel in parcels:
            item = found.get(parcel.intent.item.rating_key)
            if item is None:
                continue  # it went in this moment
            now = of_item(item)
            read.append((parcel, now))
            before = of_item(parcel.intent.item)
            _raise_for(parcel, differences(parcel, before, now))
            self._tell_of_locks(parcel, other_locks(parcel, before, now))
        if read:
            _raise_for(read[0][0], in_capitals(read))

    def _tell_of_locks(self, parcel: Parcel, found: Sequence[Difference]) -> None:
        if found and not self._told_of_locks:
            self._told_of_locks = True
            log.warning(
                "Plex has other locks than it was told with scene %d: %s. Its next refresh may "
                "change these fields",
                parcel.scene.id,
                "; ".join(map(str, found)),
            )

    def _others(self, parcel: Parcel) -> dict[str, str]:
        """Which pictures are chosen that we don't change."""
        changed = {each.name for each in parcel.pictures.changes}
        item = parcel.intent.item
        return {
            name: chosen_picture(self.plex, item, name) for name in PICTURES if name not in changed
        }


def _place(plex: PlexClient) -> Place:
    return plex.machine_identifier, plex.version


def _pictures(plex: PlexClient, parcel: Parcel) -> list[Difference]:
    """Of the pictures that were sent, those that aren't the chosen ones."""
    found = []
    for change in parcel.pictures.changes:
        listed = list_pictures(plex, parcel.intent.item, change.name)
        chosen = next((each for each in listed if each.is_chosen), None)
        is_right = chosen is not None and (
            chosen.sha1 == change.sha1 if change.sha1 else chosen.key == change.key
        )
        if not (is_right or (chosen is None and not change.sha1 and not change.key)):
            found.append(Difference(change.name, "the picture that was sent", "another one"))
    return found


def _raise_for(parcel: Parcel, found: Sequence[Difference]) -> None:
    if not found:
        return
    fields = tuple(dict.fromkeys(each.field for each in found))
    told = "; ".join(str(each) for each in found[:3])
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    raise Surprise(
        f"Plex did something else than it was told with scene {parcel.scene.id}: {told}{more}",
        fields,
    )


def _before(plex: PlexClient, parcel: Parcel) -> Snapshot:
    """How the item is to be again; of the pictures that were sent those that were shown before."""
    item: PlexItem = parcel.intent.item
    chosen = {}
    for change in parcel.pictures.changes:
        memory = parcel.pictures.known[change.name]
        try:
            listed = list_pictures(plex, item, change.name)
        except SyncError as error:
            # All else is put back all the same.
            log.warning("the %s of item %d stays: %s", change.name, item.rating_key, error)
            continue
        chosen[PICTURE_LOCKS[change.name]] = shown_before(memory, listed)
    return replace(of_item(item), chosen=chosen)
