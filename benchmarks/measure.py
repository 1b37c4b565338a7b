"""Measured values beside their budgets."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `measured` must be at most `budget`; `note` shows absolute values."""

    what: str
    measured: float
    budget: float
    unit: str = ""
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.measured <= self.budget


def print_table(rows: Iterable[Row]) -> None:
    print(f"{'what':<52} {'measured':>10} {'budget':>10}  verdict")
    for row in rows:
        verdict = "holds" if row.holds else "MISSED"
        measured, budget = f"{row.measured:.3g}{row.unit}", f"{row.budget:.3g}{row.unit}"
        print(f"{row.what:<52} {measured:>10} {budget:>10}  {verdict:<7} {row.note}")


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
