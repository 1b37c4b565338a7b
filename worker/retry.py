"""When a job is tried again. Pure: time and chance are arguments. Whether it is: `worker.verdict`;
while a server is away nothing is: `worker.circuit`."""

from __future__ import annotations

from errors import PermanentError, SyncError
from plex.exceptions import BeingScanned, PlexNotFound

BASE_S = 2.0
CAP_S = 900.0
PROBE_CAP_S = 60.0
MAX_ATTEMPTS = 12
IMPATIENT_ATTEMPTS = 4

# Plex may scan late: a folder watcher takes seconds, a nightly scan a day, a holiday a week.
NOT_FOUND_S = (15.0, 60.0, 300.0, 900.0, 3600.0, 6 * 3600.0, *(24 * 3600.0,) * 7)

# After a scan that we asked for. The second pause is over before the third try: pipeline/scan.py.
SCANNED_S = (10.0, 60.0, 120.0, *NOT_FOUND_S[2:])


# What is refused would be refused again, unless something in between has answered for Plex.
REFUSED_S = (5.0, 60.0, 600.0)
IMPATIENT_REFUSED_S = (0.5, 2.0)


def retry_delay_s(
    error: SyncError, attempt: int, jitter: float, *, patient: bool = True
) -> float | None:
    """Seconds before the next try, None to give up. `attempt` counts from 1; `jitter` in [0, 1).

    Impatient is for tasks, which people wait for: a few tries, and none for what isn't in Plex.

    "Not in Plex" has its own long schedule and a refusal a short one, spread by a quarter.
    Everything else: exponential with full jitter, delay = jitter * min(CAP_S, BASE_S * 2^attempt).
    """
    if isinstance(error, PlexNotFound):
        schedule = SCANNED_S if isinstance(error, BeingScanned) else NOT_FOUND_S
        if attempt > len(schedule) or not patient:
            return None
        return schedule[attempt - 1] * (1 + jitter / 4)
    if isinstance(error, PermanentError):
        tries: tuple[float, ...] = REFUSED_S if patient else IMPATIENT_REFUSED_S
        return None if attempt > len(tries) else tries[attempt - 1] * (1 + jitter / 4)
    if attempt >= (MAX_ATTEMPTS if patient else IMPATIENT_ATTEMPTS):
        return None
    return jitter * min(CAP_S, BASE_S * 2.0**attempt)


def probe_delay_s(probe: int, jitter: float) -> float:
    """Seconds before a server that was down is asked again. `probe` counts from 1."""
    # A float ends at 2 ** 1024, and a server can be away for longer than that many probes.
    return min(PROBE_CAP_S, 2.0 ** min(probe - 1, 60)) * (0.75 + jitter / 4)
