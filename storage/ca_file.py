"""The setting `ca_file` as it was last read: Stash, which tells it, may have to be trusted first.

Standard library only.
"""

from __future__ import annotations

import os
from contextlib import suppress

from storage.files import write_private

FILE_NAME = "ca-file"


def keep(data_dir: str, path: str) -> None:
    """Have later processes know this path from their start; "" for none. Where it can't be written
    they learn it from Stash."""
    if path == kept(data_dir):
        return
    place = os.path.join(data_dir, FILE_NAME)
    with suppress(OSError):
        if path:
            write_private(place, path)
        else:
            os.unlink(place)


def kept(data_dir: str) -> str:
    """The path that was kept last, "" if there is none."""
    try:
        place = os.path.join(data_dir, FILE_NAME)
        with open(place, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().strip()
    except OSError:
        return ""
