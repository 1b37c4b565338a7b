"""Learning which folder of Stash is which folder of Plex from files that are surely the same.

Pure. A mapping is believed when at least three files of different names confirm it by name and
size and none contradicts it. Even then it only says where to look: what is found there must
not have another size and duration.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from matching.evidence import Evidence
from plex.generic_names import is_generic
from plex.matcher import (
    LEARNED,
    NAME_AND_SIZE,
    Ambiguous,
    KnownFile,
    Match,
    Matched,
    Rung,
    WantedFile,
)
from plex.paths import base_name, path_key, prefix_pair

# One file shown through several mounts; more places than this are copies, which prove nothing.
MOST_MOUNTS = 4


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


def _closest_pairs(wanted: WantedFile, files: Sequence[KnownFile]) -> set[tuple[str, str]]:
    pairs = {prefix_pair(wanted.path, file.path) for file in files} - {None}
    shortest = min((len(pair[0]) for pair in pairs if pair), default=0)
    return {pair for pair in pairs if pair and len(pair[0]) == shortest}
