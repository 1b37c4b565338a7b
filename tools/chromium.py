"""Where Chromium is."""

from __future__ import annotations

import os
import shutil

VARIABLE = "PLEXSYNC_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The program that the variable names, or one on the search path."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)
