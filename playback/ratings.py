"""Ratings that go both ways: what a batch of scenes is to have, and which scenes to look at because
somebody has rated them in Plex."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jobs.schema import MOST_LIVE
from ledger.ledger import Ledger
from ledger.traits import TraitBook
from matching.locate import Located
from playback.brought import RATING, Brought, is_same
from playback.pieces import pieces_of
from playback.rating_ledger import RatingLedger
from playback.rules import look_from
from playback.scenes import SceneFinder
from plex.client import PlexClient, PlexSection
from plex.items import PlexItem, number
from sync.ratings import LastKnown, Winner, from_plex, from_stash, winner
from validation.scene import Scene

log = logging.getLogger(__name__)

ITEMS_PER_REQUEST = 1000

LookAt = Callable[[Sequence[int], bool], None]


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """`scenes`: as they are to be, with the ratings given in Plex; `to_stash`: those ratings, by
    scene, and `brought` what to remember of them. `decided`: the rating keys of the items that get
    Stash's whatever they have; `left`: of those that keep their own. `told`: of conflicts.
    `of_trials`: the items whose rating in Plex no person has given."""

    scenes: Mapping[int, Scene]
    to_stash: Mapping[int, int | None] = field(default_factory=dict)
    brought: Sequence[Brought] = ()
    decided: frozenset[int] = frozenset()
    left: frozenset[int] = frozenset()
    told: Sequence[str] = ()
    of_trials: frozenset[int] = frozenset()


def plan_ratings(
    ledger: RatingLedger,
    pending: Mapping[int, Brought],
    traits: TraitBook,
    server: str,
    scenes: Mapping[int, Scene],
    located: Mapping[int, Located],
    now: float,
) -> RatingPlan:
    """Nothing is written, and nobody is asked. `pending`: by scene the rating that Stash was about
    to get, or got without an answer. `now` in epoch seconds."""
    if not ledger.has_begun(server):
        return RatingPlan(scenes)
    planned, decided, left = dict(scenes), set[int](), set[int]()
    to_stash: dict[int, int | None] = {}
    brought: list[Brought] = []
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
        sent = pending.get(scene_id)
        if sent and is_same(sent.after, scene.rating100):
            last = {key: _with_ours(each, sent) for key, each in last.items()}
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
        if given and sent and _may_have_been_changed_back(scene, sent):
            left |= {item.rating_key for item in found.items}
            lost = _shown(rating_of(given[0]))
            told.append(
                f"scene {scene_id}: Stash gave no answer to the rating {lost} from Plex, and the "
                "scene was saved since. So nobody knows whether somebody has taken it back: both "
                "stay as they are until one of them is changed"
            )
            continue
        if given and not any(each is Winner.CONFLICT for _, each in verdicts):
            # Of several the first: there is one rating in Stash.
            rating = rating_of(given[0])
            to_stash[scene_id] = rating
            planned[scene_id] = scene.model_copy(update={"rating100": rating})
            brought.append(_row(server, scene, found.items, rating))
            decided |= {item.rating_key for item in found.items if rating_of(item) != rating}
            continue
        for item, each in verdicts:
            if each is Winner.NEITHER:
                left.add(item.rating_key)
            if each in (Winner.STASH, Winner.CONFLICT, Winner.PLEX):
                decided.add(item.rating_key)
            if each is Winner.CONFLICT:
                told.append(
                    f"scene {scene_id}: rated {_shown(rating_of(item))} in Plex and "
                    f"{_shown(stash)} in Stash since both were the same; that of Stash counts"
                )
    return RatingPlan(
        planned,
        to_stash,
        brought,
        frozenset(decided),
        frozenset(left),
        told,
        frozenset(of_trials),
    )


def _with_ours(last: LastKnown, sent: Brought) -> LastKnown:
    """What Stash has is what we have written, though nobody could note that."""
    if last.stash != from_stash(_whole(sent.before)):
        return last
    ours = from_stash(_whole(sent.after))
    return LastKnown(ours, ours, knows_stash=True)


def _may_have_been_changed_back(scene: Scene, sent: Brought) -> bool:
    """A save tells that the scene was changed, and not what."""
    return is_same(sent.before, scene.rating100) and sent.seen != scene.updated_at


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _row(server: str, scene: Scene, items: Iterable[PlexItem], rating: int | None) -> Brought:
    shown = list(items)
    keys = tuple(each.rating_key for each in shown)
    title = scene.title or shown[0].title
    place = server, RATING, scene.id
    return Brought(*place, title, keys, scene.rating100, rating, scene.updated_at)


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
            stash if item.rating_key in written else rating_of(item),
            stash,
            knows_stash=True,
            stays=item.rating_key in planned.left,
        )
        for item in items
        if item.rating_key in written or item.rating_key not in planned.of_trials
    }


def _is_trials(traits: TraitBook, server: str, rating_key: int, rated_at: int, now: float) -> bool:
    """Whether a trial has given the item its rating. An edit may move no time: so what one has at
    the moment, or had a moment ago, is nobody's either."""
    return any(traits.was_ours(server, rating_key, at) for at in (rated_at, now))


class RatedInPlex:
    """Looks in Plex for what was rated. `look_at` has scenes looked at, and is told whether they
    are of many. Raises what the clients raise, and StorageError. `now` in epoch seconds."""

    def __init__(
        self,
        plex: PlexClient,
        ledger: RatingLedger,
        traits: TraitBook,
        finder: SceneFinder,
        look_at: LookAt,
        now: Callable[[], float],
    ) -> None:
        self._plex = plex
        self._ledger = ledger
        self._traits = traits
        self._finder = finder
        self._look_at = look_at
        self._now = now
        self._server = plex.machine_identifier

    def look(self, sections: Iterable[PlexSection]) -> Generator[None, None, int]:
        """How many scenes are to be looked at. The first time it is only noted how things stand on
        both sides, once no item is on trial; if it is broken off, the next time goes on. A rating
        that was taken away no list shows: that is found when everything is compared."""
        known = self._ledger.rated(self._server)
        is_first = not self._ledger.has_begun(self._server)
        if is_first and self._is_tried_out():
            return 0
        newest = max((rated_at for rated_at, _ in known.values()), default=0)
        since = 0 if is_first else max(look_from(newest, self._now()), 1)
        limit = ("userRating", 0) if is_first else ("lastRatedAt", since - 1)
        found: dict[int, tuple[int, int]] = {}
        for section in sections:
            for page in self._pages(section, *limit):
                found |= page
                yield
        found = {
            key: each
            for key, each in found.items()
            if known.get(key) != each
            and (is_first or (each[0] >= since and not self._is_trials(key, each[0])))
        }
        number = 0
        for keys in pieces_of(list(found)):
            piece = {key: found[key] for key in keys}
            if is_first:
                self._note(keys)
            else:
                number += self._have_looked_at(piece, is_many=len(found) > MOST_LIVE)
            self._ledger.store_rated(self._server, piece)
            yield
        if is_first:
            self._ledger.begin(self._server)
        return number

    def preview(self, sections: Iterable[PlexSection]) -> list[Brought]:
        """What would come to Stash of what was rated since the last look. Nothing is written."""
        if not self._ledger.has_begun(self._server):
            return []
        known = self._ledger.rated(self._server)
        newest = max((rated_at for rated_at, _ in known.values()), default=0)
        since = max(look_from(newest, self._now()), 1)
        pages = (page for each in sections for page in self._pages(each, "lastRatedAt", since - 1))
        found = [
            key
            for page in pages
            for key, each in page.items()
            if known.get(key) != each and not self._is_trials(key, each[0])
        ]
        return [row for keys in pieces_of(found) for row in self._would_come(keys)]

    def _would_come(self, keys: Sequence[int]) -> Iterator[Brought]:
        items = self._plex.items(keys)
        last = self._ledger.last_known(self._server, items)
        for key, found in self._finder.find(self._server, items).items():
            plex, stash = rating_of(items[key]), from_stash(found.rating100)
            if winner(last[key], plex, stash) is Winner.PLEX:
                title, scene_id = items[key].title, found.scene.id
                place = self._server, RATING, scene_id
                yield Brought(*place, title, (key,), found.rating100, plex)

    def _is_tried_out(self) -> bool:
        """Whether some item may have a rating that is going to be taken back."""
        unseen = self._traits.first_writes.unseen(self._server)
        return bool(self._traits.unfinished(self._server) or unseen)

    def _is_trials(self, rating_key: int, rated_at: int) -> bool:
        return _is_trials(self._traits, self._server, rating_key, rated_at, self._now())

    def _note(self, keys: Sequence[int]) -> None:
        items = self._plex.items(keys)
        scenes = self._finder.find(self._server, items)
        known = {
            key: _as_found(rating_of(item), from_stash(scenes[key].rating100))
            for key, item in items.items()
            if key in scenes
        }
        self._ledger.store(self._server, known)

    def _have_looked_at(self, found: Mapping[int, tuple[int, int]], *, is_many: bool) -> int:
        """What we have written ourselves is known already."""
        last = self._ledger.last_known(self._server, found)
        keys = [key for key, (_, rating) in found.items() if last[key].plex != rating]
        if not keys:
            return 0
        scenes = self._finder.find(self._server, self._plex.items(keys))
        # A scene that Stash can't tell of now has its jobs repeated.
        unreadable = self._finder.unreadable.values()
        scene_ids = sorted({each.scene.id for each in scenes.values()} | set(unreadable))
        if scene_ids:
            self._look_at(scene_ids, is_many)
        return len(scene_ids)

    def _pages(
        self, section: PlexSection, field_above: str, limit: int
    ) -> Iterator[dict[int, tuple[int, int]]]:
        """The rated items above the limit of a field: by key, when, and what as rating100. One that
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
            yield {
                number(each.get("ratingKey")): (number(each.get("lastRatedAt")), rating)
                for each in items
                if (rating := from_plex(each.get("userRating", ""))) is not None
            }
            start += len(items)
            if not items or start >= number(root.get("totalSize")):
                return


def _as_found(plex: int | None, stash: int | None) -> LastKnown:
    return LastKnown(plex, stash, knows_stash=True, stays=plex != stash)


def _shown(rating100: int | None) -> str:
    return "not" if rating100 is None else str(rating100)
