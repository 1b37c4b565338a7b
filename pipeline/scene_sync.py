"""One batch of scenes: Stash's newest, located in Plex, compared, written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jobs.job import Job
from jobs.schema import LIVE
from matching.libraries import FAILING_PAUSE_S, awaits_list
from matching.locate import Located, Locator
from pictures.artwork import Artwork
from pictures.photos import CastPhotos
from pictures.upload_pool import PicturePatience
from pipeline.collection import Collections
from pipeline.collection_details import CollectionDetails
from pipeline.follow_up import FollowUp
from pipeline.outcome import ForNow, InSync, Outcome, Synced
from pipeline.preempt import Preemption
from pipeline.scan import FolderScans
from pipeline.scene_filter import readable, sort_out
from pipeline.sending import Update, UpdateAlike
from pipeline.stores import Stores
from pipeline.unchanged import BULK, Unchanged, UpdateTimes, bulk_scenes, note, update_times
from pipeline.writer import Writer
from plex.client import PlexClient
from stash.client import StashClient, read_answer
from sync.tags import needs_ancestors
from validation.config import PlexSyncConfig
from validation.scene import Scene


@dataclass(frozen=True, slots=True)
class Hands:
    """What a worker lends a batch: its connection to Plex and its locator as they are by then, and
    its two ways of writing (see `pipeline.sending`). `is_live`: whether live edits are its
    business, so that other batches give way."""

    plex: Callable[[], PlexClient]
    locator: Callable[[], Locator]
    update: Update
    update_alike: UpdateAlike
    is_live: bool


class SceneSync:
    """Syncs batches of one lane each, for one worker. `now` gives epoch seconds."""

    def __init__(
        self,
        memories: Stores,
        stash: StashClient,
        hands: Hands,
        now: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._memories = memories
        self._stash = stash
        self._hands = hands
        self._now = now
        self._monotonic = monotonic
        self._photos = CastPhotos(stash)
        self._scans = FolderScans(monotonic)
        self._unchanged = Unchanged(memories.seen)
        self._pictures = PicturePatience(monotonic)

    def renew(self) -> None:
        """Ask Plex anew what was changed there before anything is taken for unchanged."""
        self._unchanged.renew()

    def sync(self, jobs: Sequence[Job], config: PlexSyncConfig) -> dict[Job, Outcome]:
        """The outcome of each job; raises what goes wrong with all of them."""
        if not jobs:
            return {}
        looked_at, lane = self._now(), jobs[0].lane
        raw = self._stash.raw_scenes(
            [job.object_id for job in jobs],
            with_ancestors=needs_ancestors(config),
            # Such a job may be due to a new namesake, of which another process has been told.
            namesakes_anew=lane not in BULK,
        )
        config = self._photos.possible(config, readable(raw))
        plex, locator = self._hands.plex(), self._hands.locator()
        identified = plex.times_identified
        answers = self._unchanged.answers(raw, looked_at, config)
        bulk = bulk_scenes(jobs)
        server = plex.machine_identifier if bulk else ""
        unchanged = self._unchanged.find(server, bulk, answers, plex, locator)
        compared = {key: read_answer(each) for key, each in raw.items() if key not in unchanged}
        times: UpdateTimes = {}
        aftercare = self._aftercare(config)
        settled = aftercare.before(jobs, compared)
        scenes, outcomes = sort_out(compared, config)
        due = {key: scene for key, scene in scenes.items() if key not in settled}
        left = Collections(config, plex, self._memories.ledger, self._now, lane)
        if due or left.left_over():
            written, times = self._sync_to_plex(due, config, lane, identified)
            outcomes |= written
            server = plex.machine_identifier
        note(self._memories.seen, server, answers, scenes, outcomes, times)
        outcomes |= unchanged | settled
        outcomes = aftercare.after(jobs, scenes, outcomes)
        return {job: outcomes[job.object_id] for job in jobs}

    def _sync_to_plex(
        self, scenes: Mapping[int, Scene], config: PlexSyncConfig, lane: int, identified: int
    ) -> tuple[dict[int, Outcome], UpdateTimes]:
        """`identified`: how often Plex was when the batch began."""
        plex, locator = self._hands.plex(), self._hands.locator()
        newest = locator.newest_updates()
        located = locator.locate(plex, scenes.values(), at_once=lane == LIVE)
        found = {key: each for key, each in located.items() if isinstance(each, Located)}
        times = update_times(found, newest, self._now())
        # From here on they are compared and written: until that is noted, none counts as known.
        self._memories.seen.doubt(found)
        # Before the ledger is asked: it must not decide about another server.
        plex.confirm_server(identified)
        writer = self._writer(config, plex, lane)
        lost = {key: each for key, each in located.items() if not isinstance(each, Located)}
        written = writer.write(plex.machine_identifier, scenes, found)
        ended = {key: self._for_now(each, found[key]) for key, each in written.items()}
        return {**lost, **ended}, times

    def _for_now(self, outcome: Outcome, located: Located) -> Outcome:
        """A scene of which there may be another item is looked at again."""
        if not located.unlisted or not isinstance(outcome, (Synced, InSync)):
            return outcome
        return ForNow(outcome, self._now() + FAILING_PAUSE_S, awaits_list(located.unlisted))

    def _writer(self, config: PlexSyncConfig, plex: PlexClient, lane: int) -> Writer:
        ledger, now, hands = self._memories.ledger, self._now, self._hands
        artwork = Artwork(config, self._stash, plex, ledger, now)
        return Writer(
            ledger,
            config,
            hands.update,
            now,
            artwork,
            update_alike=hands.update_alike,
            read_items=plex.items,
            collections=Collections(config, plex, ledger, now, lane),
            furnisher=CollectionDetails(config, self._stash, plex, ledger, artwork, now),
            gives_way=self._right_of_way(lane),
            read_m=hands.locator().read_m,
            monotonic=self._monotonic,
            pictures=self._pictures,
            pictures_give_way=self._somebody_waits(),
        )

    def _aftercare(self, config: PlexSyncConfig) -> FollowUp:
        ledger, hands = self._memories.ledger, self._hands
        return FollowUp(config, ledger, self._scans, hands.plex, hands.locator, self._now)

    def _somebody_waits(self) -> Callable[[], bool]:
        """Whether pictures, of whatever lane, are to give way to an edit that came in since."""
        if not self._hands.is_live:
            return lambda: False
        return Preemption(self._memories.store, "", self._now, self._monotonic).is_needed

    def _right_of_way(self, lane: int) -> Callable[[], bool]:
        """Whether a batch of this lane is to give way."""
        if lane == LIVE or not self._hands.is_live:
            return lambda: False
        store, token = self._memories.store, self._memories.registry.token
        return Preemption(store, token, self._now, self._monotonic).is_needed
