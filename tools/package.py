"""`make package`: what to host so that Stash can install the plugin, the zip and its index."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

TREE = Path(__file__).resolve().parent.parent
PLUGIN_ID = "plex_sync"
ZIP_NAME = f"{PLUGIN_ID}.zip"
INDEX_NAME = "index.yml"
DATE_VARIABLE = "SOURCE_DATE_EPOCH"

MANIFEST = "plugin.yml"
FILES = (
    "plex_sync.py",
    "errors.py",
    "requirements.txt",
    "requirements-locked.txt",
    "requirements-pillow.txt",
    "requirements-pillow-locked.txt",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    # README leads there.
    "docs",
    "ui",
)
# Of those that are folders.
KINDS = {".md", ".png", ".js", ".css"}
PACKAGES = (
    "check",
    "commands",
    "entry",
    "install",
    "jobs",
    "ledger",
    "logs",
    "matching",
    "net",
    "page",
    "pictures",
    "pipeline",
    "playback",
    "plex",
    "rest",
    "stash",
    "storage",
    "sync",
    "trial",
    "validation",
    "worker",
)
# The same tree gives the same bytes, so that a published checksum can be checked by anybody who has
# the same zlib.
WHEN = (1980, 1, 1, 0, 0, 0)


class CannotBuild(Exception):
    """The text says what to do."""


def build(folder: Path) -> Path:
    """Write the zip into `folder`; its path. The manifest gets the plugin's id as its name, from
    which Stash takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / ZIP_NAME
    with zipfile.ZipFile(target, "w") as archive:
        for name, source in sorted(_contents()):
            info = zipfile.ZipInfo(name, WHEN)
            info.create_system = 3  # Unix, wherever it is built
            info.external_attr = 0o644 << 16
            archive.writestr(info, source.read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def write_index(package: Path, date: datetime) -> Path:
    """Write the index of a source that has this one package, beside it; its path.

    Stash offers an update if `date` (UTC) is later than that of what is installed; the version is
    for people.
    """
    manifest: dict[str, Any] = yaml.safe_load((TREE / MANIFEST).read_text(encoding="utf-8"))
    entry = {
        "id": PLUGIN_ID,
        "name": manifest["name"],
        "metadata": {"description": manifest["description"]},
        "version": manifest["version"],
        # As plain text: Stash reads exactly this form.
        "date": f"{date:%Y-%m-%d %H:%M:%S}",
        "path": package.name,
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
        "requires": [],
    }
    index = package.with_name(INDEX_NAME)
    # As bytes, so that the lines end alike wherever it is built.
    index.write_bytes(yaml.safe_dump([entry], sort_keys=False, width=1000).encode())
    return index


def release_date(tree: Path = TREE, environment: Mapping[str, str] = os.environ) -> datetime:
    """SOURCE_DATE_EPOCH, or else the newest commit that changed a file of the zip, in UTC: the same
    for whoever builds it. Raises CannotBuild."""
    given = environment.get(DATE_VARIABLE)
    if given is None:
        # Along the first parents: what a merge brings in is newer than its own commits say.
        given = _git(tree, "log", "-1", "--first-parent", "--format=%ct", "--", *_sources())
    if not given.isdigit():
        raise CannotBuild(
            f"the date of the package is not known: it comes from git, or from {DATE_VARIABLE} in "
            f"seconds since 1970 (found {given!r})"
        )
    return datetime.fromtimestamp(int(given), timezone.utc)


def changed_files(tree: Path = TREE) -> list[str]:
    """Files of the zip that differ from the newest commit, whose date is the package's."""
    changed = _git(tree, "status", "--porcelain", "--", *_sources())
    return [line[3:] for line in changed.splitlines()]


def _git(tree: Path, *arguments: str) -> str:
    """What git prints; an empty text without git or outside a working copy."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=tree, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip("\n") if done.returncode == 0 else ""


def _sources() -> tuple[str, ...]:
    return (MANIFEST, *FILES, *PACKAGES)


def _contents() -> Iterator[tuple[str, Path]]:
    """(name in the zip, file) of everything that the plugin needs at run time."""
    yield f"{PLUGIN_ID}.yml", TREE / MANIFEST
    for name in FILES:
        inside = [each for each in (TREE / name).rglob("*") if each.suffix in KINDS]
        for each in inside if (TREE / name).is_dir() else [TREE / name]:
            yield each.relative_to(TREE).as_posix(), each
    for package in PACKAGES:
        for source in (TREE / package).rglob("*.py"):
            yield source.relative_to(TREE).as_posix(), source


def main() -> int:
    """The exit status."""
    try:
        date = release_date()
    except CannotBuild as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if changed := changed_files():
        sys.stderr.write(
            f"not committed, so that the date {date:%Y-%m-%d %H:%M:%S} is not theirs: "
            f"{', '.join(changed)}\n"
        )
    package = build(TREE / "dist")
    sys.stdout.write(f"{package}\n{write_index(package, date)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
