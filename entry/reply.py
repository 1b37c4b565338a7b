"""The answer of what Stash has started, be it a result, an error that we know, or a bug."""

from __future__ import annotations

import logging
from collections.abc import Callable

from errors import LeaseLost, SyncError
from stash.protocol import BadInvocation, answer
from storage.sqlite import StorageError

log = logging.getLogger(__name__)


def answered(work: Callable[[], object], name: str) -> int:
    """Tell Stash what `work` returns, or in one sentence why it doesn't; the exit status. `name` is
    what a bug is said to have ended."""
    try:
        answer(work())
    except (SyncError, StorageError, BadInvocation, LeaseLost) as error:
        advice = getattr(error, "advice", "")
        answer(error=f"PlexSync: {error}{'. ' if advice else ''}{advice}")
        return 1
    except Exception:
        log.exception("%s ended because of a bug; please report it with the log file", name)
        answer(error=f"PlexSync: {name} ended because of a bug; see the log")
        return 1
    return 0
