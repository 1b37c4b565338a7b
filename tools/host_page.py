"""The page that stands for Stash's user interface, bundled from packages of npm: for the tests in a
browser, `make demo-page` and `make pictures`. It needs Node and npm, nothing of the plugin does.

Started as a program it makes the page ready for `make test`, or says in one line why the tests in a
browser are left out."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.chromium import missing

TREE = Path(__file__).resolve().parent.parent
SOURCE = TREE / "tests" / "browser" / "host"
PLACE = TREE / "build" / "browser-host"

WITHIN_S = 240


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
    # Stash takes every .yml file below a plugin for a manifest, also below a working copy.
    for each in unfinished.rglob("*.yml"):
        each.unlink()
    try:
        unfinished.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(unfinished)
    return folder


def _run(command: list[str], folder: Path) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        raise NoHostPage(f"{name} took more than {WITHIN_S} seconds") from None
    if done.returncode:
        said = done.stdout.strip().splitlines()
        raise NoHostPage(f"{name} failed: {said[-1] if said else 'no reason'}")


def main() -> None:
    why = f"there is no {lacking}" if (lacking := missing()) else ""
    try:
        if not why:
            host_page()
    except NoHostPage as error:
        why = str(error)
    if why:
        sys.stdout.write(f"Left out are the tests in a browser: {why}.\n")


if __name__ == "__main__":
    main()
