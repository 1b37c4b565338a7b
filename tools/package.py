"""`make package`: the zip that Stash can unpack into its plugins folder."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
PLUGIN_ID = "plex_sync"
ZIP_NAME = f"{PLUGIN_ID}.zip"

FILES = ("plex_sync.py", "requirements.txt", "README.md", "CHANGELOG.md", "LICENSE")
PACKAGES = (
    "entry",
    "jobs",
    "logs",
    "net",
    "plex",
    "stash",
    "storage",
    "sync",
    "validation",
    "worker",
)
# The same tree gives the same bytes, so that a published checksum can be checked by anybody.
WHEN = (1980, 1, 1, 0, 0, 0)


def build(folder: Path) -> Path:
    """Write the zip into `folder`; its path. The manifest gets the plugin's id as its name, from
    which Stash takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / ZIP_NAME
    with zipfile.ZipFile(target, "w") as archive:
        for name, source in sorted(_contents()):
            info = zipfile.ZipInfo(name, WHEN)
            info.external_attr = 0o644 << 16
            archive.writestr(info, source.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def _contents() -> Iterator[tuple[str, Path]]:
    """(name in the zip, file) of everything that the plugin needs at run time."""
    yield f"{PLUGIN_ID}.yml", TREE / "plugin.yml"
    for name in FILES:
        yield name, TREE / name
    for package in PACKAGES:
        for source in (TREE / package).rglob("*.py"):
            yield source.relative_to(TREE).as_posix(), source


if __name__ == "__main__":
    sys.stdout.write(f"{build(TREE / 'dist')}\n")
