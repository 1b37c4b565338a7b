"""One batch of scenes: Stash's newest, located in Plex, compared, written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from errors import LeaseLost, Outage
from jobs.job import Job
from jobs.schema import LIVE, SCENE
from ledger.rows import Intent
from matching.libraries import FAILING_PAUSE_S, awaits_list
from matching.locate import Located, Locator
from pictures.artwork import Artwork
from pictures.photos import CastPhotos
from pictures.upload_pool import PicturePatience, PicturePost
from pipeline.collection import Collections
from pipeline.collection_details import CollectionDetails
from pipeline.follow_up import FollowUp
from pipeline.outcome import ForNow, InSync, Outcome, Skipped, Synced
from pipeline.planning import plan_items, readable, sort_out
from pipeline.preempt import Preemption
from pipeline.scan import FolderScans
from pipeline.sending import Inspection, Parcel, Sender, State
from pipeline.stores import Stores
from pipeline.unchanged import (
    BULK,
    Answers,
    Unchanged,
    UpdateTimes,
    bulk_scenes,
    remember,
    update_times,
)
from pipeline.writer import Writer, outcomes_of
from playback.brought import RATING, BroughtLedger
from playback.rating_ledger import RatingLedger, opened
from playback.ratings import RatingPlan, after_write, managed, plan_ratings
from plex.client import PlexClient
from stash.activity import ActivityClient
from stash.client import StashClient, read_answer
from sync.ratings import LastKnown
from sync.tags import needs_ancestors
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

RATED = "rating"
Parcels = dict[int, Parcel]
"""By rating key."""
Write = Callable[[Mapping[int, Intent], Inspection | None], Parcels]
"""Writes these, and has them inspected."""


class FirstWrites(Protocol):
    """Who decides what may be written to a server, and how many items at a time."""

    def allowed(self, plex: PlexClient, config: PlexSyncConfig) -> PlexSyncConfig:
        """The settings without what must not be written; called before items are read."""

    def write(
        self,
        plex: PlexClient,
        intents: Mapping[int, Intent],
        is_work: Callable[[Intent], bool],
        write: Write,
    ) -> Parcels:
        """Write all intents; `is_work` tells in which there is anything to send. One of them that
        has no parcel afterwards wasn't begun."""


@dataclass(frozen=True, slots=True)
class _Written:
    """How the scenes of a batch came out; `rated`: the items to which a rating was written."""

    outcomes: Mapping[int, Outcome]
    rated: frozenset[int]


class SceneSync:
    """Syncs batches of one lane each, for one worker. `is_live`: whether live edits are its
    business, so that other batches give way. `now` gives epoch seconds. `first_writes` carries out
    what is planned, as carefully as the server is new."""

    def __init__(
        self,
        stores: Stores,
        stash: StashClient,
        is_live: bool,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        first_writes: FirstWrites,
    ) -> None:
        self._stores = stores
        self._first_writes = first_writes
        self._stash = stash
        self._is_live = is_live
        self._now = now
        self._monotonic = monotonic
        self._photos = CastPhotos(stash)
        self._scans = FolderScans(monotonic)
        self._unchanged = Unchanged(stores.scene_cache)
        self._pictures = PicturePatience(monotonic)
        self.titles: dict[int, str] = {}
        """Of the scenes of the last batch that were compared."""

    def renew(self) -> None:
        """Ask Plex anew what was changed there before anything is taken for unchanged."""
        self._unchanged.renew()

    def sync(
        self, jobs: Sequence[Job], config: PlexSyncConfig, plex: PlexClient, locator: Locator
    ) -> dict[Job, Outcome]:
        """The outcome of each job; raises what goes wrong with all of them."""
        looked_at, lane = self._now(), jobs[0].lane
        raw = self._stash.raw_scenes(
            [job.object_id for job in jobs],
            with_ancestors=needs_ancestors(config),
            # Such a job may be due to a new namesake, of which another process has been told.
            namesakes_anew=lane not in BULK,
        )
        config = self._photos.possible(config, readable(raw))
        identified = plex.times_identified
        answers = self._unchanged.answers(raw, looked_at, config)
        bulk = bulk_scenes(jobs)
        server = plex.machine_identifier if bulk else ""
        times: UpdateTimes = {}
        unchanged = self._unchanged.find(server, bulk, answers, plex, locator)
        follow_up = FollowUp(config, self._stores.ledger, self._scans, plex, locator, self._now)
        compared = {key: read_answer(each) for key, each in raw.items() if key not in unchanged}
        done = follow_up.before(jobs, compared)
        excluded = self._stores.ledger.exclusions.among(compared)
        scenes, outcomes = sort_out(compared, config, excluded)
        self.titles = {key: scene.title for key, scene in scenes.items()}
        if any(isinstance(each, Skipped) and each.setting for each in outcomes.values()):
            server = plex.machine_identifier
        due = {key: scene for key, scene in scenes.items() if key not in done}
        collections = Collections(config, plex, self._stores.ledger, self._now, lane)
        if due or collections.left_over():
            config = self._first_writes.allowed(plex, config)
            collections = Collections(config, plex, self._stores.ledger, self._now, lane)
            newest = locator.newest_updates()
            located = locator.locate(plex, due.values(), at_once=lane == LIVE)
            found = {key: each for key, each in located.items() if isinstance(each, Located)}
            server, times = plex.machine_identifier, update_times(found, newest, self._now())
            # Until it is noted how they came out, none of them counts as known.
            self._stores.scene_cache.invalidate(found)
            # Before the ledger is asked: it must not decide about another server.
            plex.confirm_server(identified)
            outcomes |= {key: x for key, x in located.items() if not isinstance(x, Located)}
            with opened(self._stores.ledger.data_dir, config) as ratings:
                rated = self._plan_ratings(ratings, server, due, found)
                changed_at = self._rate(rated)
                written = self._write(rated, found, collections, config, plex, locator.read_m, lane)
                outcomes |= written.outcomes
                if ratings:
                    _remember_ratings(ratings, server, rated, found, written, self._now())
                    _expect_own_events(ratings, rated, changed_at, written, answers)
        read = {key: each for key, each in compared.items() if isinstance(each, Scene)}
        missing = follow_up.missing_on_purpose(scenes, outcomes)
        remember(self._stores.scene_cache, server, answers, read, outcomes | missing, times)
        outcomes |= unchanged | done
        outcomes = follow_up.after(jobs, scenes, outcomes, missing)
        return {job: outcomes[job.object_id] for job in jobs}

    def own_events(self, jobs: Sequence[Job], config: PlexSyncConfig) -> dict[Job, Outcome]:
        """The outcomes of those jobs that Stash has told of because we have given a scene the
        rating that it has in Plex, and of nothing else: they need no look at Plex."""
        told = {job.object_id: job for job in jobs if job.kind == SCENE and job.lane not in BULK}
        with opened(self._stores.ledger.data_dir, config) as ratings:
            expected = ratings.expected(told) if ratings else {}
            if not (ratings and expected):
                return {}
            looked_at, tags = self._now(), needs_ancestors(config)
            raw = self._stash.raw_scenes(list(expected), with_ancestors=tags)
            config = self._photos.possible(config, readable(raw))
            answers = self._unchanged.answers(raw, looked_at, config)
            ratings.forget_expected(expected)
        return {
            told[scene_id]: InSync(1)
            for scene_id, found in expected.items()
            if answers.fingerprint(scene_id) == found
        }

    def _plan_ratings(
        self,
        ratings: RatingLedger | None,
        server: str,
        scenes: Mapping[int, Scene],
        located: Mapping[int, Located],
    ) -> RatingPlan:
        if ratings is None:
            return RatingPlan(scenes)
        ours = managed(self._stores.ledger, server, located)
        with closing(BroughtLedger(self._stores.ledger.data_dir)) as brought:
            pending = brought.pending(RATING, ours)
        traits, now = self._stores.traits, self._now()
        return plan_ratings(ratings, pending, traits, server, scenes, ours, now)

    def _rate(self, rated: RatingPlan) -> Mapping[int, str]:
        """Give scenes the ratings that they were given in Plex; when Stash then says that they were
        changed. Raises LeaseLost as well."""
        for each in rated.told:
            log.warning("%s", each)
        if not rated.to_stash:
            return {}
        if not self._stores.registry.is_entered():
            raise LeaseLost("another PlexSync process has taken over; this one stops")
        with closing(BroughtLedger(self._stores.ledger.data_dir)) as brought:
            brought.intend(rated.brought, self._now())
        changed_at = ActivityClient(self._stash).rate(rated.to_stash)
        for scene_id, rating in rated.to_stash.items():
            shown = "no rating" if rating is None else f"the rating {rating}"
            log.info("scene %d: %s given in Plex is in Stash", scene_id, shown)
        return changed_at

    def _write(
        self,
        rated: RatingPlan,
        located: Mapping[int, Located],
        collections: Collections,
        config: PlexSyncConfig,
        plex: PlexClient,
        read_m: float,
        lane: int,
    ) -> _Written:
        """Plan, write, and then look after the collections that came into being."""
        ledger, server, now = self._stores.ledger, plex.machine_identifier, self._now
        gives_way = self._right_of_way(lane)
        artwork = Artwork(config, self._stash, plex, ledger, now)
        scenes = rated.scenes

        def is_work(intent: Intent) -> bool:
            scene = scenes[intent.scene_id]
            return bool(intent.plan.edits) or artwork.needs_look(intent, scene)

        def write(some: Mapping[int, Intent], inspection: Inspection | None) -> Parcels:
            post = PicturePost(self._pictures, self._somebody_waits())
            most = config.concurrency
            sender = Sender(plex, ledger, artwork, post, most, gives_way, inspection)
            writer = Writer(config, plex, ledger, artwork, sender, read_m, now, self._monotonic)
            return writer.write(some, scenes)

        intents = plan_items(
            ledger, server, scenes, located, config, now(), rated.decided, rated.left
        )
        due = collections.foresee(server, intents.values(), scenes)
        parcels = self._first_writes.write(plex, intents, is_work, write)
        is_down = any(isinstance(each.error, Outage) for each in parcels.values())
        if is_down:
            for key, each in intents.items():
                if key not in parcels and is_work(each):
                    parcels[key] = Parcel(each, scenes[each.scene_id], state=State.PREEMPTED)
        if due and not is_down:
            details = CollectionDetails(config, self._stash, plex, ledger, artwork, now)
            details.furnish(server, due, gives_way)
        written = outcomes_of(located, intents, parcels, now(), self._pictures.wait_s())
        outcomes = {key: self._for_now(each, located[key]) for key, each in written.items()}
        return _Written(outcomes, frozenset(_rated_items(intents, parcels)))

    def _for_now(self, outcome: Outcome, located: Located) -> Outcome:
        """A scene of which there may be another item is looked at again."""
        if not located.unlisted or not isinstance(outcome, (Synced, InSync)):
            return outcome
        return ForNow(outcome, self._now() + FAILING_PAUSE_S, awaits_list(located.unlisted))

    def _somebody_waits(self) -> Callable[[], bool]:
        """Whether pictures, of whatever lane, are to give way to an edit that came in since."""
        if not self._is_live:
            return lambda: False
        return Preemption(self._stores.store, "", self._now, self._monotonic).is_needed

    def _right_of_way(self, lane: int) -> Callable[[], bool]:
        """Whether a batch of this lane is to give way."""
        if lane == LIVE or not self._is_live:
            return lambda: False
        store, token = self._stores.store, self._stores.registry.token
        return Preemption(store, token, self._now, self._monotonic).is_needed


def _rated_items(intents: Mapping[int, Intent], parcels: Mapping[int, Parcel]) -> Iterator[int]:
    for key in intents:
        parcel = parcels.get(key)
        if parcel and any(edit.field == RATED for edit in parcel.intent.plan.edits):
            yield key


def _done(outcome: Outcome | None) -> bool:
    return isinstance(outcome, (Synced, InSync, ForNow))


def _remember_ratings(
    ratings: RatingLedger,
    server: str,
    rated: RatingPlan,
    located: Mapping[int, Located],
    written: _Written,
    now: float,
) -> None:
    """Of what wasn't confirmed as a whole nothing new is known."""
    if not ratings.has_begun(server):
        return
    known: dict[int, LastKnown] = {}
    done = [each for each in located if _done(written.outcomes.get(each))]
    for scene_id in done:
        known |= after_write(located[scene_id].items, rated, scene_id, written.rated)
    in_stash = {each: rated.scenes[each].rating100 for each in done}
    ratings.store(server, known, in_stash, now)


def _expect_own_events(
    ratings: RatingLedger,
    rated: RatingPlan,
    changed_at: Mapping[int, str],
    written: _Written,
    answers: Answers,
) -> None:
    """Stash will tell that these scenes have changed. All else of them is in Plex."""
    ratings.expect(
        {
            scene_id: answers.fingerprint_with(
                scene_id, rating100=rated.to_stash[scene_id], updated_at=at
            )
            for scene_id, at in changed_at.items()
            if _done(written.outcomes.get(scene_id))
        }
    )
