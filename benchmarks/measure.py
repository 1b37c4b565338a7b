"""A measured value beside its budget, and how wall time is taken."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `measured` must be at most `budget`, if there is one; `note` shows
    absolute values."""

    what: str
    measured: float
    budget: float | None
    unit: str = ""
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.budget is None or self.measured <= self.budget

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return "no budget"
        return "holds" if self.holds else "MISSED"


def say(text: str) -> None:
    """Tell whoever waits; the table alone goes to stdout."""
    print(text, file=sys.stderr, flush=True)


class Progress:
    """Says how far something is, at every tenth."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._said = 0
        say(f"{what} …")

    def __call__(self, fraction: float) -> None:
        if int(fraction * 10) > self._said:
            self._said = int(fraction * 10)
            say(f"{self._what} … {self._said * 10} %")


def wall_s(command: list[str], content: bytes = b"") -> float:
    """How long a process takes from its start to its end. Raises if it fails."""
    began = time.perf_counter()
    subprocess.run(command, input=content, capture_output=True, check=True)
    return time.perf_counter() - began


def paired_medians(
    first: Callable[[], float], second: Callable[[], float], times: int
) -> tuple[float, float]:
    """The medians of two measurements taken in turn, so that both meet the same weather."""
    pairs = [(first(), second()) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)
