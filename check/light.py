"""The light check: which scenes may differ from what was last seen of them, by a few words about
each. Only those are looked at in full.

A scene counts by its time of change, which Stash moves whenever the scene itself is edited, by
whatever way. What else a scene shows (names of performers, studios, tags and groups) and which
files it has moves no time of it; so that is compared with what it was at the last check. Whatever
is found is queued first and noted as seen then: a check that is killed in between finds it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from check.question import question_of
from jobs.schema import SCENE, TASK
from jobs.store import JobStore
from ledger.scene_cache import Known, SceneCache
from pipeline.expand import PAGE, Expander
from stash.client import StashClient
from stash.exceptions import StashQueryRefused
from stash.overview import FILES, Names, Overview, Question
from validation.config import PlexSyncConfig

# Among the notes of `ledger.names`: when the last look began, epoch seconds.
ASKED_NOTE = "asked_at"
# And the newest time that Stash told then, in its own form.
NEWEST_NOTE = "newest"

# Asking what each of so many objects concerns costs more than to look at every scene.
MOST_OBJECTS = 1000
OBJECTS_AT_ONCE = 100

NeedsLook = Callable[[int, str, Mapping[str, Known]], bool]
"""Of a scene, by its time of change and what is known of it by server; nothing if it is new."""


@dataclass(slots=True)
class Found:
    """What a check has found, by scene ids. `changed`: known at another time of change; `new`: not
    known at all; `again`: known by this very time, and to be looked at nevertheless; `gone`;
    `named`: showing an object that is called otherwise or gone; `moved`: a file of theirs was;
    `others`: changed elsewhere.
    `scenes`: how many Stash has; `newest`: its newest time of change of one, in its own form.
    `digest` is that of the next look, which asks this `question`, if nothing changes meanwhile."""

    changed: set[int] = field(default_factory=set)
    new: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    others: set[int] = field(default_factory=set)
    scenes: int = 0
    newest: str = ""
    digest: str = ""
    question: Question = field(default_factory=lambda: Question({}))

    @property
    def to_look_at(self) -> set[int]:
        untimed = self.named | self.moved | self.others
        return self.changed | self.new | self.again | self.gone | untimed

    def __str__(self) -> str:
        told = {
            "changed": self.changed,
            "new": self.new,
            "gone": self.gone,
            "with another name in them": self.named - self.changed - self.new,
            "with other files": self.moved - self.changed - self.new,
        }
        return ", ".join(f"{len(each)} {what}" for what, each in told.items() if each)


def changed_since(_scene_id: int, updated_at: str, known: Mapping[str, Known]) -> bool:
    """Whether the scene was changed since it was last looked at, for whichever server."""
    return not any(each.is_of(updated_at) for each in known.values())


def nothing() -> set[int]:
    """No scenes besides."""
    return set()


class LightCheck:
    """Asks Stash, compares, queues. Methods raise what StashClient raises, and StorageError."""

    def __init__(
        self,
        stash: StashClient,
        store: JobStore,
        scene_cache: SceneCache,
        expander: Expander,
        now: Callable[[], float],
    ) -> None:
        self._stash = stash
        self._store = store
        self._scene_cache = scene_cache
        self._names = scene_cache.names
        self._expander = expander
        self._now = now
        self._knows_moves = True

    def run(
        self,
        config: PlexSyncConfig,
        lane: int,
        needs_look: NeedsLook,
        besides: Callable[[], set[int]] = nothing,
    ) -> Found:
        """Have everything that needs a look queued in this lane; what that is. `besides`: asked
        once all scenes were gone through."""
        began = self._now()
        question = question_of(
            config,
            float(self._names.note(ASKED_NOTE) or 0),
            self._names.note(NEWEST_NOTE) or "",
        )
        overview, found = self._stash.overview(question), Found()
        now_named = _merged(overview.names())
        found.moved |= self._moved(overview)
        self._compare_times(overview, needs_look, found)
        texts, gone = self._compare_names(now_named, config, found)
        found.others |= besides()
        self._queue(found, lane)
        # The next one that compares everything sees what is forgotten on the way to its look.
        self._scene_cache.recheck(found.named | found.moved)
        self._names.store(texts, gone, {ASKED_NOTE: str(began), NEWEST_NOTE: found.newest})
        found.digest = overview.digest()
        found.question = question_of(config, began if self._knows_moves else 0.0, found.newest)
        return found

    def _moved(self, overview: Overview) -> set[int]:
        if not self._knows_moves:
            return set()
        try:
            return {each for page in overview.moved() for each in page}
        except StashQueryRefused:
            self._knows_moves = False  # Stash before 0.30
            return set()

    def _compare_times(self, overview: Overview, needs_look: NeedsLook, found: Found) -> None:
        after = 0
        for page in overview.times():
            last = next(reversed(page))
            self._compare_page(page, self._known(after, last), needs_look, found)
            found.scenes += len(page)
            found.newest = max(found.newest, *page.values())
            after = last
        found.gone |= self._known(after, None).keys()

    def _known(self, after: int, up_to: int | None) -> dict[int, dict[str, Known]]:
        known: dict[int, dict[str, Known]] = {}
        for scene_id, server, each in self._scene_cache.between(after, up_to):
            known.setdefault(scene_id, {})[server] = each
        return known

    def _compare_page(
        self,
        page: Mapping[int, str],
        known: Mapping[int, Mapping[str, Known]],
        needs_look: NeedsLook,
        found: Found,
    ) -> None:
        found.gone |= known.keys() - page.keys()
        for scene_id, updated_at in page.items():
            of_scene = known.get(scene_id, {})
            if not needs_look(scene_id, updated_at, of_scene):
                continue
            if not of_scene:
                found.new.add(scene_id)
            elif any(each.updated_at == updated_at for each in of_scene.values()):
                found.again.add(scene_id)
            else:
                found.changed.add(scene_id)

    def _compare_names(
        self, named: Names, config: PlexSyncConfig, found: Found
    ) -> tuple[Names, dict[str, set[int]]]:
        """The texts to be stored, and the ids of those to be taken away."""
        before = self._names.all()
        texts = {kind: _others(each, before.get(kind, {})) for kind, each in named.items()}
        gone = {kind: before.get(kind, {}).keys() - each.keys() for kind, each in named.items()}
        if not before:
            return texts, gone  # the first look of all
        moved = {
            kind: gone[kind] | _otherwise(each, before.get(kind, {}))
            for kind, each in texts.items()
        }
        found.moved |= moved.pop(FILES)
        found.named |= self._showing(moved, config)
        if any(moved.values()):
            self._stash.forget_namesakes()
        return texts, gone

    def _showing(self, objects: Mapping[str, set[int]], config: PlexSyncConfig) -> set[int]:
        if sum(map(len, objects.values())) > MOST_OBJECTS:
            return {each for page in self._stash.scene_ids() for each in page}
        return {
            scene_id
            for kind, ids in objects.items()
            for some in _in_parts(ids, OBJECTS_AT_ONCE)
            for scene_id in self._expander.scenes_of(kind, some, config)
        }

    def _queue(self, found: Found, lane: int) -> None:
        """Whatever a task finds is due at once, and so is what is known to have changed. What may
        wait for something by itself, e.g. a new scene for its identification, goes on waiting."""
        surely = (found.changed | found.gone | found.named | found.moved) - found.new
        if lane == TASK:
            surely = found.to_look_at
        for page in _in_parts(surely, PAGE):
            self._store.enqueue(SCENE, page, lane, self._now())
        for page in _in_parts(found.to_look_at - surely, PAGE):
            self._store.enqueue_absent(SCENE, page, lane, self._now())


def _merged(pages: Iterable[Names]) -> Names:
    merged: Names = {}
    for page in pages:
        for kind, each in page.items():
            merged.setdefault(kind, {}).update(each)
    return merged


def _others(named: Mapping[int, str], before: Mapping[int, str]) -> dict[int, str]:
    return {key: text for key, text in named.items() if before.get(key) != text}


def _otherwise(texts: Mapping[int, str], before: Mapping[int, str]) -> set[int]:
    """Those of which more has changed than what is asked for, after a change of the settings. What
    is new counts: a performer may be the namesake of another one, and after a backup was restored
    an object is back whose scenes have the times that they had with it."""
    return {key for key, text in texts.items() if key not in before or _differs(text, before[key])}


def _differs(text: str, before: str) -> bool:
    told, former = json.loads(text), json.loads(before)
    return any(told[name] != former[name] for name in told.keys() & former.keys())


def _in_parts(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + size] for start in range(0, len(ordered), size))
