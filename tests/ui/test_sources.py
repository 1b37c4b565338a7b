"""The page's sources, as far as they can be judged without a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.tasks import TASKS
from simulators.rig import TREE
from validation.config import FIELDS, PlexSyncConfig

UI = TREE / "ui"
MANIFEST: dict[str, Any] = yaml.safe_load((TREE / "plugin.yml").read_text(encoding="utf-8"))
SCRIPTS = [TREE / name for name in MANIFEST["ui"]["javascript"]]

_ENTRY = re.compile(r'^\s+"?([\w. ]+?)"?: "((?:[^"\\]|\\.)*)",$', re.MULTILINE)
_USED = re.compile(r'\bt\(\s*"([^"]+)"')
# Not the texts within a plural.
_PLACEHOLDER = re.compile(r"(?<!')(?<!=0 )(?<!one )(?<!other )\{(\w+)[,}]")


def texts(language: str) -> dict[str, str]:
    names = (f"{language}.js", f"{language}_settings.js")
    return dict(
        pair for name in names for pair in _ENTRY.findall((UI / "texts" / name).read_text("utf-8"))
    )


ENGLISH, GERMAN = texts("en"), texts("de")


def source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_manifest_names_all_files_of_the_page_and_each_once() -> None:
    named = [*MANIFEST["ui"]["javascript"], *MANIFEST["ui"]["css"]]
    found = [*UI.rglob("*.js"), *UI.rglob("*.css")]
    assert sorted(named) == sorted(each.relative_to(TREE).as_posix() for each in found)


def test_what_the_others_need_comes_first_and_what_registers_them_last() -> None:
    assert [SCRIPTS[0].name, SCRIPTS[-1].name] == ["base.js", "register.js"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_each_script_is_one_function_and_sound(path: Path) -> None:
    """A name at the top would be every other plugin's as well, and a mistake in the syntax takes
    all of our files with it."""
    code = re.sub(r"^(//.*)?\n", "", source(path), flags=re.MULTILINE)
    assert code.startswith('(() => {\n  "use strict";')
    assert code.endswith("})();\n")
    node = shutil.which("node")
    if node is None:
        pytest.skip("the syntax of the page's scripts is not checked: Node is not installed")
    done = subprocess.run(
        [node, "--check", str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_text_stays_text_and_nothing_goes_elsewhere(path: Path) -> None:
    """Neither markup nor code is made of text; and Stash's address may have a prefix, which its own
    client and React's router add."""
    for wrong in ("innerHTML", "outerHTML", "insertAdjacent", "dangerously", "eval(", "fetch("):
        assert wrong not in source(path)


def test_the_page_has_the_manifests_version() -> None:
    assert f'version: "{MANIFEST["version"]}",' in source(UI / "base.js")


def test_the_task_that_the_page_starts_exists() -> None:
    [name] = re.findall(r'INSTALLING_TASK = "(.+)"', source(UI / "setup.js"))
    [mode] = [x["defaultArgs"]["mode"] for x in MANIFEST["tasks"] if x["name"] == name]
    assert mode in TASKS


def test_both_languages_have_the_same_texts_with_the_same_places_for_values() -> None:
    assert list(ENGLISH) == list(GERMAN)
    differing = {
        key
        for key in ENGLISH
        if set(_PLACEHOLDER.findall(ENGLISH[key])) != set(_PLACEHOLDER.findall(GERMAN[key]))
    }
    assert differing == set()


def test_every_text_that_is_used_exists() -> None:
    used = {key for path in SCRIPTS for key in _USED.findall(source(path))}
    assert len(used) > 100
    assert used - set(ENGLISH) == set()


def test_every_setting_and_field_has_a_name_and_an_explanation() -> None:
    needed = {
        f"{kind}.{key}" for kind in ("setting", "help") for key in PlexSyncConfig.model_fields
    }
    needed |= {f"field.{name}" for name in FIELDS} | {f"choice.{name}" for name in FIELDS}
    assert needed - set(ENGLISH) == set()


def test_every_reason_for_which_a_job_fails_has_a_heading() -> None:
    found = {
        reason
        for folder in ("matching", "pictures", "pipeline", "plex", "stash", "trial")
        for path in [*(TREE / folder).rglob("*.py"), TREE / "errors.py"]
        for reason in re.findall(r'^    reason = "(.+)"$', source(path), re.MULTILINE)
    }
    # Of those no job fails.
    others = {"arguments", "nothing to sync", "sign-in", "plex.tv unavailable", "trial"}
    assert len(found) > 20
    assert {f"reason.{each}" for each in found - others} - set(ENGLISH) == set()


def test_the_style_touches_nothing_but_ours() -> None:
    style = re.sub(r"/\*.*?\*/|@media[^{]+\{", "", source(UI / "plexsync.css"), flags=re.DOTALL)
    selectors = [
        each.strip() for group in re.findall(r"([^{}]+)\{", style) for each in group.split(",")
    ]
    assert [each for each in selectors if not each.startswith(".plexsync")] == []
