"""When a request that changes something in Plex may be sent: what PlexClient asks before each."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol


class Turns(Protocol):
    """Gives out turns to write. Entering one waits until the request may be sent, or raises what
    forbids it; leaving one tells how it went.

    `is_typical`: a small request about one item, so that its duration can be compared with those
    of others. An upload, an edit of many items or a scan takes as long as it takes.
    `is_upload`: a picture, whose fate says nothing of how Plex copes with edits, and which must not
    hold them up.
    """

    def __call__(
        self, *, is_typical: bool, is_upload: bool = False
    ) -> AbstractContextManager[None]: ...


def reading_only(*, is_typical: bool, is_upload: bool = False) -> AbstractContextManager[None]:
    """For a client that nobody has given a right to write."""
    raise AssertionError(f"this client is for reading ({is_typical=}, {is_upload=})")
