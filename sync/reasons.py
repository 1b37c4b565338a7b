"""One field's outcome, and the reasons for leaving a field alone."""

from __future__ import annotations

from dataclasses import dataclass

from sync.plan import Edit, Kept
from sync.values import Value

EDITED_IN_PLEX = "edited in Plex"
LOCKED_BEFORE = "locked in Plex before our first write"
NOT_OURS = "Stash has no value and this one is not ours"
SHOWN_OTHERWISE = "Plex shows this for what was written"
NOT_CLEARED = "this Plex ignores an empty value, so it can't be cleared"
TOO_MANY = "more than fit into one request to Plex"


@dataclass(frozen=True, slots=True)
class Decision:
    """`owned`: what is ours afterwards, None if we never wrote the field."""

    edit: Edit | None = None
    kept: Kept | None = None
    owned: Value | None = None
