"""Whether the packages are there, and where ours belong."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from install import packages
from install.ensure import remove_unused
from install.packages import Bundle

DAY_S = 86_400.0
MONTH_S = 30 * DAY_S
BUNDLES = (packages.REQUIRED, packages.PILLOW)

Site = Callable[..., Path]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Makes folders with installed packages; only these are on the path, the last one first."""
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "requests", raising=False)

    def make(name: str, **versions: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for package, version in versions.items():
            module = folder / package
            module.mkdir()
            (module / "__init__.py").write_text("")
            if version:
                info = folder / f"{package}-{version}.dist-info"
                info.mkdir()
                (info / "METADATA").write_text(f"Name: {package}\nVersion: {version}\n")
        sys.path.insert(0, str(folder))
        return folder

    return make


@pytest.fixture
def requests_alone(tmp_path: Path) -> Bundle:
    """As if requests were all that is needed, in another version for Python 3.10."""
    ranges, locked = tmp_path / "ranges.txt", tmp_path / "locked.txt"
    ranges.write_text("# a comment\nrequests>=2.31,<3\n")
    locked.write_text(
        "requests==2.33.0 ; python_full_version < '3.11' \\\n    --hash=sha256:00\n"
        "requests==2.34.2 ; python_full_version >= '3.11' \\\n    --hash=sha256:00\n"
    )
    return packages.REQUIRED._replace(ranges=str(ranges), locked=str(locked))


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("2.31", ""),
        ("2.34.2", ""),
        ("2.31.0.post1", ""),
        ("2.30.9", "requests (it has 2.30.9, needed is >=2.31,<3)"),
        ("2.4", "requests (it has 2.4, needed is >=2.31,<3)"),
        ("3.0.0", "requests (it has 3.0.0, needed is >=2.31,<3)"),
    ],
)
def test_a_version_outside_the_range_counts_as_missing(
    site: Site, requests_alone: Bundle, version: str, problem: str
) -> None:
    site("system", requests=version)
    assert packages.lacking(requests_alone) == ([problem] if problem else [])


def test_what_is_not_there_is_missing(site: Site, requests_alone: Bundle) -> None:
    site("system")
    assert packages.lacking(requests_alone) == ["requests"]


def test_a_good_version_behind_another_copy_counts_as_missing(
    site: Site, requests_alone: Bundle
) -> None:
    site("system", requests="2.34.2")
    neighbour = site("plugins", requests="")
    assert packages.lacking(requests_alone) == [f"requests (hidden by {neighbour / 'requests'})"]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_everything_that_is_needed_is_pinned_within_its_range(bundle: Bundle) -> None:
    pinned: dict[str, list[str]] = {}
    for name, version in packages.pins(bundle):
        pinned.setdefault(name.lower(), []).append(version)
    lines = Path(bundle.ranges).read_text(encoding="utf-8").splitlines()
    required = packages.requirements(bundle)
    assert len(required) == len([line for line in lines if line and not line.startswith("#")])
    for name, at_least, below in required:
        for version in pinned[name.lower()]:
            release = packages._release(version)
            assert packages._release(at_least) <= release < packages._release(below), name


@pytest.mark.parametrize("bundle", BUNDLES)
def test_every_pin_has_checksums(bundle: Bundle) -> None:
    text = Path(bundle.locked).read_text(encoding="utf-8")
    blocks = re.split(r"^[\w-]+==", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(packages.pins(bundle)) > 0
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_folders_name_follows_python_and_the_pins_but_not_line_ends(tmp_path: Path) -> None:
    bundle = packages.REQUIRED._replace(locked=str(tmp_path / "locked.txt"))

    def name(content: bytes) -> str:
        Path(bundle.locked).write_bytes(content)
        return os.path.basename(packages.package_folders("data", bundle).own)

    first = name(b"requests==2.34.2\n")
    assert first.startswith(f"{packages.python_tag()}-")
    assert name(b"requests==2.34.2\r\n") == first
    assert name(b"requests==2.34.3\n") != first


@pytest.mark.parametrize("version", ["2.33.0", "2.34.2"])
def test_a_complete_folder_of_ours_comes_before_all_but_the_script(
    site: Site, requests_alone: Bundle, tmp_path: Path, version: str
) -> None:
    site("system", requests="2.34.2")
    site("script")
    own = Path(packages.package_folders(str(tmp_path), requests_alone).own)
    (own / f"requests-{version}.dist-info").mkdir(parents=True)
    assert packages.activate(str(tmp_path), requests_alone)
    assert packages.activate(str(tmp_path), requests_alone)
    assert [os.path.basename(each) for each in sys.path] == ["script", own.name, "system"]


def test_an_incomplete_folder_of_ours_is_not_used(
    site: Site, requests_alone: Bundle, tmp_path: Path
) -> None:
    site("system", requests="2.34.2")
    own = Path(packages.package_folders(str(tmp_path), requests_alone).own)
    (own / "requests-2.34.1.dist-info").mkdir(parents=True)
    assert packages.activate(str(tmp_path), requests_alone)
    assert not packages.activate(str(tmp_path), requests_alone, own_only=True)
    assert len(sys.path) == 1


def test_folders_of_other_releases_are_removed_after_a_month_and_unfinished_ones_after_a_day(
    tmp_path: Path,
) -> None:
    root = Path(tmp_path, packages.FOLDER)
    mine, pillow = (
        os.path.basename(packages.package_folders(str(tmp_path), bundle).own) for bundle in BUNDLES
    )
    now, ages = (
        1_700_000_000.0,
        {
            "cpython-39-x86_64-linux-gnu-0123456789ab": MONTH_S + 60,
            "cp312-win_amd64-ba9876543210": MONTH_S - 60,
            ".new-abandoned": DAY_S + 60,
            ".new-of-somebody": DAY_S - 60,
            mine: 2 * MONTH_S,
            pillow: 2 * MONTH_S,
            "wheels": 2 * MONTH_S,
            "my own": 2 * MONTH_S,
        },
    )
    for name, age_s in ages.items():
        (root / name).mkdir(parents=True)
        os.utime(root / name, (now - age_s, now - age_s))
    remove_unused(str(tmp_path), now)
    assert sorted(os.listdir(root)) == sorted(
        ["cp312-win_amd64-ba9876543210", ".new-of-somebody", mine, pillow, "wheels", "my own"]
    )


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ImportError("gone", name="worker.processor"), True),
        (ModuleNotFoundError("No module named 'errors'", name="errors"), True),
        (ModuleNotFoundError("No module named 'plexapi'", name="plexapi"), False),
        (ImportError("libssl is too old"), False),
        (SystemError("pydantic-core is incompatible"), False),
    ],
    ids=["ours", "in no folder", "theirs", "unnamed", "a system error"],
)
def test_an_error_is_ours_if_it_names_a_module_of_the_plugin(
    error: BaseException, ours: bool
) -> None:
    assert packages.is_ours(error) == ours


def without_init(folder: Path, name: str, version: str) -> Bundle:
    """A namespace package in that folder, and the bundle that asks for it."""
    (folder / name).mkdir(parents=True)
    (folder / name / "part.py").write_text(f"VERSION = {version!r}\n")
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{name}/part.py,,\n")
    ranges, locked = folder.parent / "ranges.txt", folder.parent / "locked.txt"
    ranges.write_text(f"{name}>=2,<3\n")
    locked.write_text(f"{name}=={version}\n")
    return packages.REQUIRED._replace(ranges=str(ranges), locked=str(locked))


def test_what_is_pinned_is_imported_though_another_package_has_an_init(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    users = site("users", twofold="")
    (users / "twofold" / "part.py").write_text("VERSION = '0.1'\n")
    bundle = without_init(tmp_path / "made", "twofold", "2.1")
    own = Path(packages.package_folders(str(tmp_path), bundle).own)
    own.parent.mkdir()
    (tmp_path / "made").rename(own)
    try:
        assert packages.activate(str(tmp_path), bundle, own_only=True)
        assert importlib.import_module("twofold.part").VERSION == "2.1"
    finally:
        for name in ("twofold", "twofold.part"):
            sys.modules.pop(name, None)


def test_two_packages_in_one_folder_are_not_taken_for_the_one(tmp_path: Path, site: Site) -> None:
    users = site("users")
    bundle = without_init(tmp_path / "made", "twofold", "2.1")
    for each in (tmp_path / "made").iterdir():
        each.rename(users / each.name)
    assert packages.lacking(bundle) == []
    (users / "twofold" / "__init__.py").write_text("")
    assert packages.lacking(bundle) == [
        f"twofold (mixed with another package in {users / 'twofold'})"
    ]


@pytest.mark.parametrize(
    ("info", "file", "text", "version"),
    [
        ("dist-info", "METADATA", "Name: lone\nVersion: 2.1\n", "2.1"),
        ("dist-info", "METADATA", "Name: lone\nversion:   2.1\n\nVersion: 9\n", "2.1"),
        ("egg-info", "PKG-INFO", "Name: lone\nVersion: 2.1\n", "2.1"),
        ("dist-info", "METADATA", "Name: lone\n\nVersion: 2.1\n", ""),
    ],
    ids=["usual", "another in the text", "an old way", "none"],
)
def test_the_version_is_that_of_the_head(
    site: Site, info: str, file: str, text: str, version: str
) -> None:
    folder = site("users", lone="") / f"lone-0.{info}"
    folder.mkdir()
    (folder / file).write_text(text)
    assert packages._version(metadata.distribution("lone")) == version


@pytest.mark.parametrize(
    ("record", "is_mixed"),
    [
        ("twofold/part.py,,\ntwofold/__init__.py,,\n", False),
        ('twofold\\\\part.py,,\n"twofold/__init__.py",,\n', False),
        ("twofold/part.py,,\nother/twofold/__init__.py,,\n", True),
        ("", False),
    ],
    ids=["its own", "written otherwise", "of another folder", "without a list"],
)
def test_a_package_with_an_init_of_its_own_is_not_mixed(
    tmp_path: Path, site: Site, record: str, is_mixed: bool
) -> None:
    users = site("users")
    bundle = without_init(tmp_path / "made", "twofold", "2.1")
    for each in (tmp_path / "made").iterdir():
        each.rename(users / each.name)
    (users / "twofold" / "__init__.py").write_text("")
    (users / "twofold-2.1.dist-info" / "RECORD").write_text(record)
    assert bool(packages.lacking(bundle)) == is_mixed


def test_the_version_of_a_package_whose_description_is_a_single_file(site: Site) -> None:
    """As Debian has what distutils installed."""
    (site("users", lone="") / "lone-0.egg-info").write_text("Name: lone\nVersion: 2.1\n\nA text.\n")
    found = metadata.distribution("lone")
    assert packages._version(found) == found.version == "2.1"
