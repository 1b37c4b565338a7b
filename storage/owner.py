"""Whose a file is and who we are. Where users have no numbers (Windows) there is nothing to tell.

Not on the hook's path but for an event that can't be stored.
"""

from __future__ import annotations

import os
import sys

_WRITABLE_BY_OTHERS = 0o022
_READABLE_BY_OTHERS = 0o044


def whose(path: str) -> str:
    """A sentence about the first of file and folder that belongs to somebody else and that we may
    not write, and what to do; "" if there is none. Of what doesn't exist the folder counts."""
    if sys.platform == "win32":
        return ""
    us = os.geteuid()
    for place in _existing(path):
        if os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            continue
        owner = os.stat(place).st_uid
        if owner != us:
            return (
                f"{place} belongs to {user_name(owner)}, and PlexSync runs here as "
                f"{user_name(us)}. Give the folder to the user that runs Stash (as root: chown -R "
                f"USER {os.path.dirname(path)}), and run commands as that user: docker exec -u "
                "USER …, or sudo -u USER …"
            )
    return ""


def user_name(uid: int) -> str:
    """For people: "root (0)", or "user 1000" where the system has no name."""
    try:
        import pwd  # noqa: PLC0415 - not on Windows

        name = pwd.getpwuid(uid).pw_name
    except (ImportError, KeyError):
        return f"user {uid}"
    return f"{name} ({uid})"


def open_to_others(path: str, *, to_read: bool = False) -> str:
    """The mode, e.g. "0777", of a file or folder that others than its owner may write to, or read;
    "" if nobody else may, or if it can't be told."""
    if sys.platform == "win32":
        return ""
    try:
        mode = os.stat(path).st_mode & 0o7777
    except OSError:
        return ""
    mask = _READABLE_BY_OTHERS if to_read else _WRITABLE_BY_OTHERS
    return f"{mode:04o}" if mode & mask else ""


def _existing(path: str) -> list[str]:
    """File and folder, or the first folder above that exists."""
    found = [place for place in (path, os.path.dirname(path)) if os.path.exists(place)]
    place = os.path.dirname(path)
    while not found and place != os.path.dirname(place):
        place = os.path.dirname(place)
        found = [place] if os.path.exists(place) else []
    return found
