"""A new scene's cover is made after it, and nothing tells when: when to look for it again. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.pictures import PICTURES, PictureMemory

# A scan makes covers within minutes; somebody who does it by hand, later the same day.
LOOKS_S = (120.0, 600.0, 3600.0, 6 * 3600.0)
"""The ages of a scene, in seconds, at which it is looked at again."""

# By so much Stash's clock may be ahead of ours; a date beyond it says nothing of the age.
CLOCK_TOLERANCE_S = 120.0


def lacks_cover(pictures: Mapping[str, PictureMemory]) -> bool:
    """Whether Stash had no cover when it was last asked; False if it never was."""
    return bool(pictures) and not any(each.source for each in pictures.values())


def is_wanted(skipped: frozenset[str]) -> bool:
    """Whether covers are used at all, by the names in the setting skip_fields."""
    return not skipped.issuperset(PICTURES)


def next_look_at(created_at: str, now: float) -> float | None:
    """When to look at a scene without a cover again, in epoch seconds; None: not any more.

    `created_at` as Stash tells it. The scene's age alone decides, so that neither restarts nor
    events in between make it more looks or fewer.
    """
    created = epoch_s(created_at)
    if created is None or created > now + CLOCK_TOLERANCE_S:
        return None
    return next((created + age for age in LOOKS_S if created + age > now), None)


def epoch_s(timestamp: str) -> float | None:
    """A time as Stash tells it (RFC 3339), in epoch seconds; None if it is none."""
    try:
        # Python 3.10 doesn't know Z.
        moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None
