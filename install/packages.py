"""The packages that the worker needs or can use: whether they are there, and our folders for
them.

Standard library only, and never on the hook's path.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import invalidate_caches, metadata
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, all_suffixes
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from stash.protocol import OWN_FOLDER

FOLDER = "packages"
WHEELS = "wheels"
UNFINISHED = ".new-"

UNUSED_S = 30 * 86_400.0
# A pip whose starter was killed may make its folder anew after it was removed.
UNFINISHED_S = 86_400.0

_MODULES = {"stashapp-tools": "stashapi", "Pillow": "PIL"}
_RANGE = re.compile(r"([\w-]+)>=([\d.]+),<([\d.]+)$", re.MULTILINE)
_VERSION = re.compile(r"^Version: *(\S+)", re.MULTILINE | re.IGNORECASE)
_PIN = re.compile(r"([\w-]+)==([^\s\\]+)", re.MULTILINE)


class Requirement(NamedTuple):
    """A line of requirements.txt; `module` is what the package is imported as."""

    name: str
    at_least: str
    below: str

    @property
    def module(self) -> str:
        return _MODULES.get(self.name, self.name)


class Bundle(NamedTuple):
    """Packages that are installed together. `ranges` is the file that says what does, `locked` the
    one with what is installed where nothing does, `tried` what is imported of them once to see
    that they can be loaded. `name` is for people."""

    name: str
    ranges: str
    locked: str
    tried: str


REQUIRED = Bundle(
    "PlexSync's packages",
    os.path.join(OWN_FOLDER, "requirements.txt"),
    os.path.join(OWN_FOLDER, "requirements-locked.txt"),
    "plexapi.server, pydantic, requests, stashapi.stashapp, tenacity",
)
# Without it all works but poster_style fit and crop, and covers of types that Plex doesn't take.
PILLOW = Bundle(
    "Pillow",
    os.path.join(OWN_FOLDER, "requirements-pillow.txt"),
    os.path.join(OWN_FOLDER, "requirements-pillow-locked.txt"),
    "PIL.Image, PIL.ImageCms, PIL.ImageEnhance, PIL.ImageFilter, PIL.ImageOps, PIL.ImageStat",
)


class PackageFolders(NamedTuple):
    """Where a bundle is kept below the data folder.

    `own`: for this Python and this release's requirements. `wheels`: where people may put wheels
    for a machine without internet. `root` holds both, and those of all bundles.
    """

    bundle: Bundle
    root: str
    own: str
    wheels: str


def package_folders(data_dir: str, bundle: Bundle) -> PackageFolders:
    root = os.path.join(data_dir, FOLDER)
    with open(bundle.locked, "rb") as file:
        # Whatever an editor or git made of its line ends.
        content = file.read().replace(b"\r\n", b"\n")
    name = f"{python_tag()}-{hashlib.sha256(content).hexdigest()[:12]}"
    return PackageFolders(bundle, root, os.path.join(root, name), os.path.join(root, WHEELS))


def python_tag() -> str:
    """By what compiled packages differ, e.g. cpython-312-x86_64-linux-musl."""
    tag = EXTENSION_SUFFIXES[0].strip(".").rpartition(".")[0]
    # On a Mac it doesn't name the processor.
    return f"{tag}-{platform.machine()}" if sys.platform == "darwin" else tag


def activate(data_dir: str, bundle: Bundle, *, own_only: bool = False) -> bool:
    """Whether the packages can be imported from now on; puts our folder on the path if it is
    complete. `own_only`: don't make do with what the system has."""
    folders = package_folders(data_dir, bundle)
    own = folders.own
    if is_complete(folders):
        if own not in sys.path:
            # After the script's own folder, before whatever PYTHONPATH brings: Stash puts the
            # folder of all plugins there.
            sys.path.insert(1, own)
            sys.meta_path.insert(0, _NamespacesOf(own))
            invalidate_caches()
        _mark_as_used(own)
        return True
    return not own_only and not lacking(bundle)


class _NamespacesOf:
    """Finds the packages of a folder that have no __init__. For Python's own search one with an
    __init__ wins over them from wherever on the path: stashapi 0.1.5 over our stashapp-tools."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: object = None
    ) -> ModuleSpec | None:
        """None for what is none of these; Python goes on looking then."""
        place = os.path.join(self._folder, name)
        if path is not None or not os.path.isdir(place):
            return None
        if any(os.path.exists(os.path.join(place, f"__init__{end}")) for end in all_suffixes()):
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [place]
        return spec


def is_complete(folders: PackageFolders) -> bool:
    """Whether everything that is pinned is there, in a pinned version."""
    try:
        found = {_normal(name) for name in os.listdir(folders.own)}
    except OSError:
        return False
    pinned = pins(folders.bundle)
    there = {name for name, version in pinned if _normal(f"{name}-{version}.dist-info") in found}
    return there == {name for name, _ in pinned}


def lacking(bundle: Bundle) -> list[str]:
    """Those of the packages that this Python doesn't find by itself, or not as we need them."""
    invalidate_caches()
    return [problem for each in requirements(bundle) if (problem := _problem(each))]


def requirements(bundle: Bundle) -> list[Requirement]:
    return [Requirement(*found) for found in _RANGE.findall(_text(bundle.ranges))]


def pins(bundle: Bundle) -> list[tuple[str, str]]:
    """(name, version) of what is installed where they are missing; of versions for different
    Pythons each."""
    return _PIN.findall(_text(bundle.locked))


def is_ours(error: BaseException) -> bool:
    """Whether it is a module of the plugin itself that can't be imported."""
    module = str(getattr(error, "name", None) or "").partition(".")[0]
    # The one module that is in no folder may be what is missing.
    return module == "errors" or (bool(module) and os.path.isdir(os.path.join(OWN_FOLDER, module)))


def unused_folders(data_dir: str, now: float) -> Iterator[str]:
    """Folders for other Pythons and releases that nobody has used for long, and what a killed
    installation has left. `now` in epoch seconds."""
    kept = [package_folders(data_dir, bundle).own for bundle in (REQUIRED, PILLOW)]
    for entry in _subfolders(os.path.join(data_dir, FOLDER)):
        with suppress(OSError):  # another process may be removing it as well
            if entry.path not in kept and now - entry.stat().st_mtime > _kept_s(entry.name):
                yield entry.path


def _kept_s(name: str) -> float:
    if name.startswith(UNFINISHED):
        return UNFINISHED_S
    return UNUSED_S if re.search(r"-[0-9a-f]{12}$", name) else float("inf")


def _mark_as_used(folder: str) -> None:
    try:
        os.utime(folder)
    except OSError:
        return  # somebody else's, or read-only: then it isn't ours to remove either


def _problem(requirement: Requirement) -> str:
    name, at_least, below = requirement
    try:
        found = metadata.distribution(name)
        spec = find_spec(requirement.module)
    except (ImportError, ValueError):  # PackageNotFoundError is one of the former
        return name
    version = _version(found)
    # stashapi has no __init__ and so may be spread over several folders; the first one counts.
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        return name
    # Not the one that would be imported: another plugin's copy of it comes first on the path.
    if Path(folders[0]).resolve().parent != Path(str(found.locate_file(""))).resolve():
        return f"{name} (hidden by {folders[0]})"
    if _is_mixed(found, folders[0]):
        return f"{name} (mixed with another package in {folders[0]})"
    if not _release(at_least) <= _release(version) < _release(below):
        return f"{name} (it has {version}, needed is >={at_least},<{below})"
    return ""


def _version(found: metadata.Distribution) -> str:
    """As `found.version` says it, which reads all of a long text for that one line."""
    # The last one is for a distribution that is a single file, as some systems still have it.
    texts = (found.read_text(name) for name in ("METADATA", "PKG-INFO", ""))
    text = next(filter(None, texts), "")
    told = _VERSION.search(text.partition("\n\n")[0])
    return told[1] if told else ""


def _is_mixed(found: metadata.Distribution, folder: str) -> bool:
    """Whether another package has made a regular one of this folder, which the distribution left
    without an __init__: both install into it, and one's modules are the other's."""
    if not os.path.exists(os.path.join(folder, "__init__.py")):
        return False
    own = f"{os.path.basename(folder)}/__init__.py"
    # It begins its line in a list that can be long; one that is written otherwise is read.
    if f"\n{own}," in f"\n{found.read_text('RECORD') or ''}":
        return False
    files = {str(each).replace("\\", "/") for each in found.files or ()}
    return bool(files) and own not in files


def _release(version: str) -> list[int]:
    """4.18.3.post1 as [4, 18, 3, 0]."""
    numbers = re.match(r"[\d.]*", version)
    parts = [int(each) for each in (numbers[0] if numbers else "").split(".") if each]
    return [*parts, 0, 0, 0, 0][:4]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _subfolders(root: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root) as entries:
            return [each for each in entries if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []
