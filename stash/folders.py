"""The folders that Stash tells its plugins of. Cheap to import: the hook that starts the worker
does."""

from __future__ import annotations

import os
from typing import Any


def make_absolute(connection: dict[str, Any]) -> None:
    """Let `Dir` and `PluginDir` of a server_connection lead to the same folders from anywhere.

    Both may be relative to Stash's working folder, which is ours, but not that of what we start:
    the second is if Stash found its config file there, the first was before 0.26.
    """
    for name in ("Dir", "PluginDir"):
        if isinstance(connection.get(name), str) and connection[name]:
            connection[name] = os.path.abspath(connection[name])
