"""How often Stash is asked whether anything has changed. Imports nothing: a watcher reads it."""

# While somebody is about.
EVERY_S = 240.0
# So long after the last event, or look at our page, somebody is.
BUSY_S = 7200.0
# Else: the disks of whoever runs Stash may sleep meanwhile.
SELDOM_S = 1800.0


def pause_s(since_s: float) -> float:
    """The seconds between two questions, so long after the last event or look at our page."""
    return EVERY_S if since_s < BUSY_S else SELDOM_S
