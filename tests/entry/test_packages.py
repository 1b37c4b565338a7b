"""Whether the packages are there, and where ours belong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from entry import packages
from entry.provide import remove_unused

DAY_S = 86_400.0
MONTH_S = 30 * DAY_S

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
def needs_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if requests were all that is needed."""
    ranges, locked = tmp_path / "ranges.txt", tmp_path / "locked.txt"
    ranges.write_text("# a comment\nrequests>=2.31,<3\n")
    locked.write_text("requests==2.34.2 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(packages, "RANGES", str(ranges))
    monkeypatch.setattr(packages, "LOCKED", str(locked))


@pytest.mark.usefixtures("needs_requests")
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
    site: Site, version: str, problem: str
) -> None:
    site("system", requests=version)
    assert packages.lacking() == ([problem] if problem else [])


@pytest.mark.usefixtures("needs_requests")
def test_what_is_not_there_is_missing(site: Site) -> None:
    site("system")
    assert packages.lacking() == ["requests"]


@pytest.mark.usefixtures("needs_requests")
def test_a_good_version_behind_another_copy_counts_as_missing(site: Site) -> None:
    site("system", requests="2.34.2")
    neighbour = site("plugins", requests="")
    assert packages.lacking() == [f"requests (hidden by {neighbour / 'requests'})"]


def test_everything_that_is_required_is_pinned_within_its_range() -> None:
    pinned = dict(packages.pins())
    lines = Path(packages.RANGES).read_text(encoding="utf-8").splitlines()
    required = packages.requirements()
    assert len(required) == len([line for line in lines if line and not line.startswith("#")])
    for name, at_least, below in required:
        release = packages._release(pinned[name])
        assert packages._release(at_least) <= release < packages._release(below), name


def test_every_pin_has_checksums() -> None:
    text = Path(packages.LOCKED).read_text(encoding="utf-8")
    blocks = [block for block in text.split("==")[1:] if block]
    assert len(blocks) == len(packages.pins())
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_folders_name_follows_python_and_the_pins_but_not_line_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = tmp_path / "locked.txt"
    monkeypatch.setattr(packages, "LOCKED", str(locked))

    def name(content: bytes) -> str:
        locked.write_bytes(content)
        return os.path.basename(packages.package_folders("data").own)

    first = name(b"requests==2.34.2\n")
    assert first.startswith(f"{packages.python_tag()}-")
    assert name(b"requests==2.34.2\r\n") == first
    assert name(b"requests==2.34.3\n") != first


@pytest.mark.usefixtures("needs_requests")
def test_a_complete_folder_of_ours_comes_before_all_but_the_script(
    site: Site, tmp_path: Path
) -> None:
    site("system", requests="2.34.2")
    site("script")
    own = Path(packages.package_folders(str(tmp_path)).own)
    (own / "requests-2.34.2.dist-info").mkdir(parents=True)
    assert packages.activate(str(tmp_path))
    assert packages.activate(str(tmp_path))
    assert [os.path.basename(each) for each in sys.path] == ["script", own.name, "system"]


@pytest.mark.usefixtures("needs_requests")
def test_an_incomplete_folder_of_ours_is_not_used(site: Site, tmp_path: Path) -> None:
    site("system", requests="2.34.2")
    (Path(packages.package_folders(str(tmp_path)).own) / "requests-2.34.1.dist-info").mkdir(
        parents=True
    )
    assert packages.activate(str(tmp_path))
    assert not packages.activate(str(tmp_path), own_only=True)
    assert len(sys.path) == 1


def test_folders_of_other_releases_are_removed_after_a_month_and_unfinished_ones_after_a_day(
    tmp_path: Path,
) -> None:
    folders = packages.package_folders(str(tmp_path))
    mine = os.path.basename(folders.own)
    now, ages = (
        1_700_000_000.0,
        {
            "cpython-39-x86_64-linux-gnu-0123456789ab": MONTH_S + 60,
            "cp312-win_amd64-ba9876543210": MONTH_S - 60,
            ".new-abandoned": DAY_S + 60,
            ".new-of-somebody": DAY_S - 60,
            mine: 2 * MONTH_S,
            "wheels": 2 * MONTH_S,
            "my own": 2 * MONTH_S,
        },
    )
    for name, age_s in ages.items():
        (Path(folders.root) / name).mkdir(parents=True)
        os.utime(Path(folders.root) / name, (now - age_s, now - age_s))
    remove_unused(str(tmp_path), now)
    assert sorted(os.listdir(folders.root)) == sorted(
        ["cp312-win_amd64-ba9876543210", ".new-of-somebody", mine, "wheels", "my own"]
    )


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ImportError("gone", name="worker.processor"), True),
        (ModuleNotFoundError("No module named 'plexapi'", name="plexapi"), False),
        (ImportError("libssl is too old"), False),
        (SystemError("pydantic-core is incompatible"), False),
    ],
    ids=["ours", "theirs", "unnamed", "a system error"],
)
def test_an_error_is_ours_if_it_names_a_module_of_the_plugin(
    error: BaseException, ours: bool
) -> None:
    assert packages.is_ours(error) == ours
