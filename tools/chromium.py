"""Chromium and what else it takes to see the page."""

from __future__ import annotations

import importlib.util
import os
import shutil

VARIABLE = "PLEXSYNC_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The program that the variable names, or one on the search path."""
    return os.environ.get(VARIABLE) or next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str:
    """What there is no browser test without; an empty text if all is there."""
    found = {
        "playwright": importlib.util.find_spec("playwright"),
        "Chromium": chromium(),
        "Node": shutil.which("node"),
        "npm": shutil.which("npm"),
    }
    return " and ".join(name for name, program in found.items() if not program)
