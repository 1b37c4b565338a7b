"""Python is started without the site module, and whoever needs packages loads it then: what is
found has to be the same as without that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from simulators.rig import TREE
from tools.package import PACKAGES

PROBE = """
import json, site, sys

def run_task(invocation):
    found = {
        "path": sys.path,
        "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix],
        "user site": site.ENABLE_USER_SITE,
        "builtins": [hasattr(__builtins__, "exit") or "exit" in __builtins__],
        "marks": sorted(name for name in sys.modules if name.startswith("mark_")),
    }
    sys.stdout.write(json.dumps({"output": found}))
    return 0
"""


@dataclass
class Start:
    """The real front door, whose part that needs packages only tells what it would find."""

    script: Path
    python: str = sys.executable
    environment: dict[str, str] = field(default_factory=dict)

    def told(self, *flags: str) -> dict[str, Any]:
        connection = {"Dir": str(self.script.parent), "PluginDir": str(self.script.parent)}
        document = {"server_connection": connection, "args": {"mode": "doctor"}}
        done = subprocess.run(
            [self.python, *flags, str(self.script)],
            input=json.dumps(document).encode(),
            capture_output=True,
            check=True,
            env={**_without_pythons(os.environ), **self.environment},
        )
        found: dict[str, Any] = json.loads(done.stdout)["output"]
        return found


def _without_pythons(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("PYTHON")}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    for name in PACKAGES:
        shutil.copytree(TREE / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for source in (*TREE.glob("*.py"), TREE / "plugin.yml"):
        shutil.copy2(source, folder)
    (folder / "entry" / "bootstrap.py").write_text(PROBE)
    return folder / "plex_sync.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment; its Python."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def add_mark(folder: Path, name: str) -> None:
    """A module that a .pth file imports, as editable installations do."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"mark_{name}.py").write_text("")
    (folder / f"{name}.pth").write_text(f"import mark_{name}\n")


def site_packages(start: Start, of_user: bool = False) -> Path:
    tell = "site.getusersitepackages()" if of_user else "site.getsitepackages()[0]"
    environment = {**_without_pythons(os.environ), **start.environment}
    asked = [start.python, "-c", f"import site; print({tell})"]
    done = subprocess.run(asked, capture_output=True, check=True, text=True, env=environment)
    return Path(done.stdout.strip())


def as_ever(start: Start) -> dict[str, Any]:
    """What is found, which is what Python finds that is started plainly."""
    found = start.told("-S")
    assert found == start.told()
    return found


def test_the_tests_own_python(script: Path) -> None:
    found = as_ever(Start(script))
    assert any("site-packages" in each or "dist-packages" in each for each in found["path"])


def test_a_virtual_environment(script: Path, environment: Path) -> None:
    start = Start(script, str(environment))
    folder = site_packages(start)
    add_mark(folder, "of_environment")
    found = as_ever(start)
    assert str(folder) in found["path"]
    assert found["marks"] == ["mark_of_environment"]
    assert found["prefixes"][0] == str(environment.parent.parent)
    assert found["prefixes"][0] != found["prefixes"][2]


def test_a_link_to_a_virtual_environments_python(
    script: Path, environment: Path, tmp_path: Path
) -> None:
    """As `python` in a folder of PATH may be one."""
    if os.name == "nt":
        pytest.skip("making links takes a right there")
    link = tmp_path / "python"
    link.symlink_to(environment)
    as_ever(Start(script, str(link)))


def test_the_folder_of_the_user(script: Path, tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / ("python.exe" if os.name == "nt" else "bin/python3")
    if not base.exists():
        pytest.skip("the Python of this virtual environment is elsewhere")
    start = Start(script, str(base), {"PYTHONUSERBASE": str(tmp_path)})
    folder = site_packages(start, of_user=True)
    add_mark(folder, "of_user")
    found = as_ever(start)
    assert found["user site"] is True
    assert str(folder) in found["path"]
    assert found["marks"] == ["mark_of_user"]


def test_a_folder_of_the_user_that_is_switched_off(script: Path, tmp_path: Path) -> None:
    variables = {"PYTHONUSERBASE": str(tmp_path), "PYTHONNOUSERSITE": "1"}
    assert as_ever(Start(script, environment=variables))["user site"] is not True


def test_pythons_path(script: Path, environment: Path, tmp_path: Path) -> None:
    """Stash sets it, where the manifest says `python`. A .pth file in there counts for nothing."""
    first, second = tmp_path / "first", tmp_path / "second é"
    for each in (first, second):
        add_mark(each, each.name.partition(" ")[0])
    value = os.pathsep.join([str(first), "", str(second)])
    found = as_ever(Start(script, str(environment), {"PYTHONPATH": value}))
    assert found["path"].index(str(first)) < found["path"].index(str(second))
    assert "mark_first" not in found["marks"]


def test_a_path_file_that_names_folders(script: Path, environment: Path, tmp_path: Path) -> None:
    start = Start(script, str(environment))
    (site_packages(start) / "more.pth").write_text(f"# more\n{tmp_path}\n/nowhere/at/all\n")
    found = as_ever(start)
    assert str(tmp_path) in found["path"]
    assert "/nowhere/at/all" not in found["path"]


def test_the_administrators_own_start_is_made_once(
    script: Path, environment: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        f"open({str(tmp_path / 'starts')!r}, 'a').write('x')\n"
    )
    as_ever(Start(script, str(environment), {"PYTHONPATH": str(tmp_path)}))
    assert (tmp_path / "starts").read_text() == "xx"
