"""Loading a part although its packages are damaged."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from install import ensure, installer, packages
from install.ensure import CannotLoad
from install.packages import PackageFolders

PART = "part_for_this_test"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageFolders]:
    """A complete set, of which one is all that is needed, with a part that can't be imported."""
    locked = tmp_path / "locked.txt"
    locked.write_text("requests==2.34.2\n")
    bundle = packages.REQUIRED._replace(locked=str(locked))
    monkeypatch.setattr(ensure, "REQUIRED", bundle)
    monkeypatch.setattr(sys, "path", [*sys.path])
    found = packages.package_folders(str(tmp_path), bundle)
    (Path(found.own) / "requests-2.34.2.dist-info").mkdir(parents=True)
    (Path(found.own) / f"{PART}.py").write_text("raise ImportError('half of it is missing')")
    yield found
    sys.modules.pop(PART, None)


def load(folders: PackageFolders, mend: Callable[[], object]) -> object:
    folder = os.path.dirname(folders.root)

    def supply(own_only: bool) -> bool:
        if own_only:
            mend()
        return packages.activate(folder, folders.bundle, own_only=own_only)

    return ensure.load(lambda: import_module(PART), folder, supply)


def test_packages_that_are_in_use_are_replaced_by_a_later_process(
    folders: PackageFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows doesn't let a folder be renamed from which a module is loaded."""
    rename = os.rename

    def refuse(source: str, target: str) -> None:
        if source == folders.own:
            raise PermissionError(13, "Access is denied")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(CannotLoad, match="cannot be replaced now: they are in use"):
        load(folders, lambda: pytest.fail("it can't be mended now"))
    assert not packages.is_complete(folders)


def test_packages_that_cannot_be_loaded_even_when_new_are_no_bug(
    folders: PackageFolders,
) -> None:
    def install_the_same() -> None:
        (Path(folders.own) / "requests-2.34.2.dist-info").mkdir(parents=True)
        (Path(folders.own) / f"{PART}.py").write_text("raise ImportError('no such library')")

    with pytest.raises(CannotLoad, match=r"not even its own: no such library\. Try once more"):
        load(folders, install_the_same)
    # The damaged set is out of the way until the next installation removes it.
    assert installer.set_aside(folders)
