"""Which scenes need no look at Plex, since neither side has changed since they were in step."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.job import Job
from jobs.schema import CHECK, RUN, TASK
from ledger.links import links_of
from ledger.scene_cache import Known, SceneCache
from matching.index_rows import SectionReplaced
from matching.index_store import IndexRenewed
from matching.locate import Located, Locator
from pipeline.fingerprint import fingerprint, own_rules, rules_digest, rules_key
from pipeline.outcome import InSync, Outcome, Skipped, Synced
from plex.client import PlexClient
from plex.items import PlexItem
from plex.matcher import WantedFile
from stash.client import RawAnswer, RawScene
from sync.pictures import cover_hint, is_final
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

# What nobody has just edited. A person who saves wants to see it in Plex, whatever we believe.
BULK = frozenset({TASK, RUN, CHECK})
# Plex's times count whole seconds: in one that may not be over, something can still happen. Its
# clock is expected to differ from ours by less than this.
CLOCKS_DIFFER_S = 3600
# Batches in which nothing has changed follow each other within milliseconds.
CONFIRM_EVERY_S = 5.0


# Of each scene, its items' times of update by rating key; 0 for one that Plex may yet change within
# that second.
UpdateTimes = Mapping[int, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What Stash answered at `looked_at` (epoch seconds) or later about the scenes of a batch, and
    the digest of the `rules` by which it is synced; `key`: see `pipeline.fingerprint.rules_key`."""

    raw: Mapping[int, RawAnswer]
    looked_at: float
    rules: str
    key: str
    with_photos: bool
    _fingerprints: dict[int, str] = field(default_factory=dict)

    def fingerprint(self, scene_id: int) -> str:
        """Asked for before the comparison and again after it."""
        if scene_id not in self._fingerprints:
            answer = self.raw[scene_id]
            self._fingerprints[scene_id] = (
                fingerprint(answer.content, self.rules, with_photos=self.with_photos)
                if isinstance(answer, RawScene) and isinstance(answer.content, dict)
                else ""
            )
        return self._fingerprints[scene_id]

    def fingerprint_with(self, scene_id: int, **changed: object) -> str:
        """The same, were only these fields of the answer other ones; "" for an answer that isn't
        sound."""
        answer = self.raw[scene_id]
        if not (isinstance(answer, RawScene) and isinstance(answer.content, dict)):
            return ""
        content = {**answer.content, **changed}
        return fingerprint(content, self.rules, with_photos=self.with_photos)

    def files(self, scene_id: int) -> list[WantedFile]:
        """Of a scene whose answer is the same as one that was sound."""
        answer = self.raw[scene_id]
        assert isinstance(answer, RawScene)
        return wanted_files(answer.content.get("files"))


def wanted_files(told: Any) -> list[WantedFile]:
    """A scene's files from Stash's answer."""
    return [
        WantedFile(each["path"], each.get("size") or 0, each.get("duration") or 0.0)
        for each in told or ()
    ]


class Unchanged:
    """Finds the scenes of a batch that need no look at Plex, by what is known of them.

    Before anything is taken for unchanged, the path index is brought up to date, once per
    `Locator` (so once per task, and after each change of the settings) and after `renew`.
    """

    def __init__(self, scene_cache: SceneCache) -> None:
        self._scene_cache = scene_cache
        self._confirmed_m = time.monotonic()
        self._caught_up: Locator | None = None
        self._config: PlexSyncConfig | None = None
        self._rules = self._key = ""
        # Now, since an update of the plugin may replace the sources while we run.
        own_rules()

    def renew(self) -> None:
        """Ask Plex anew what was changed there."""
        self._caught_up = None

    def answers(
        self, raw: Mapping[int, RawAnswer], looked_at: float, config: PlexSyncConfig
    ) -> Answers:
        if config is not self._config:
            self._config, self._rules = config, rules_digest(config)
            self._key = rules_key(config)
        return Answers(raw, looked_at, self._rules, self._key, config.cast_photos)

    def find(
        self,
        server: str,
        scene_ids: Iterable[int],
        answers: Answers,
        plex: PlexClient,
        locator: Locator,
    ) -> dict[int, Outcome]:
        """Compare these scenes with what is known of them and, by way of the index, of Plex; the
        outcomes of those that are in step.

        May raise what PlexClient raises, but asks Plex only about scenes that seem unchanged.
        """
        known = self._scene_cache.get(server, scene_ids)
        candidates = {
            scene_id: each.items
            for scene_id, each in known.items()
            if each.fingerprint and each.fingerprint == answers.fingerprint(scene_id)
        }
        if not candidates:
            return {}
        try:
            self._catch_up(plex, locator)
            unchanged = {
                scene_id: InSync(len(items))
                for scene_id, items in candidates.items()
                if all(items.values()) and locator.known_items(answers.files(scene_id)) == items
            }
        except (IndexRenewed, SectionReplaced) as error:
            log.debug("the path index was begun anew: %s", error)
            locator.begin_anew()
            return {}
        rechecked = [each for each in unchanged if known[each].rules != answers.key]
        if rechecked:
            self._scene_cache.confirm(server, rechecked, answers.key)
        return dict(unchanged)

    def _catch_up(self, plex: PlexClient, locator: Locator) -> None:
        if time.monotonic() - self._confirmed_m > CONFIRM_EVERY_S:
            plex.confirm_server()
            self._confirmed_m = time.monotonic()
        if self._caught_up is not locator:
            locator.catch_up(plex)
            self._caught_up = locator
        locator.prepare(plex)


def bulk_scenes(jobs: Sequence[Job]) -> list[int]:
    """Those that may be taken for unchanged."""
    return [job.object_id for job in jobs if job.lane in BULK and not job.attempts]


def update_times(
    located: Mapping[int, Located], newest: Mapping[str, int], now: float
) -> UpdateTimes:
    """`newest`: Plex's newest times, by section, from before the items were fetched."""

    def final_time(item: PlexItem) -> int:
        is_over = item.updated_at < max(newest.get(item.section_key, 0), now - CLOCKS_DIFFER_S)
        return item.updated_at if is_over else 0

    return {
        scene_id: {item.rating_key: final_time(item) for item in each.items}
        for scene_id, each in located.items()
    }


def remember(
    scene_cache: SceneCache,
    server: str,
    answers: Answers,
    scenes: Mapping[int, Scene],
    outcomes: Mapping[int, Outcome],
    times: UpdateTimes,
) -> None:
    """Store how the compared scenes came out, in one transaction. `scenes`: those that could be
    read; `server`: "" if Plex wasn't asked; `times`: of the items of those that were found."""
    gone = [scene_id for scene_id, answer in answers.raw.items() if answer is None]
    if gone:
        scene_cache.forget(gone)
    known = {
        scene_id: _known(scene_id, answers, scenes.get(scene_id), outcome, times)
        for scene_id, outcome in outcomes.items()
        if isinstance(answers.raw[scene_id], RawScene)
    }
    if known and server:
        scene_cache.store(server, known)
    # Of what wasn't confirmed as a whole, some may be in Plex all the same.
    doubtful = {
        scene_id: links_of(scenes[scene_id])
        for scene_id in times
        if not isinstance(outcomes[scene_id], (Synced, InSync))
    }
    if doubtful:
        scene_cache.add_links(server, doubtful)


def _known(
    scene_id: int, answers: Answers, scene: Scene | None, outcome: Outcome, times: UpdateTimes
) -> Known:
    is_in_step = scene is not None and isinstance(outcome, (Synced, InSync))
    is_skipped = isinstance(outcome, Skipped) and bool(outcome.setting)
    updated_at, hint = _times(answers.raw[scene_id])
    # Within the second of its last change a scene may change again, or get another cover.
    is_over = is_final(hint, answers.looked_at)
    return Known(
        fingerprint=answers.fingerprint(scene_id) if is_in_step and is_over else "",
        updated_at=updated_at,
        is_final=is_over,
        items=times.get(scene_id, {}) if is_in_step else {},
        # What a setting leaves alone is looked at again when what it has to do with changes.
        links=links_of(scene) if scene and (is_in_step or is_skipped) else (),
        rules=answers.key,
    )


def _times(answer: RawAnswer) -> tuple[str, str]:
    """When the scene was changed: Stash's text, and the seconds as the cover's address has them.
    Also of an answer that isn't sound, hence the care."""
    content = answer.content if isinstance(answer, RawScene) else None
    content = content if isinstance(content, dict) else {}
    paths = content.get("paths")
    screenshot = paths.get("screenshot") if isinstance(paths, dict) else None
    return str(content.get("updated_at") or ""), cover_hint(str(screenshot or ""))
