"""Learning which folder of Stash is which folder of Plex from files that are surely the same.

Pure. A mapping is believed when at least three files of different names confirm it by name and
size and none contradicts it. Even then it only says where to look: what is found there must
not have another size and duration.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from plex.generic_names import is_generic
from plex.matcher import (
    LEARNED,
    NAME_AND_SIZE,
    Ambiguous,
    KnownFile,
    Match,
    Matched,
    PathRule,
    Rung,
    WantedFile,
)
from plex.paths import base_name, path_key, prefix_pair

FEWEST_CONFIRMATIONS = 3
# One file shown through several mounts; more places than this are copies, which prove nothing.
MOST_MOUNTS = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one file of Stash says of a mapping; `file` is its path key."""

    source: str
    target: str
    file: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Mapping:
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
        return PathRule(self.source, self.target, LEARNED)


def confirmations(wanted: WantedFile, match: Match) -> Iterator[Evidence]:
    """The folder pairs that a file confirms: those that have most of the path in common.

    A file that is found once, or in a few places that agree equally well (several mounts).
    """
    match match:
        case Matched(files, because) | Ambiguous(files, because):
            if because != NAME_AND_SIZE:
                return
        case _:
            return
    if is_generic(base_name(wanted.path)):
        return
    pairs = _closest_pairs(wanted, files)
    if len(pairs) <= MOST_MOUNTS:
        for source, target in pairs:
            yield Evidence(source, target, path_key(wanted.path), agrees=True)


def contradictions(wanted: WantedFile, rungs: Iterable[Rung]) -> Iterator[Evidence]:
    """The learned mappings that lead a file to another one: other size and other duration."""
    for rung in rungs:
        certain = wanted.duration_s > 0 and any(file.duration_s > 0 for file in rung.doubted)
        # Without durations a file that was merely converted in place looks the same.
        if rung.because == LEARNED and rung.rule and certain:
            yield Evidence(rung.rule.source, rung.rule.target, path_key(wanted.path), agrees=False)


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


def _closest_pairs(wanted: WantedFile, files: Sequence[KnownFile]) -> set[tuple[str, str]]:
    pairs = {prefix_pair(wanted.path, file.path) for file in files} - {None}
    shortest = min((len(pair[0]) for pair in pairs if pair), default=0)
    return {pair for pair in pairs if pair and len(pair[0]) == shortest}
