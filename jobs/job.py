"""What a job is, and how it can end.

A page asks for these every few seconds: a dataclass takes a process several times as long to make.
"""

from __future__ import annotations

from typing import NamedTuple


class Job(NamedTuple):
    """A Stash object that may differ from Plex, as it was when it was claimed.

    It carries no metadata: whoever works on it reads Stash's newest. `generation` counts the
    events for this object; `attempts` the tries that failed since the last event; `created_at`
    is in epoch seconds. `reason`: of the last failure, or why it was to be looked at again.
    """

    id: int
    kind: str
    object_id: int
    lane: int
    generation: int = 1
    attempts: int = 0
    created_at: float = 0.0
    reason: str = ""

    @property
    def name(self) -> str:
        """For people, like "scene 12"."""
        return f"{self.kind} {self.object_id}"


class Done(NamedTuple):
    """Plex has confirmed it, or there was nothing to do."""


class Later(NamedTuple):
    """Not now, and nobody's fault: back in the queue, no attempt spent. 0 means at once."""

    due_at: float = 0.0


class LookAgain(NamedTuple):
    """Done as far as could be, but something is still to come: another look at `due_at` (epoch
    seconds), in the background. `reason` says what for."""

    due_at: float
    reason: str


class Retry(NamedTuple):
    """It failed in a way that may pass; try again at `due_at` (epoch seconds)."""

    due_at: float
    reason: str
    error: str
    advice: str = ""


class Failed(NamedTuple):
    """It failed for good, until a new event or "Retry failed" brings it back."""

    reason: str
    error: str
    advice: str = ""


Verdict = Done | Later | LookAgain | Retry | Failed


class FailedJob(NamedTuple):
    """A row of the list of failures. `failed_at` is in epoch seconds."""

    kind: str
    object_id: int
    reason: str
    error: str
    advice: str
    failed_at: float


class WaitingJob(NamedTuple):
    """A row of the list of retries. `due_at` is in epoch seconds, `attempts` counts failures."""

    kind: str
    object_id: int
    due_at: float
    attempts: int
    reason: str
    error: str


class PutOff(NamedTuple):
    """How many jobs are to be looked at again for one reason, the next of them at `due_at` (epoch
    seconds)."""

    reason: str
    jobs: int
    due_at: float
