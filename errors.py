"""How work can fail. The worker decides by class, never by text.

A leaf: `plex/` and `stash/` derive their errors from these.
"""

from __future__ import annotations

import re


class SyncError(Exception):
    """Something failed in a way we know. `advice` says what the user can do about it."""

    reason = "error"

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice

    def __str__(self) -> str:
        return str(self.args[0])


class TransientError(SyncError):
    """May pass by itself: the job is tried again."""

    reason = "temporary"


class PermanentError(SyncError):
    """Won't pass by itself: the job fails at once and is kept with its reason."""

    reason = "permanent"


class NothingToSync(PermanentError):
    """Not a failure: there is nothing that Plex could show, until the next event."""

    reason = "nothing to sync"


class Outage(TransientError):
    """No job's matter: the queue pauses until it has passed, and no attempt is spent."""

    reason = "outage"


class ServerUnavailable(Outage):
    """A server doesn't serve us.

    `retry_after_s`: what the server asked for, None if it said nothing. `overloaded`: it answered,
    to say that it can't serve now.
    """

    reason = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        retry_after_s: float | None = None,
        overloaded: bool = False,
    ) -> None:
        super().__init__(message, advice=advice)
        self.retry_after_s = retry_after_s
        self.overloaded = overloaded


class SettingsError(PermanentError):
    """A matter of the settings: the queue pauses until they change; no job fails for it."""

    reason = "settings"


class LeaseLost(Exception):
    """Another process has taken over: stop at once, write nothing more."""


class Stopped(LeaseLost):
    """This process was told to end in the middle of something long; what it claimed goes back."""


def named(name: str, text: str) -> str:
    """An error's text, with the name of the object that it is about."""
    return text if re.search(rf"\b{re.escape(name)}\b", text) else f"{name}: {text}"
