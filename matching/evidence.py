"""What files say of which folder of Stash is which of Plex, and what it weighs up to.

Imports little: see `commands.status`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from plex.paths import base_name

if TYPE_CHECKING:
    from plex.matcher import PathRule
    from storage.cache import CacheDatabase

FEWEST_CONFIRMATIONS = 3


class Evidence(NamedTuple):
    """What one file of Stash says of a mapping; `file` is its path key."""

    source: str
    target: str
    file: str
    agrees: bool


class Mapping(NamedTuple):
    """A pair of folders with the number of file names for it and of files against it."""

    source: str
    target: str
    confirmed: int
    contradicted: int

    @property
    def is_believed(self) -> bool:
        return self.confirmed >= FEWEST_CONFIRMATIONS and not self.contradicted

    @property
    def rule(self) -> PathRule:
        from plex.matcher import LEARNED, PathRule  # noqa: PLC0415 - whoever only tells needs none

        return PathRule(self.source, self.target, LEARNED)


def weigh(evidence: Iterable[Evidence]) -> list[Mapping]:
    """The mappings that the evidence speaks of, the best confirmed first."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    against: dict[tuple[str, str], int] = defaultdict(int)
    for each in evidence:
        pair = (each.source, each.target)
        if each.agrees:
            names[pair].add(base_name(each.file))
        else:
            against[pair] += 1
    found = [
        Mapping(*pair, len(names[pair]), against[pair]) for pair in names.keys() | against.keys()
    ]
    return sorted(found, key=lambda each: (-each.confirmed, each.source, each.target))


def read_mappings(store: CacheDatabase) -> list[Mapping]:
    """Every pair of folders that a file spoke for or against, the best confirmed first."""
    with store.read() as connection:
        rows = connection.execute("SELECT source, target, file, agrees FROM evidence").fetchall()
    return weigh(Evidence(*row) for row in rows) if rows else []
