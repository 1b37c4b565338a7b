"""How a scene came out of a sync, and the count of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from errors import NothingToSync, SyncError
from jobs.job import Job
from jobs.schema import SCENE
from jobs.states import EXCLUDED, IN_STEP, LEFT_ALONE, NOT_IN_PLEX, UNKNOWN, Look
from matching.libraries import LibraryUnreadable
from pipeline.unmanaged import UNMANAGED
from plex.exceptions import PlexNotFound
from sync.plan import Kept

GONE = "gone from Stash"


@dataclass(frozen=True, slots=True)
class Synced:
    """Plex has confirmed the edits. `fields`: their names, over all items of the scene.
    `lacks_cover`: Stash had none when it was last asked. `look_at`: when an earlier write that was
    never confirmed may have arrived after all (epoch seconds), None if there is none."""

    fields: tuple[str, ...]
    items: int
    kept: tuple[Kept, ...] = ()
    lacks_cover: bool = False
    look_at: float | None = None


@dataclass(frozen=True, slots=True)
class InSync:
    """Nothing to write; `kept`: what differs and is left alone on purpose. `lacks_cover` and
    `look_at` as for Synced."""

    items: int
    kept: tuple[Kept, ...] = ()
    lacks_cover: bool = False
    look_at: float | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Not to be synced: by a setting, by a person's word, or because it is gone from Stash.
    `setting`: the one that says so, "" if none does. `why`: what it says of this very scene, to go
    on with after a comma."""

    because: str
    setting: str = ""
    why: str = ""

    @property
    def told(self) -> str:
        """For whoever asks about this scene."""
        return f"{self.because}, {self.why}" if self.why else self.because


@dataclass(frozen=True, slots=True)
class PutBack:
    """Not begun, since somebody's edit goes first: no outcome yet."""


@dataclass(frozen=True, slots=True)
class Expanded:
    """No scene itself: the `scenes` that show the object, and those of others of its kind that
    were looked up with it, are queued."""

    scenes: int


@dataclass(frozen=True, slots=True)
class ForNow:
    """This outcome, but something is still to come: another look at `look_at` (epoch seconds).
    `reason` says what for."""

    outcome: Synced | InSync | Skipped
    look_at: float
    reason: str


Outcome = Synced | InSync | Skipped | ForNow | PutBack | Expanded | SyncError


def look_of(outcome: Outcome) -> Look:
    """For the list of the scenes' states. Of what failed, its job tells."""
    match outcome:
        case Synced():
            return Look(IN_STEP, is_written=True)
        case InSync():
            return Look(IN_STEP)
        case ForNow(inner):
            return look_of(inner)
        case Skipped(because) if because == UNMANAGED:
            return Look(LEFT_ALONE)
        case Skipped(because, "partial_paths"):
            return Look(NOT_IN_PLEX, because)
        case Skipped(because) if because != GONE:
            return Look(EXCLUDED, outcome.told)
        case NothingToSync():
            return Look(EXCLUDED, outcome.reason)
    return Look(UNKNOWN)


def looks_of(outcomes: Mapping[Job, Outcome], but: Container[Job]) -> dict[Job, Look]:
    """What was found of each that was looked at; `but` those of which that isn't known."""
    return {
        job: look_of(outcome)
        for job, outcome in outcomes.items()
        if not (job in but or isinstance(outcome, (PutBack, Expanded)))
    }


_NO_FAILURES = (NothingToSync, LibraryUnreadable)


@dataclass(slots=True)
class Cause:
    """Why some failed: the first of them, how many, and what they are: scenes mostly."""

    example: str
    advice: str
    number: int = 0
    kinds: set[str] = field(default_factory=set)

    @property
    def noun(self) -> str:
        """For several of them."""
        return f"{next(iter(self.kinds))}s" if len(self.kinds) == 1 else "scenes and others"


@dataclass(slots=True)
class Tally:
    """Outcomes of scenes counted, for the one-line summary of a task. What was put back doesn't
    count."""

    synced: int = 0
    in_sync: int = 0
    not_in_plex: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    causes: dict[str, Cause] = field(default_factory=dict)

    def add(self, outcome: Outcome, failed: str = "", kind: str = SCENE) -> None:
        """`failed`: what is said of what failed for good, and of which `kind` it is, for
        `warnings`."""
        if failed and isinstance(outcome, SyncError) and not isinstance(outcome, _NO_FAILURES):
            cause = Cause(failed, outcome.advice)
            cause = self.causes.setdefault(outcome.reason, cause)
            cause.number += 1
            cause.kinds.add(kind)
        match outcome:
            case Synced():
                self.synced += 1
            case InSync():
                self.in_sync += 1
            case ForNow(inner):
                self.add(inner)
            case Skipped(because):
                self.skipped[because] += 1
            case PlexNotFound():
                self.not_in_plex += 1
            case NothingToSync() | LibraryUnreadable():
                self.skipped[outcome.reason] += 1
            case SyncError():
                self.failed[outcome.reason] += 1
            case Expanded():
                pass  # its scenes are counted

    @property
    def total(self) -> int:
        return (
            self.synced
            + self.in_sync
            + self.not_in_plex
            + self.skipped.total()
            + self.failed.total()
        )

    def warnings(self) -> list[str]:
        """A line for each cause of failures, which stands by itself."""
        return [
            f"failed: {each.example}. {each.advice}"
            if each.number == 1
            else f"{each.number} {each.noun} failed, {reason}; the first: {each.example}. "
            f"{each.advice} "
            'PlexSync\'s page lists all of them, the task "Status" the newest.'
            for reason, each in self.causes.items()
        ]

    def summary(self) -> str:
        """E.g. "3 synced, 40 already in sync, 2 not in Plex, 1 failed (plex refused)"."""
        parts = [
            f"{self.synced} synced",
            f"{self.in_sync} already in sync",
            f"{self.not_in_plex} not in Plex",
        ]
        parts += [f"{number} skipped ({because})" for because, number in self.skipped.items()]
        reasons = ", ".join(f"{number} {reason}" for reason, number in self.failed.most_common())
        parts.append(f"{self.failed.total()} failed" + (f" ({reasons})" if reasons else ""))
        return ", ".join(parts)
