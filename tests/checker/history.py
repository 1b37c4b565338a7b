"""Histories: made from a seed, run, and made shorter where they end badly."""

from __future__ import annotations

import json
import logging
import random
import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.checker.account import Violation
from tests.checker.steps import STEPS, WEIGHTS
from tests.checker.world import world

LENGTH = 40


@dataclass(frozen=True, slots=True)
class History:
    """Steps by name, each with chance of its own, so that a step that is left out changes nothing
    about the others. `seed` makes the servers and the settings at the beginning, but for those that
    are `pinned`."""

    seed: int
    steps: tuple[tuple[str, int], ...]
    pinned: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        steps = [[name, chance] for name, chance in self.steps]
        return json.dumps({"seed": self.seed, "pinned": dict(self.pinned), "steps": steps})


@dataclass(frozen=True, slots=True)
class Finding:
    """A history that ended badly. `settings` are those of its end."""

    history: History
    what: str
    settings: str

    @property
    def kind(self) -> str:
        """What is wrong without the names and numbers of the case."""
        first = self.what.splitlines()[1]
        return re.sub(r"'[^']*'|\"[^\"]*\"|\d+|[{}\[\](),]|\s+", " ", first)

    def __str__(self) -> str:
        return f"{self.history}\nsettings at its end: {self.settings}\n{self.what}"


def history(
    seed: int,
    length: int = LENGTH,
    *,
    without: Collection[str] = (),
    pinned: Mapping[str, Any] | None = None,
) -> History:
    """`without`: steps that are not to occur."""
    rng = random.Random(seed)
    possible = {each: weight for each, weight in WEIGHTS.items() if each.__name__ not in without}
    drawn = rng.choices(tuple(possible), tuple(possible.values()), k=length - 1)
    steps = [(each.__name__, rng.randrange(1_000_000)) for each in drawn]
    return History(seed, (*steps, ("rest", 0)), pinned or {})


def run(told: History) -> Finding | None:
    """What went wrong first, if anything did."""
    with (
        tempfile.TemporaryDirectory() as folder,
        world(Path(folder), random.Random(told.seed), told.pinned) as made,
    ):
        for name, chance in told.steps:
            try:
                STEPS[name](made, random.Random(chance))
                made.judge()
                made.raise_what_is_wrong()
            except Violation as error:
                return Finding(told, f"at {name}:{chance}\n{error}", str(made.settings))
            except Exception as error:
                logging.getLogger(__name__).exception("at %s:%d of %s", name, chance, told)
                return Finding(told, f"at {name}:{chance}\n{error!r}", str(made.settings))
    return None


def shortened(found: Finding, most_runs: int = 120) -> Finding:
    """The same kind of end with fewer steps: what can be left out is left out, in halves, quarters
    and so on."""
    best, runs = found, 0
    size = max(1, len(best.history.steps) // 2)
    while size and runs < most_runs:
        at, has_shrunk = 0, False
        while at < len(best.history.steps) - 1 and runs < most_runs:
            steps = best.history.steps
            runs += 1
            again = run(replace(found.history, steps=_without(steps, at, size)))
            if again and again.kind.split() == found.kind.split():
                best, has_shrunk = again, True
            else:
                at += size
        size = size if has_shrunk and size == 1 else size // 2
    return best


def _without(steps: Sequence[tuple[str, int]], at: int, size: int) -> tuple[tuple[str, int], ...]:
    """The last step stays: it looks at everything."""
    return (*steps[:at], *steps[min(at + size, len(steps) - 1) :])


def parsed(text: str) -> History:
    """From what a history prints."""
    read = json.loads(text)
    steps = tuple((name, chance) for name, chance in read["steps"])
    return History(read["seed"], steps, read["pinned"])
