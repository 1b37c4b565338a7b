"""Filling our folder by pip, here one that does as it is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from install import installer, packages
from install.installer import InstallFailed
from install.packages import PackageFolders

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script with a #! line")

# In the place of Python: `-m pip install --target FOLDER …` and `-c CODE FOLDER`.
STAND_IN = """#!{python}
import os, pathlib, sys
if sys.argv[1] == "-c":
    print("ImportError: libthing.so is missing")
    sys.exit({try_out})
print("Collecting requests==2.34.2")
told = [*sys.argv, *(["PP"] if "PYTHONPATH" in os.environ else [])]
pathlib.Path({seen!r}).write_text("\\n".join(told))
if {status}:
    print("WARNING: Retrying")
    print("ERROR: no answer for “requests” from http://user:secret@index/simple.")
    sys.exit({status})
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
(target / "requests-2.34.2.dist-info").mkdir()
"""

Pip = Callable[..., Path]


@pytest.fixture
def folders(tmp_path: Path) -> PackageFolders:
    """As if requests were all that is needed."""
    locked = tmp_path / "locked.txt"
    locked.write_text("requests==2.34.2\n")
    bundle = packages.REQUIRED._replace(locked=str(locked), tried="requests.sessions")
    return packages.package_folders(str(tmp_path / "data"), bundle)


@pytest.fixture
def pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pip:
    """Puts a stand-in in Python's place; the file that will hold its arguments."""

    def make(status: int = 0, try_out: int = 0) -> Path:
        seen, script = tmp_path / "seen", tmp_path / "python"
        script.write_text(
            STAND_IN.format(python=sys.executable, seen=str(seen), status=status, try_out=try_out)
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))
        return seen

    return make


def names(folder: str) -> list[str]:
    return sorted(each.name for each in Path(folder).iterdir())


def test_the_folder_appears_complete_and_nothing_else_stays(
    folders: PackageFolders, pip: Pip
) -> None:
    pip()
    steps: list[float] = []
    unfinished = Path(folders.root) / ".new-of-one-that-was-killed"
    (unfinished / "requests").mkdir(parents=True)
    installer.install(folders, steps.append)
    assert packages.is_complete(folders)
    assert names(folders.root) == [os.path.basename(folders.own)]
    assert steps == [0.5]


def test_nothing_leads_pip_elsewhere(
    folders: PackageFolders, pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/plugins")
    seen = pip()
    installer.install(folders, lambda _fraction: None)
    arguments = seen.read_text().split("\n")
    assert {"--require-hashes", "--only-binary", "--no-user", "--target"} <= set(arguments)
    assert "PP" not in arguments
    assert "--no-index" not in arguments


def test_with_a_folder_of_wheels_no_index_is_asked(folders: PackageFolders, pip: Pip) -> None:
    seen = pip()
    Path(folders.wheels).mkdir(parents=True)
    installer.install(folders, lambda _fraction: None)
    arguments = seen.read_text().split("\n")
    assert "--no-index" in arguments
    assert arguments[arguments.index("--find-links") + 1] == folders.wheels


def test_a_failure_is_told_in_pips_words_without_its_passwords(
    folders: PackageFolders, pip: Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on Windows, where a pipe has the code page of the machine.
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    pip(status=1)
    with pytest.raises(InstallFailed) as failed:
        installer.install(folders, lambda _fraction: None)
    text = str(failed.value)
    assert (
        "no answer for “requests” from http://index/simple. Does this machine reach pypi.org"
        in text
    )
    assert folders.wheels in text
    assert installer.manual_command(folders) in text
    assert names(folders.root) == []


def test_packages_that_cannot_be_loaded_are_not_put_in_place(
    folders: PackageFolders, pip: Pip
) -> None:
    pip(try_out=1)
    with pytest.raises(InstallFailed, match=r"not loaded by .*: .*libthing\.so is missing"):
        installer.install(folders, lambda _fraction: None)
    assert names(folders.root) == []


def test_what_is_incomplete_makes_way(folders: PackageFolders, pip: Pip) -> None:
    pip()
    (Path(folders.own) / "requests-2.0.dist-info").mkdir(parents=True)
    installer.install(folders, lambda _fraction: None)
    assert names(folders.own) == ["requests-2.34.2.dist-info"]
    assert names(folders.root) == [os.path.basename(folders.own)]


def test_what_another_process_has_put_there_meanwhile_stays(
    folders: PackageFolders, pip: Pip
) -> None:
    pip()
    (Path(folders.own) / "requests-2.34.2.dist-info").mkdir(parents=True)
    (Path(folders.own) / "in use").touch()
    installer.install(folders, lambda _fraction: None)
    assert "in use" in names(folders.own)


def test_a_folder_that_cannot_be_written_is_named(folders: PackageFolders, pip: Pip) -> None:
    pip()
    # Not by its mode, which means nothing to root.
    Path(folders.root).parent.mkdir()
    Path(folders.root).write_text("a file")
    with pytest.raises(InstallFailed, match="cannot write to") as failed:
        installer.install(folders, lambda _fraction: None)
    assert folders.root in str(failed.value)


def test_a_python_that_is_gone_is_a_failure_to_try_again_after(
    folders: PackageFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An update of the system may take it away below a worker that waits."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python3")
    with pytest.raises(InstallFailed, match=r"/nowhere/python3 cannot be started: No such file"):
        installer.install(folders, lambda _fraction: None)
    assert names(folders.root) == []


def test_a_python_without_pip_gets_the_command_for_another(
    folders: PackageFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installer, "find_spec", lambda _name: None)
    with pytest.raises(InstallFailed, match="has no pip") as failed:
        installer.require_pip(folders)
    assert str(failed.value).endswith(installer.manual_command(folders))
    assert f"--target {folders.own}" in installer.manual_command(folders)


def test_on_windows_the_command_names_a_python_that_is_there(
    folders: PackageFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installer, "_WINDOWS", True)
    monkeypatch.setattr(sys, "executable", "C:\\Python\\python.exe")
    assert installer.manual_command(folders).startswith("C:\\Python\\python.exe -m pip install")
    monkeypatch.setattr(installer, "find_spec", lambda _name: None)
    assert installer.manual_command(folders).startswith("py -m pip install")
