"""For tests of what PlexClient sends, not of when."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


def at_any_time(*, is_typical: bool, is_upload: bool = False) -> AbstractContextManager[None]:
    """Every write may be sent at once."""
    return nullcontext()
