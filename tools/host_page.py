"""The page that stands for Stash's user interface, bundled from packages of npm: for the tests in a
browser, `make demo-page` and `make pictures`. It needs Node and npm, nothing of the plugin does."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
SOURCE = TREE / "tests" / "browser" / "host"
# Not among the sources: Stash takes every .yml file below a plugin for a manifest, and packages of
# npm are full of them.
PLACE = TREE / "build" / "browser-host"

NPM_MINUTES = 10


class NoHostPage(Exception):
    """The text says what is missing."""


def host_page() -> Path:
    """The folder with the bundle, made anew if what it is made of has changed. Raises
    NoHostPage."""
    bundle = PLACE / _digest(_sources()) / "bundle"
    if not (bundle / "index.html").is_file():
        _build(bundle)
    return bundle


def _sources() -> list[Path]:
    return sorted(path for path in SOURCE.iterdir() if path.is_file())


def _digest(paths: list[Path]) -> str:
    content = hashlib.sha256()
    for path in paths:
        content.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return content.hexdigest()[:16]


def _build(bundle: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoHostPage("Node and npm are not installed")
    packages = _packages(npm)
    workshop = bundle.with_name(f"workshop-{os.getpid()}")
    shutil.copytree(SOURCE, workshop, dirs_exist_ok=True)
    (workshop / "node_modules").symlink_to(packages / "node_modules")
    unfinished = workshop / "bundle"
    _run([node, "build.mjs", str(unfinished)], workshop)
    try:
        unfinished.rename(bundle)
    except OSError:  # another process was faster
        if not (bundle / "index.html").is_file():
            raise
    shutil.rmtree(workshop)


def _packages(npm: str) -> Path:
    """The folder with the installed packages, which is kept as long as the lock file stays."""
    lists = [SOURCE / "package.json", SOURCE / "package-lock.json"]
    folder = PLACE / f"packages-{_digest(lists)}"
    if folder.is_dir():
        return folder
    unfinished = folder.with_name(f"{folder.name}-{os.getpid()}")
    unfinished.mkdir(parents=True)
    for path in lists:
        shutil.copy2(path, unfinished)
    _run([npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], unfinished)
    try:
        unfinished.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(unfinished)
    return folder


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=NPM_MINUTES * 60,
    )
    if done.returncode:
        said = done.stdout.strip().splitlines()
        raise NoHostPage(f"{Path(command[0]).name} failed: {said[-1] if said else 'no reason'}")
