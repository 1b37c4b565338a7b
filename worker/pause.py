"""When the queue stands still: a server is down, or a setting is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass

from errors import ServerUnavailable, SettingsError
from stash.exceptions import StashUnauthorized, StashUnavailable
from worker.retry import probe_delay_s

# Stash is on the same machine, as a rule: whether it is back, lets us in, or has other settings is
# asked often, and its user is watching.
SETTINGS_PROBE_CAP_S = 10.0
STASH_PROBE_CAP_S = 5.0
# The cause may also be corrected in Plex itself (a library renamed back).
RECHECK_S = 60.0
LONGEST_RETRY_AFTER_S = 600.0


@dataclass(slots=True)
class Pause:
    """Why nothing is done at the moment. `since` in epoch seconds; `_m` is monotonic."""

    error: ServerUnavailable | SettingsError
    since: float
    since_m: float
    next_probe_m: float = 0.0
    checked_m: float = 0.0
    probes: int = 0

    @property
    def is_about_settings(self) -> bool:
        return isinstance(self.error, SettingsError)

    def needs_check(self, monotonic_s: float) -> bool:
        """Whether to ask Plex although no setting was changed."""
        return not self.is_about_settings or monotonic_s - self.checked_m >= RECHECK_S

    def postpone(self, monotonic_s: float, jitter: float) -> float:
        """Count a probe and set the time of the next; how many seconds until then."""
        self.probes += 1
        delay_s = probe_delay_s(self.probes, jitter)
        if self.is_about_settings:
            delay_s = min(delay_s, SETTINGS_PROBE_CAP_S)
        elif isinstance(self.error, (StashUnavailable, StashUnauthorized)):
            delay_s = min(delay_s, STASH_PROBE_CAP_S)
        if isinstance(self.error, ServerUnavailable) and self.error.retry_after_s:
            delay_s = max(delay_s, min(self.error.retry_after_s, LONGEST_RETRY_AFTER_S))
        self.next_probe_m = monotonic_s + delay_s
        return delay_s

    def note(self) -> str:
        """For the store, so that a status in another process can tell."""
        return json.dumps(
            {
                "reason": self.error.reason,
                "error": str(self.error),
                "advice": self.error.advice,
                "since": self.since,
            }
        )
