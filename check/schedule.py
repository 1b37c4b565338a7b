"""Whether and how often Stash is asked by itself whether anything has changed, and Plex at rest
whether anything was played. Next to nothing imported: a watcher reads it."""

import os

# For tests, and for people who want nothing of it: "off".
VARIABLE = "PLEXSYNC_OWN_CHECKS"

# While somebody is about.
EVERY_S = 240.0
# So long after the last event, or look at our page, somebody is.
BUSY_S = 7200.0
# Else: the disks of whoever runs Stash may sleep meanwhile.
SELDOM_S = 1800.0
# A play is in Stash within two minutes, a moment for the worker to get up included.
PLAYS_EVERY_S = 90.0


def is_on() -> bool:
    """Whether there are such checks at all."""
    return os.environ.get(VARIABLE, "").strip().lower() != "off"


def pause_s(since_s: float) -> float:
    """The seconds between two questions, so long after the last event or look at our page."""
    return EVERY_S if since_s < BUSY_S else SELDOM_S
