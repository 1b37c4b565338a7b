"""A rating that both servers may change: whose counts. Pure; docs/playback.md has the rules.

In units of Stash's rating100, None for no rating: what is compared is what was last known of each
side, and no time, since a write of ours may move those as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

GIVEN_IN_PLEX = "given in Plex, and goes to Stash"
DIFFERS = "another one than in Stash, and stays so until one of them is changed"


class Winner(Enum):
    """`MERGE`: the rule for every other field decides."""

    NOBODY = "both have the same"
    PLEX = "changed in Plex alone"
    STASH = "changed in Stash alone"
    CONFLICT = "changed on both sides: Stash's counts"
    NEITHER = "known to differ: both stay"
    MERGE = "changed on neither since it was noted"


@dataclass(frozen=True, slots=True)
class LastKnown:
    """Of an item. `knows_stash`: whether Stash's side was ever known. `stays`: both are to stay as
    they are, though they differ, until somebody changes one of them."""

    plex: int | None = None
    stash: int | None = None
    knows_stash: bool = False
    stays: bool = False


def winner(last: LastKnown | None, plex: int | None, stash: int | None) -> Winner:
    """`last`: None as long as it isn't noted how things stood."""
    if plex == stash:
        return Winner.NOBODY
    if last is None:
        return Winner.MERGE
    if last.stays and (plex, stash) == (last.plex, last.stash):
        return Winner.NEITHER
    moved_in_stash = stash != last.stash if last.knows_stash else stash is not None
    if plex != last.plex:
        return Winner.CONFLICT if moved_in_stash else Winner.PLEX
    return Winner.STASH if moved_in_stash and last.knows_stash else Winner.MERGE


def from_plex(text: str) -> int | None:
    """Plex's user rating, 0 to 10, as rating100."""
    try:
        number = float(text or 0)
    except ValueError:
        return None
    return from_stash(round(number * 10) if math.isfinite(number) else None)


def from_stash(rating100: int | None) -> int | None:
    """As it can be shown in Plex: Stash's API stores any number."""
    return min(rating100, 100) if rating100 and rating100 > 0 else None
