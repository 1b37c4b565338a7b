"""From performers, studios, tags and groups that changed to the scenes that show them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from jobs.job import Job
from jobs.schema import BACKGROUND, GROUP, LIVE, MOST_LIVE, PERFORMER, SCENE, STUDIO, TAG, TASK
from jobs.store import JobStore
from pipeline.outcome import Expanded, Outcome, Skipped
from stash.client import StashClient
from stash.queries import LEVELS, SHOWN_STUDIOS
from sync.tags import needs_ancestors
from validation.config import PlexSyncConfig

log = logging.getLogger(__name__)

# Stash's criterion for each kind.
_CRITERIA: Mapping[str, str] = {
    PERFORMER: "performers",
    STUDIO: "studios",
    TAG: "tags",
    GROUP: "groups",
}
# One transaction each: a hook that comes by waits for a few milliseconds at most.
PAGE = 1000


class Links(Protocol):
    """What was linked with what when we last looked. Stash doesn't tell this of what is gone."""

    def scenes_with(self, kind: str, *object_ids: int) -> Sequence[int]:
        """The ids of the scenes that showed any of the objects."""


class OwnCollections(Protocol):
    """The collections in Plex that we made."""

    def invalidate(self, kind: str, source_ids: Iterable[int]) -> None:
        """Have those of these objects looked at."""


class Expander:
    """Queues the scenes of jobs that are about other objects."""

    def __init__(
        self,
        stash: StashClient,
        store: JobStore,
        links: Links,
        collections: OwnCollections,
        now: Callable[[], float],
    ) -> None:
        self._stash = stash
        self._store = store
        self._links = links
        self._collections = collections
        self._now = now

    def expand(self, jobs: Sequence[Job], config: PlexSyncConfig) -> dict[Job, Outcome]:
        """The outcome of each job, none of which is a scene's own.

        The settings say whether the tags and studios above a scene's own concern it. Objects of
        one kind are asked for together. A kill on the way leaves the jobs to be expanded again; a
        scene that is queued twice is synced once. Raises what StashClient raises, and StorageError.
        """
        alike: dict[tuple[str, int], list[Job]] = {}
        for job in jobs:
            alike.setdefault((job.kind, job.lane), []).append(job)
        outcomes: dict[Job, Outcome] = {}
        for (kind, lane), several in alike.items():
            outcomes |= dict.fromkeys(several, self._expand_alike(kind, lane, several, config))
        return outcomes

    def scenes_of(self, kind: str, object_ids: Sequence[int], config: PlexSyncConfig) -> list[int]:
        """The scenes that show any of these objects of one kind, or did when we last looked, or are
        shown otherwise because of them; ascending. Their own collections are to be looked at, too.
        Raises as `expand`."""
        ids = list(object_ids)
        if kind == PERFORMER:
            # Of those who had the name until now, the links tell.
            ids += sorted(self._stash.namesakes_of(ids) - set(ids))
        if kind == TAG:
            # Of studios and groups each scene tells when they were changed, of tags it doesn't.
            self._collections.invalidate(kind, ids)
        found = set(self._links.scenes_with(kind, *ids))
        for page in self._stash.scene_ids(having=scenes_showing(kind, ids, config)):
            found.update(page)
        return sorted(found)

    def _expand_alike(
        self, kind: str, lane: int, jobs: Sequence[Job], config: PlexSyncConfig
    ) -> Outcome:
        if kind not in _CRITERIA:
            return Skipped(f"this version of PlexSync does not know what a {kind} is")
        scene_ids = self.scenes_of(kind, [job.object_id for job in jobs], config)
        # A name that a person changed shall be seen soon, but many scenes mustn't hold up what
        # people edit meanwhile.
        scenes_lane = BACKGROUND if lane == LIVE and len(scene_ids) > MOST_LIVE else lane
        for start in range(0, len(scene_ids), PAGE):
            page = scene_ids[start : start + PAGE]
            self._store.enqueue(SCENE, page, scenes_lane, self._now())
        # A task tells how it went with one line at its end.
        level = logging.DEBUG if lane == TASK else logging.INFO
        what = jobs[0].name if len(jobs) == 1 else f"{len(jobs)} {kind}s"
        log.log(level, "%s: %d scene(s) queued", what, len(scene_ids))
        return Expanded(len(scene_ids))


def scenes_showing(kind: str, object_ids: Iterable[int], config: PlexSyncConfig) -> dict[str, Any]:
    """Stash's scene_filter for the scenes that show any of these objects of one kind, or are
    treated otherwise because of them."""
    value = [str(object_id) for object_id in object_ids]
    levels = _levels_below(kind, config)
    below = {"depth": levels} if levels else {}
    return {_CRITERIA[kind]: {"value": value, "modifier": "INCLUDES", **below}}


def _levels_below(kind: str, config: PlexSyncConfig) -> int:
    """How far down an object concerns the scenes of those below it: as far as we look up."""
    shown = {STUDIO: SHOWN_STUDIOS}.get(kind, 0)
    return LEVELS if kind in (TAG, STUDIO) and needs_ancestors(config) else shown
