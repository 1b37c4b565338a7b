"""Putting a plugin's source tree where Stash finds it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

_NOT_SHIPPED = {"tests", "dist", "build", "__pycache__", "node_modules"}


def install_plugin(folder: Path, plugins_dir: Path, plugin_id: str, *, link: bool) -> Path:
    """The new folder below `plugins_dir`, holding what a package would and `plugin_id`.yml.

    Hidden entries, tests, builds and caches stay behind. `link` makes symbolic links instead of
    copies, so that edits of the tree count at once.
    """
    target = plugins_dir / plugin_id
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    for entry in _shipped(folder):
        name = f"{plugin_id}.yml" if entry.name == "plugin.yml" else entry.name
        if link:
            (target / name).symlink_to(entry.resolve())
        elif entry.is_dir():
            shutil.copytree(entry, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(entry, target / name)
    return target


def _shipped(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if not entry.name.startswith(".") and entry.name not in _NOT_SHIPPED:
            yield entry
