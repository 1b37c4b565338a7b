"""The zip that Stash installs and the index that offers it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from install import packages
from simulators.rig import TREE
from tools import package


def test_the_same_tree_gives_the_same_bytes_on_all_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = package.build(tmp_path / "a").read_bytes()
    for system in ("linux", "darwin", "win32"):
        monkeypatch.setattr(sys, "platform", system)
        assert package.build(tmp_path / system).read_bytes() == first


def test_the_zip_holds_one_manifest_under_the_plugins_id(tmp_path: Path) -> None:
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith(".yml")] == ["plex_sync.yml"]


def test_no_link_in_the_zip_is_dead(tmp_path: Path) -> None:
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        archive.extractall(tmp_path / "unpacked")
    papers = list((tmp_path / "unpacked").rglob("*.md"))
    assert {"README.md", "security.md"} <= {each.name for each in papers}
    targets = [
        (each, target.partition("#")[0])
        for each in papers
        for target in re.findall(r"\]\(([^)\s]+)\)", each.read_text(encoding="utf-8"))
        if not target.startswith(("https://", "#"))
    ]
    assert [str(target) for each, target in targets if not (each.parent / target).exists()] == []


def test_the_zip_brings_the_page(tmp_path: Path) -> None:
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        names = set(archive.namelist())
    ui = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))["ui"]
    assert {*ui["javascript"], *ui["css"]} <= names
    assert not [name for name in names if "node_modules" in name or name.startswith("tests")]


def test_the_manifest_names_no_address_of_its_own() -> None:
    """There is none yet, and Stash makes a link of it."""
    assert "url" not in yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))


def test_no_package_of_the_plugin_is_forgotten() -> None:
    needed_elsewhere = {"benchmarks", "simulators", "tests", "tools"}
    found = {each.parent.name for each in TREE.glob("*/__init__.py")}
    assert found - needed_elsewhere == set(package.PACKAGES)


@pytest.mark.parametrize("bundle", [packages.REQUIRED, packages.PILLOW])
def test_the_zip_brings_what_installations_are_made_from(
    tmp_path: Path, bundle: packages.Bundle
) -> None:
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        names = set(archive.namelist())
    assert {os.path.basename(bundle.ranges), os.path.basename(bundle.locked)} <= names


def test_the_index_says_what_stash_wants_to_know(tmp_path: Path) -> None:
    made = package.build(tmp_path)
    index = package.write_index(made, datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc))
    assert index.name == "index.yml"
    # All as text, as Stash reads it.
    (entry,) = yaml.load(index.read_text(encoding="utf-8"), yaml.BaseLoader)
    manifest = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))
    assert entry == {
        "id": "plex_sync",
        "name": manifest["name"],
        "metadata": {"description": manifest["description"]},
        "version": manifest["version"],
        "date": "2026-02-03 04:05:06",
        "path": "plex_sync.zip",
        "sha256": hashlib.sha256(made.read_bytes()).hexdigest(),
        "requires": [],
    }


def test_the_date_can_be_given(tmp_path: Path) -> None:
    given = package.release_date(tmp_path, {"SOURCE_DATE_EPOCH": "86400"})
    assert given == datetime(1970, 1, 2, tzinfo=timezone.utc)


@pytest.mark.parametrize("environment", [{}, {"SOURCE_DATE_EPOCH": "today"}], ids=str)
def test_without_a_date_nothing_is_built(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(package.CannotBuild, match="SOURCE_DATE_EPOCH"):
        package.release_date(tmp_path, environment)


class Repository:
    """A working copy in which each commit is made at the second that it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git(0, "init", "--quiet", "--initial-branch", "main")

    def git(self, at_s: int, *arguments: str) -> None:
        dates = {f"GIT_{who}_DATE": f"@{at_s} +0000" for who in ("AUTHOR", "COMMITTER")}
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, env={**os.environ, **dates}, check=True
        )

    def commit(self, at_s: int, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"at {at_s}")
        self.git(at_s, "add", name)
        self.git(at_s, "commit", "--quiet", "-m", name)

    def date_s(self) -> float:
        return package.release_date(self.folder, {}).timestamp()


def test_the_date_is_that_of_the_newest_commit_of_what_is_packed(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit(1000, "pictures/render.py")
    repository.commit(2000, "tests/test_render.py")
    assert repository.date_s() == 1000
    repository.commit(3000, "README.md")
    assert repository.date_s() == 3000
    assert package.changed_files(tmp_path) == []
    (tmp_path / "README.md").write_text("not committed")
    assert package.changed_files(tmp_path) == ["README.md"]


def test_what_a_merge_brings_in_is_newer_than_the_release_before_it(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.commit(1000, "pictures/render.py")
    repository.git(1000, "switch", "--quiet", "-c", "branch")
    repository.commit(2000, "worker/retry.py")
    repository.git(2000, "switch", "--quiet", "main")
    repository.commit(3000, "pictures/render.py")
    repository.git(4000, "merge", "--quiet", "--no-edit", "branch")
    assert repository.date_s() == 4000
