"""The zip that is installed in Stash."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from simulators.rig import TREE, Rig
from tools import package


def test_the_same_tree_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = package.build(tmp_path / "a"), package.build(tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


def test_it_holds_one_manifest_under_the_plugins_id(tmp_path: Path) -> None:
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        names = archive.namelist()
    assert [name for name in names if name.endswith(".yml")] == ["plex_sync.yml"]


def test_no_package_of_the_plugin_is_forgotten() -> None:
    needed_elsewhere = {"benchmarks", "simulators", "tests", "tools"}
    found = {each.parent.name for each in TREE.glob("*/__init__.py")}
    assert found - needed_elsewhere == set(package.PACKAGES)


def test_the_unpacked_plugin_syncs_a_scene(make_rig: Callable[..., Rig], tmp_path: Path) -> None:
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(package.build(tmp_path)) as archive:
        archive.extractall(unpacked)
    # The simulator's installer gives the manifest its name again.
    (unpacked / "plex_sync.yml").rename(unpacked / "plugin.yml")
    rig = make_rig(source=unpacked, link=False)
    rig.stash.update_scene({"id": 1, "title": "From the package"})
    rig.until(lambda: rig.title(1) == "From the package", "the edit")
