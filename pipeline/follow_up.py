"""What is to follow when a batch meets scenes that are new or gone: scans, further looks,
forgetting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jobs.job import Job
from jobs.schema import BACKGROUND, LIVE
from ledger.ledger import Ledger
from ledger.rows import Entry
from matching.locate import Locator
from matching.sections import Folder, folders_of, partial_place
from pipeline.forget_gone import forget_gone
from pipeline.outcome import GONE, ForNow, InSync, Outcome, Skipped, Synced
from pipeline.scan import FolderScans
from plex.client import PlexClient
from plex.exceptions import PlexNotFound
from stash.client import SceneAnswer
from sync import covers
from sync.pictures import cover_hint
from validation.config import PlexSyncConfig
from validation.scene import Scene

AWAITS_COVER = "waiting for the cover"
AWAITS_STRAY = "looking whether an earlier write that got no answer arrives late"
AWAITS_DELETION = "waiting for Plex to notice that the file is gone"
AWAITS_FILE = "looking whether Plex has a new file by now, of which it holds only a part"
PARTIAL = "not in Plex, and needn't be"

# By then Plex has scanned a folder and emptied its trash.
DELETION_TAKES_S = 120.0

# A file that a task or a check doesn't find is rarely a new one.
LANES_OF_EVENTS = (LIVE, BACKGROUND)


class FollowUp:
    """For one batch. Methods raise what PlexClient and Locator raise, and StorageError."""

    def __init__(
        self,
        config: PlexSyncConfig,
        ledger: Ledger,
        scans: FolderScans,
        plex: PlexClient,
        locator: Locator,
        now: Callable[[], float],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._scans = scans
        self._plex = plex
        self._locator = locator
        self._now = now

    def before(self, jobs: Sequence[Job], answers: Mapping[int, SceneAnswer]) -> dict[int, Outcome]:
        """The outcome of scenes that need no sync: they are gone, or have still no cover."""
        asked = [job for job in jobs if job.object_id in answers]
        gone = [job for job in asked if answers[job.object_id] is None]
        still = [job for job in asked if self._is_still_without_cover(job, answers[job.object_id])]
        found = self._forget(gone) if gone else {}
        return found | {job.object_id: InSync(0, lacks_cover=True) for job in still}

    def missing_on_purpose(
        self, scenes: Mapping[int, Scene], outcomes: Mapping[int, Outcome]
    ) -> dict[int, Skipped]:
        """The outcome of those that aren't in Plex where it needn't have everything."""
        found = {
            key: missing_on_purpose(scenes[key], self._config, self._locator)
            for key, each in outcomes.items()
            if isinstance(each, PlexNotFound)
        }
        return {key: each for key, each in found.items() if each}

    def after(
        self,
        jobs: Sequence[Job],
        scenes: Mapping[int, Scene],
        outcomes: Mapping[int, Outcome],
        missing: Mapping[int, Skipped],
    ) -> dict[int, Outcome]:
        """The outcomes with what is to follow: a scan, another look. `missing`: of those that are
        missing in Plex on purpose."""
        found = {key: self._with_next_look(each, scenes.get(key)) for key, each in outcomes.items()}
        lost = {
            job.object_id: error
            for job in jobs
            if isinstance(error := outcomes[job.object_id], PlexNotFound)
            and job.lane in LANES_OF_EVENTS
        }
        if lost and self._config.scan_plex:
            found |= self._scans.look_for(self._plex, self._locator, lost, scenes)
        return found | {
            key: self._until_scanned(each, scenes[key]) if key in lost else each
            for key, each in missing.items()
        }

    def _until_scanned(self, outcome: Skipped, scene: Scene) -> Outcome:
        """A new file may come to Plex yet: as often as for a new cover."""
        look_at = covers.next_look_at(scene.created_at, self._now())
        return outcome if look_at is None else ForNow(outcome, look_at, AWAITS_FILE)

    def _is_still_without_cover(self, job: Job, answer: SceneAnswer) -> bool:
        """Whether the scene is as it was when it was last looked at."""
        if job.reason != AWAITS_COVER or not isinstance(answer, Scene):
            return False
        hint = cover_hint(answer.paths.screenshot)
        entries = [entry for _, entry in self._ledger.of_scenes([answer.id])]
        return bool(hint and entries) and all(
            covers.lacks_cover(entry.pictures)
            and all(each.hint == hint for each in entry.pictures.values())
            for entry in entries
        )

    def _with_next_look(self, outcome: Outcome, scene: Scene | None) -> Outcome:
        if scene is None or not isinstance(outcome, (Synced, InSync)):
            return outcome
        if outcome.look_at is not None:
            return ForNow(outcome, outcome.look_at, AWAITS_STRAY)
        if not outcome.lacks_cover:
            return outcome
        look_at = covers.next_look_at(scene.created_at, self._now())
        if look_at is None or not covers.is_wanted(self._config.skip_fields):
            return outcome
        return ForNow(outcome, look_at, AWAITS_COVER)

    def _forget(self, jobs: Sequence[Job]) -> dict[int, Outcome]:
        """Scenes that are gone: Plex is asked once to scan for what is gone with them, and after
        a while whether it has noticed."""
        kept = forget_gone(self._ledger, self._plex, [job.object_id for job in jobs])
        new = {
            job.object_id
            for job in jobs
            if job.reason != AWAITS_DELETION and job.lane in LANES_OF_EVENTS
        }
        asked = self._scan_for_gone([each for each in kept if each.scene_id in new])
        gone, later = Skipped(GONE), self._now() + DELETION_TAKES_S
        return {
            job.object_id: ForNow(gone, later, AWAITS_DELETION) if job.object_id in asked else gone
            for job in jobs
        }

    def _scan_for_gone(self, entries: Sequence[Entry]) -> set[int]:
        """The scenes of these entries whose folders Plex was asked to scan."""
        if not entries or not self._config.scan_plex:
            return set()
        self._locator.prepare(self._plex)
        folders: dict[Folder, set[int]] = {}
        for entry in entries:
            for folder in folders_of(self._locator.sections, [entry.path]):
                folders.setdefault(folder, set()).add(entry.scene_id)
        asked = self._scans.ask(self._plex, folders)
        return {scene_id for folder in asked for scene_id in folders[folder]}


def missing_on_purpose(scene: Scene, config: PlexSyncConfig, locator: Locator) -> Skipped | None:
    """The outcome of a scene that isn't in Plex, if the settings say that this needn't be; None if
    they don't."""
    paths = [file.path for file in scene.files]
    place = partial_place(paths, config.partial_paths, locator.sections, locator.rules)
    return Skipped(PARTIAL, "partial_paths", f"as partial_paths says of {place}") if place else None
