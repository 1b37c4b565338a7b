"""That somebody looks at our page: a file by whose time a worker, also a resting one, sees it.

Next to nothing imported.
"""

from __future__ import annotations

import os

from storage.files import PRIVATE_FILE

FILE_NAME = "looked"
# A page may ask every few seconds.
ONCE_IN_S = 30.0


def mark(data_dir: str, now: float) -> None:
    """Somebody looks; `now` in epoch seconds. Raises OSError."""
    path = os.path.join(data_dir, FILE_NAME)
    if abs(now - at(data_dir)) < ONCE_IN_S:
        return
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE))
    os.utime(path, (now, now))


def at(data_dir: str) -> float:
    """When somebody looked last, epoch seconds; 0 for never."""
    try:
        return os.stat(os.path.join(data_dir, FILE_NAME)).st_mtime
    except OSError:
        return 0.0
