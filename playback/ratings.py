"""Ratings that go both ways: what a batch of scenes is to have, and which scenes to look at because
somebody has rated them in Plex."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ledger.ledger import Ledger
from ledger.traits import TraitBook
from matching.locate import Located
from playback.rating_ledger import RatingLedger
from playback.rules import look_from
from playback.scenes import SceneFinder
from plex.client import PlexClient, PlexSection
from plex.items import PlexItem, number
from sync.ratings import LastKnown, Winner, from_plex, from_stash, winner
from validation.scene import Scene

log = logging.getLogger(__name__)

ITEMS_PER_REQUEST = 1000


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """`scenes`: as they are to be, with the ratings given in Plex; `to_stash`: those ratings, by
    scene. `decided`: the rating keys of the items that get Stash's whatever they have. `told`: of
    conflicts. `of_trials`: the items whose rating in Plex no person has given."""

    scenes: Mapping[int, Scene]
    to_stash: Mapping[int, int | None] = field(default_factory=dict)
    decided: frozenset[int] = frozenset()
    told: Sequence[str] = ()
    of_trials: frozenset[int] = frozenset()


def plan_ratings(
    ledger: RatingLedger,
    traits: TraitBook,
    server: str,
    scenes: Mapping[int, Scene],
    located: Mapping[int, Located],
    now: float,
) -> RatingPlan:
    """Nothing is written, and nobody is asked. `now` in epoch seconds."""
    if not ledger.has_begun(server):
        return RatingPlan(scenes)
    planned, decided = dict(scenes), set()
    to_stash: dict[int, int | None] = {}
    told: list[str] = []
    of_trials = {
        item.rating_key
        for each in located.values()
        for item in each.items
        if _is_trials(traits, server, item.rating_key, item.rated_at, now)
    }
    for scene_id, found in located.items():
        scene = scenes[scene_id]
        stash = from_stash(scene.rating100)
        last = ledger.last_known(server, [item.rating_key for item in found.items])
        # As long as a trial's rating is there, what was known before counts.
        given_by_people = {
            item.rating_key: last[item.rating_key].plex
            if item.rating_key in of_trials
            else rating_of(item)
            for item in found.items
        }
        verdicts = [
            (item, winner(last[item.rating_key], given_by_people[item.rating_key], stash))
            for item in found.items
        ]
        given = [item for item, each in verdicts if each is Winner.PLEX]
        if given and not any(each is Winner.CONFLICT for _, each in verdicts):
            # Of several the first: there is one rating in Stash.
            rating = rating_of(given[0])
            to_stash[scene_id] = rating
            planned[scene_id] = scene.model_copy(update={"rating100": rating})
            decided |= {item.rating_key for item in found.items if rating_of(item) != rating}
            continue
        for item, each in verdicts:
            if each in (Winner.STASH, Winner.CONFLICT, Winner.PLEX):
                decided.add(item.rating_key)
            if each is Winner.CONFLICT:
                told.append(
                    f"scene {scene_id}: rated {_shown(rating_of(item))} in Plex and "
                    f"{_shown(stash)} in Stash since both were the same; that of Stash counts"
                )
    return RatingPlan(planned, to_stash, frozenset(decided), told, frozenset(of_trials))


def managed(ledger: Ledger, server: str, located: Mapping[int, Located]) -> Mapping[int, Located]:
    """Without the items that are left alone: they give nothing and get nothing."""
    shown = [(item, scene_id) for scene_id, found in located.items() for item in found.items]
    alone = {
        key for key, entry in ledger.recall(server, shown).items() if entry.memory.is_unmanaged
    }
    return {
        scene_id: replace(
            found, items=tuple(item for item in found.items if item.rating_key not in alone)
        )
        for scene_id, found in located.items()
    }


def rating_of(item: PlexItem) -> int | None:
    """As rating100."""
    return from_plex(item.state.text("rating"))


def after_write(
    items: Iterable[PlexItem], planned: RatingPlan, scene_id: int, written: Container[int]
) -> dict[int, LastKnown]:
    """What is known of a scene's items once all is done: nothing new of those that have a trial's
    rating. `written`: those whose rating was."""
    stash = from_stash(planned.scenes[scene_id].rating100)
    return {
        item.rating_key: LastKnown(
            stash if item.rating_key in written else rating_of(item), stash, knows_stash=True
        )
        for item in items
        if item.rating_key in written or item.rating_key not in planned.of_trials
    }


def _is_trials(traits: TraitBook, server: str, rating_key: int, rated_at: int, now: float) -> bool:
    """Whether a trial has given the item its rating. An edit may move no time: so what one has at
    the moment, or had a moment ago, is nobody's either."""
    return any(traits.was_ours(server, rating_key, at) for at in (rated_at, now))


class RatedInPlex:
    """Looks in Plex for what was rated. `enqueue` has scenes looked at. Raises what the clients
    raise, and StorageError. `now` in epoch seconds."""

    def __init__(
        self,
        plex: PlexClient,
        ledger: RatingLedger,
        traits: TraitBook,
        finder: SceneFinder,
        enqueue: Callable[[Sequence[int]], None],
        now: Callable[[], float],
    ) -> None:
        self._plex = plex
        self._ledger = ledger
        self._traits = traits
        self._finder = finder
        self._enqueue = enqueue
        self._now = now
        self._server = plex.machine_identifier

    def look(self, sections: Iterable[PlexSection]) -> int:
        """How many scenes are to be looked at. The first time it is only noted how things stand on
        both sides, once no item is on trial. A rating that was taken away no list shows: that is
        found when everything is compared."""
        known = self._ledger.rated(self._server)
        is_first = not self._ledger.has_begun(self._server)
        if is_first and self._is_tried_out():
            return 0
        newest = max((rated_at for rated_at, _ in known.values()), default=0)
        since = 0 if is_first else max(look_from(newest, self._now()), 1)
        limit = ("userRating", 0) if is_first else ("lastRatedAt", since - 1)
        found = {
            key: each
            for section in sections
            for key, each in self._list(section, *limit)
            if is_first or (each[0] >= since and known.get(key) != each)
        }
        if not is_first:
            found = {key: each for key, each in found.items() if not self._is_trials(key, each[0])}
        scene_ids: list[int] = []
        if is_first:
            self._note(found)
        elif found:
            scene_ids = self._to_look_at(found)
            if scene_ids:
                self._enqueue(scene_ids)
        if found:
            self._ledger.store_rated(self._server, found)
        if is_first:
            self._ledger.begin(self._server)
        return len(scene_ids)

    def _is_tried_out(self) -> bool:
        """Whether some item may have a rating that is going to be taken back."""
        unseen = self._traits.first_writes.unseen(self._server)
        return bool(self._traits.unfinished(self._server) or unseen)

    def _is_trials(self, rating_key: int, rated_at: int) -> bool:
        return _is_trials(self._traits, self._server, rating_key, rated_at, self._now())

    def _note(self, found: Mapping[int, tuple[int, int]]) -> None:
        keys = list(found)
        for start in range(0, len(keys), ITEMS_PER_REQUEST):
            items = self._plex.items(keys[start : start + ITEMS_PER_REQUEST])
            scenes = self._finder.find(self._server, items)
            known = {
                key: LastKnown(rating_of(item), from_stash(scenes[key].rating100), knows_stash=True)
                for key, item in items.items()
                if key in scenes
            }
            self._ledger.store(self._server, known)

    def _to_look_at(self, found: Mapping[int, tuple[int, int]]) -> list[int]:
        """What we have written ourselves is known already."""
        last = self._ledger.last_known(self._server, found)
        keys = [key for key, (_, rating) in found.items() if last[key].plex != rating]
        scenes = self._finder.find(self._server, self._plex.items(keys)) if keys else {}
        return sorted({each.scene.id for each in scenes.values()})

    def _list(
        self, section: PlexSection, field_above: str, limit: int
    ) -> Iterator[tuple[int, tuple[int, int]]]:
        """The rated items above the limit of a field: key, when, and what as rating100. One that
        was rated by an edit may have no time."""
        start = 0
        while True:
            root = self._plex.listing(
                section,
                start=start,
                size=ITEMS_PER_REQUEST,
                filters={f"{field_above}>>": limit},
            )
            items = list(root.iterfind("Video"))
            for each in items:
                rating = from_plex(each.get("userRating", ""))
                if rating is not None:
                    rated_at = number(each.get("lastRatedAt"))
                    yield number(each.get("ratingKey")), (rated_at, rating)
            start += len(items)
            if not items or start >= number(root.get("totalSize")):
                return


def _shown(rating100: int | None) -> str:
    return "not" if rating100 is None else str(rating100)
