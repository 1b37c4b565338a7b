"""What can go wrong between us and a server: outages of every class, wholly or in part."""

from __future__ import annotations

import random
from dataclasses import dataclass

from simulators.faults import Action, Drop, Reply, Truncate
from simulators.http import SimulatorServer

STATUSES = (400, 404, 405, 413, 421, 429, 500, 502, 503, 504)

EVERYTHING = ""
CONNECTING = r"^GET /(identity|library/sections)?(\?|$)"
WRITING = r"^(PUT|POST|DELETE) "
PARTS = (
    WRITING,
    r"^PUT ",
    r"^POST ",
    r"^GET /library/metadata/",
    r"^GET /library/sections/\d+/all",
    r"^GET /library/metadata/\d+/(posters|arts)",
)

PAGE = b"<html><body>no</body></html>"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`times` None: until it is cleared. `may_fail_jobs`: whether a server that answers all else
    refuses something, so that a job may end as failed for it."""

    action: Action
    pattern: str
    times: int | None
    skip: int
    may_fail_jobs: bool
    name: str

    def begin(self, server: SimulatorServer) -> None:
        server.faults.add(self.action, self.pattern, times=self.times, skip=self.skip)


def draw_trouble(rng: random.Random) -> Trouble:
    """A server that is away altogether, one that can't be connected to for a moment, or one that
    refuses only some of what it is asked."""
    action, name = _draw_action(rng)
    kind = rng.choice(("all", "all", "connecting", "glitch", "part", "part"))
    if kind == "all":
        return Trouble(action, EVERYTHING, None, rng.randrange(6), False, f"all: {name}")
    if kind == "connecting":
        return Trouble(action, CONNECTING, rng.randint(1, 4), 0, False, f"connecting: {name}")
    pattern = rng.choice(PARTS)
    times = rng.randint(1, 3) if kind == "glitch" else None
    return Trouble(action, pattern, times, rng.randrange(4), True, f"{kind} {pattern}: {name}")


def draw_cut(rng: random.Random) -> Trouble:
    """A connection that breaks a few times, whatever is asked; no status that anybody could blame
    on the request."""
    action: Action = rng.choice((Drop(), Drop(applied=True), Truncate(20), Reply(503)))
    name = type(action).__name__
    pattern = rng.choice((WRITING, WRITING, EVERYTHING))
    return Trouble(action, pattern, rng.randint(1, 3), rng.randrange(4), True, f"cut: {name}")


def _draw_action(rng: random.Random) -> tuple[Action, str]:
    if rng.random() < 0.25:
        applied = rng.random() < 0.5
        return Drop(applied), f"reset{' after the fact' if applied else ''}"
    status = rng.choice(STATUSES)
    return Reply(status, PAGE), str(status)
