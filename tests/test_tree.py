"""What the tree as a whole must keep: one manifest, and papers that agree with it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.tasks import TASKS
from entry import quick_task
from entry.dispatch import QUICK
from entry.operation import OPERATIONS
from jobs.events import KINDS, NEW_SCENE_WAIT_S
from simulators.rig import TREE
from tools.package import PACKAGES
from validation.config import FIELDS, PlexSyncConfig

MANIFEST: dict[str, Any] = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))
README = (TREE / "README.md").read_text(encoding="utf-8")


# Modules of the standard library that only some systems have.
POSIX_ONLY = {
    *("curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog"),
    *("termios", "tty", "crypt", "nis", "ossaudiodev", "spwd"),
}
WINDOWS_ONLY = {"msilib", "msvcrt", "nt", "winreg", "winsound", "_winapi"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=TREE,
        capture_output=True,
        check=True,
    )
    return [TREE / name for name in listed.stdout.decode().split("\0") if name]


def test_stash_finds_one_manifest_and_no_other_yml_file() -> None:
    assert [each.name for each in tracked_files() if each.suffix == ".yml"] == ["plugin.yml"]


def test_no_module_hides_one_of_the_standard_library() -> None:
    own = {
        each.name.removesuffix(".py") for each in TREE.iterdir() if not each.name.startswith(".")
    }
    assert own & set(sys.stdlib_module_names) == set()


def test_manifest_and_config_have_the_same_settings() -> None:
    assert list(MANIFEST["settings"]) == list(PlexSyncConfig.model_fields)


@pytest.mark.parametrize("key", MANIFEST["settings"])
def test_every_setting_is_in_the_readme(key: str) -> None:
    assert f"`{key}`" in README


def test_the_manifest_types_are_those_of_the_config() -> None:
    expected = {bool: "BOOLEAN", int: "NUMBER", float: "NUMBER"}
    for key, field in PlexSyncConfig.model_fields.items():
        annotation: Any = field.annotation
        assert MANIFEST["settings"][key]["type"] == expected.get(annotation, "STRING"), key


def test_every_field_that_can_be_skipped_is_named_in_the_manifest() -> None:
    described = MANIFEST["settings"]["skip_fields"]["description"]
    assert re.search(r"any of: ([^.]+)\.", described)[1].split(", ") == list(FIELDS)  # type: ignore[index]


def test_the_manifest_asks_for_all_hooks_that_concern_plex_and_each_once() -> None:
    """Stash says nothing about a trigger that doesn't exist; Movie.* comes along with Group.*."""
    triggers = [trigger for hook in MANIFEST["hooks"] for trigger in hook["triggeredBy"]]
    changes = [f"{word}.{what}.Post" for word in KINDS for what in ("Update", "Destroy")]
    # A new performer may be somebody's namesake; a new studio, tag or group concerns no scene yet.
    new = ["Scene.Create.Post", "Performer.Create.Post"]
    assert sorted(triggers) == sorted([*changes, *new, "Tag.Merge.Post"])


def test_the_manifest_says_how_long_a_new_scene_waits() -> None:
    (new,) = [hook for hook in MANIFEST["hooks"] if "Scene.Create.Post" in hook["triggeredBy"]]
    assert new["defaultArgs"] == {"wait_s": NEW_SCENE_WAIT_S}
    assert new["triggeredBy"] == ["Scene.Create.Post"]


def test_manifest_and_code_have_the_same_tasks() -> None:
    modes = [each["defaultArgs"]["mode"] for each in MANIFEST["tasks"]]
    assert sorted(modes) == sorted({*TASKS, *quick_task.TASKS})


def test_no_task_has_the_mode_of_an_operation() -> None:
    """They are started alike, and told apart by it."""
    assert not set(OPERATIONS) & {*TASKS, *QUICK}
    assert list(QUICK) == list(quick_task.TASKS)


@pytest.mark.parametrize("task", [each["name"] for each in MANIFEST["tasks"]])
def test_every_task_is_in_the_docs(task: str) -> None:
    assert task in (TREE / "docs/tasks.md").read_text(encoding="utf-8")


def test_the_version_stands_in_one_place_and_its_copies_agree() -> None:
    # Not by tomllib, which Python 3.10 lacks.
    project = (TREE / "pyproject.toml").read_text(encoding="utf-8")
    version = MANIFEST["version"]
    assert f'\nversion = "{version}"\n' in project
    newest = re.search(r"^## (.+)$", (TREE / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest
    # A release has a link and a day; what is being made has neither.
    released = rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d"
    assert re.fullmatch(rf"{released}|{re.escape(version)} \(unreleased\)", newest[1])


def imports_at_import(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level module of what a module imports whatever the system: not in functions,
    and not below a condition or beside a handler for its absence."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import():
                yield from ((node.lineno, each.name.partition(".")[0]) for each in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module.partition(".")[0]
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.If():
                pass
            case ast.Try(handlers=handlers) if any("ImportError" in ast.dump(x) for x in handlers):
                pass
            case _:
                yield from imports_at_import(node)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import fcntl", ["fcntl"]),
        ("import os, msvcrt as m", ["os", "msvcrt"]),
        ("from winreg import OpenKey", ["winreg"]),
        ("import curses.ascii", ["curses"]),
        ("class A:\n    import pwd", ["pwd"]),
        ("with x:\n    import pwd", ["pwd"]),
        ("from . import resource", []),
        ("if os.name == 'nt':\n    import msvcrt", []),
        ("try:\n    import fcntl\nexcept ImportError:\n    fcntl = None", []),
        ("try:\n    import fcntl\nfinally:\n    pass", ["fcntl"]),
        ("def f():\n    import grp", []),
    ],
)
def test_the_search_for_imports_sees_those_that_count(text: str, found: list[str]) -> None:
    assert [name for _, name in imports_at_import(ast.parse(text))] == found


def test_nothing_is_imported_that_only_some_systems_have() -> None:
    """Such a line keeps the whole plugin from starting on the others."""
    sources = [path for each in PACKAGES for path in (TREE / each).rglob("*.py")]
    assert len(sources) > 100
    found = [
        f"{path.relative_to(TREE)}:{line}: {name}"
        for path in [TREE / "plex_sync.py", *sources]
        for line, name in imports_at_import(ast.parse(path.read_text(encoding="utf-8")))
        if name in POSIX_ONLY | WINDOWS_ONLY
    ]
    assert found == []
