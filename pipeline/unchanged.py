"""Which scenes need no look at Plex, since neither side has changed since they were in step."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from jobs.job import Job
from jobs.schema import CHECK, TASK
from ledger.scene_cache import Known, SceneCache, links_of
from matching.index import SectionReplaced
from matching.index_store import IndexRenewed
from matching.locate import Located, Locator
from pipeline.fingerprint import fingerprint, own_rules, rules_digest
from pipeline.outcome import InSync, Outcome, Synced
from plex.client import PlexClient
from plex.items import PlexItem
from plex.matcher import WantedFile
from stash.client import RawAnswer, RawScene, SceneAnswer, read_answer
from sync.pictures import cover_hint, is_settled
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

# What nobody has just edited. A person who saves wants to see it in Plex, whatever we believe.
BULK = frozenset({TASK, CHECK})
# Plex's times count whole seconds: in one that may not be over, something can still happen. Its
# clock is expected to differ from ours by less than this.
CLOCKS_DIFFER_S = 3600
# Batches in which nothing has changed follow each other within milliseconds.
CONFIRM_EVERY_S = 5.0


class Unchanged:
    """What is known of scenes, applied to batches.

    Before anything is taken for unchanged, the path index is brought up to date, once per
    `Locator` (so once per task, and after each change of the settings) and after `renew`.
    """

    def __init__(
        self,
        seen: SceneCache,
        now: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seen = seen
        self._now = now
        self._monotonic = monotonic
        self._confirmed_m = monotonic()
        self._caught_up: Locator | None = None
        self._config: PlexSyncConfig | None = None
        self._rules = ""
        # Now, since an update of the plugin may replace the sources while we run.
        own_rules()

    def renew(self) -> None:
        """Ask Plex anew what was changed there."""
        self._caught_up = None

    def batch(
        self,
        jobs: Sequence[Job],
        answers: Mapping[int, RawAnswer],
        looked_at: float,
        plex: PlexClient,
        locator: Locator,
        config: PlexSyncConfig,
    ) -> Batch:
        """What Stash answered at `looked_at` (epoch seconds) or later about the jobs' scenes.

        May raise what PlexClient raises, but asks Plex only about scenes that seem unchanged.
        """
        if config is not self._config:
            self._config, self._rules = config, rules_digest(config)
        batch = Batch(self._seen, answers, looked_at, self._rules, config, self._now)
        bulk = [job.object_id for job in jobs if job.lane in BULK and not job.attempts]
        if bulk:
            batch.find_unchanged(bulk, plex, locator, self._catch_up)
        return batch

    def _catch_up(self, plex: PlexClient, locator: Locator) -> None:
        if self._monotonic() - self._confirmed_m > CONFIRM_EVERY_S:
            plex.confirm_server()
            self._confirmed_m = self._monotonic()
        if self._caught_up is not locator:
            locator.catch_up(plex)
            self._caught_up = locator
        locator.prepare(plex)


class Batch:
    """One batch. `unchanged`: the outcomes of scenes that need no look at Plex."""

    def __init__(
        self,
        seen: SceneCache,
        answers: Mapping[int, RawAnswer],
        looked_at: float,
        rules: str,
        config: PlexSyncConfig,
        now: Callable[[], float],
    ) -> None:
        self.unchanged: dict[int, Outcome] = {}
        self._seen = seen
        self._answers = answers
        self._looked_at = looked_at
        self._rules = rules
        self._with_photos = config.cast_photos
        self._now = now
        self._server = ""
        self._items: dict[int, dict[int, int]] = {}
        self._fingerprints: dict[int, str] = {}

    def find_unchanged(
        self,
        scene_ids: Sequence[int],
        plex: PlexClient,
        locator: Locator,
        catch_up: Callable[[PlexClient, Locator], None],
    ) -> None:
        """Compare these scenes with what is known of them and, by way of the index, of Plex."""
        self._server = plex.machine_identifier
        candidates = {
            scene_id: known.items
            for scene_id, known in self._seen.recall(self._server, scene_ids).items()
            if known.fingerprint and known.fingerprint == self._fingerprint(scene_id)
        }
        if not candidates:
            return
        try:
            catch_up(plex, locator)
            self.unchanged = {
                scene_id: InSync(len(items))
                for scene_id, items in candidates.items()
                if all(items.values()) and locator.known_items(self._files(scene_id)) == items
            }
        except (IndexRenewed, SectionReplaced) as error:
            log.debug("the path index was begun anew: %s", error)
            locator.begin_anew()

    def to_compare(self) -> dict[int, SceneAnswer]:
        """What Stash answered about the other scenes."""
        return {
            scene_id: read_answer(answer)
            for scene_id, answer in self._answers.items()
            if scene_id not in self.unchanged
        }

    def begin(self, server: str, found: Mapping[int, Located], newest: Mapping[str, int]) -> None:
        """From here on these scenes are compared and written: until `note` nothing counts as
        known of them. `newest`: Plex's newest times, by section, from before the items were
        fetched."""
        self._server = server
        self._items = {
            scene_id: {item.rating_key: self._settled(item, newest) for item in each.items}
            for scene_id, each in found.items()
        }
        self._seen.doubt(found)

    def note(self, scenes: Mapping[int, Scene], outcomes: Mapping[int, Outcome]) -> None:
        """Store how the compared scenes came out, in one transaction."""
        gone = [scene_id for scene_id, answer in self._answers.items() if answer is None]
        if gone:
            self._seen.forget(gone)
        known = {
            scene_id: self._known(scene_id, scenes.get(scene_id), outcome)
            for scene_id, outcome in outcomes.items()
            if isinstance(self._answers[scene_id], RawScene)
        }
        if known and self._server:
            self._seen.store(self._server, known)
        # Of what wasn't confirmed as a whole, some may be in Plex all the same.
        doubtful = {
            scene_id: links_of(scenes[scene_id])
            for scene_id in self._items
            if not isinstance(outcomes[scene_id], (Synced, InSync))
        }
        if doubtful:
            self._seen.add_links(self._server, doubtful)

    def _known(self, scene_id: int, scene: Scene | None, outcome: Outcome) -> Known:
        is_in_step = scene is not None and isinstance(outcome, (Synced, InSync))
        updated_at, hint = _times(self._answers[scene_id])
        # Within the second of its last change a scene may change again, or get another cover.
        settled = is_settled(hint, self._looked_at)
        return Known(
            fingerprint=self._fingerprint(scene_id) if is_in_step and settled else "",
            updated_at=updated_at,
            is_settled=settled,
            items=self._items.get(scene_id, {}) if is_in_step else {},
            links=links_of(scene) if scene and is_in_step else (),
        )

    def _fingerprint(self, scene_id: int) -> str:
        """Asked for before the comparison and again after it."""
        if scene_id not in self._fingerprints:
            answer = self._answers[scene_id]
            self._fingerprints[scene_id] = (
                fingerprint(answer.content, self._rules, with_photos=self._with_photos)
                if isinstance(answer, RawScene) and isinstance(answer.content, dict)
                else ""
            )
        return self._fingerprints[scene_id]

    def _files(self, scene_id: int) -> list[WantedFile]:
        """Of a scene whose answer is the same as one that was sound."""
        answer = self._answers[scene_id]
        assert isinstance(answer, RawScene)
        return [
            WantedFile(each["path"], each.get("size") or 0, each.get("duration") or 0.0)
            for each in answer.content.get("files") or ()
        ]

    def _settled(self, item: PlexItem, newest: Mapping[str, int]) -> int:
        """The item's time of update, 0 if Plex may yet change it within that second."""
        is_over = (
            item.updated_at < newest.get(item.section_key, 0)
            or item.updated_at + CLOCKS_DIFFER_S < self._now()
        )
        return item.updated_at if is_over else 0


def _times(answer: RawAnswer) -> tuple[str, str]:
    """When the scene was changed: Stash's text, and the seconds as the cover's address has them.
    Also of an answer that isn't sound, hence the care."""
    content = answer.content if isinstance(answer, RawScene) else None
    content = content if isinstance(content, dict) else {}
    paths = content.get("paths")
    screenshot = paths.get("screenshot") if isinstance(paths, dict) else None
    return str(content.get("updated_at") or ""), cover_hint(str(screenshot or ""))
