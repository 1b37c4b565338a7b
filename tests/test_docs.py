"""The papers must be true: what they name exists, what they quote is said, what they link is there.

That README and manifest name the same settings and tasks is tests/test_tree.py's matter.
"""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.arguments import INTERRUPTED, WRONG_USE, build_parser, parse
from commands.cli_commands import SOURCES
from commands.line.command import DONE, FAILED
from errors import SettingsError
from page.catalog import MODES
from simulators.rig import TREE
from sync.mapping import fill_template
from tests.docs import (
    CODE,
    PAPERS,
    RUNTIME,
    anchor,
    headings,
    section,
    tables,
    text_of,
    without_code_blocks,
)
from validation.config import FIELDS, REQUIRED, PlexSyncConfig, load_config
from validation.scene import Scene

SETTINGS = tuple(PlexSyncConfig.model_fields)

SOUND = {"plex_url": "http://127.0.0.1:32400", "plex_token": "a-token-for-tests"}

_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
_NAMES = re.compile(r"Names: ([\w, ]+)\.")
_MAKE = re.compile(r"(?:`|^)make ((?:[a-z-]+ ?)+)", re.MULTILINE)


# Settings


def test_the_settings_page_has_a_heading_for_each_setting_in_the_manifests_order() -> None:
    named = [each for each in headings(text_of("docs/settings.md")) if each.startswith("`")]
    assert named == [f"`{key}`" for key in SETTINGS]


def test_the_readmes_table_has_each_setting_once_and_no_other() -> None:
    rows = list(tables(section(text_of("README.md"), "Settings")))
    assert [row[0] for row in rows[1:]] == [f"`{key}`" for key in SETTINGS]


@pytest.mark.parametrize("key", [key for key in SETTINGS if key not in REQUIRED])
def test_the_readme_gives_the_default_that_the_code_has(key: str) -> None:
    rows = {row[0]: row[1] for row in tables(section(text_of("README.md"), "Settings"))}
    default: Any = PlexSyncConfig(**SOUND).model_dump()[key]  # type: ignore[arg-type]
    shown = rows[f"`{key}`"].strip("`")
    if isinstance(default, bool):
        assert shown == ("on" if default else "off")
    elif isinstance(default, (int, float)):
        assert shown.partition(",")[0] == f"{default:g}"
    elif default and isinstance(default, str):
        assert shown == default
    else:
        assert shown  # an empty text or list: the table says what that means


@pytest.mark.parametrize("key", SETTINGS)
def test_a_setting_is_said_to_have_no_effect_only_if_nothing_reads_it(key: str) -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for folder in RUNTIME
        for path in (TREE / folder).rglob("*.py")
        if path.name != "config.py"
    ]
    # The file to trust is needed before the other settings may be right.
    named = rf"config\.{key}\b|\b{key}_of\b"
    is_read = any(re.search(named, source) for source in sources)
    rows = {row[0]: row[2] for row in tables(section(text_of("README.md"), "Settings"))}
    said = ("no effect yet" in rows[f"`{key}`"], "no effect yet" in _settings_section(key))
    assert said == (not is_read, not is_read)


def _settings_section(key: str) -> str:
    return section(text_of("docs/settings.md"), f"`{key}`")


def test_the_settings_page_explains_every_field_that_can_be_skipped() -> None:
    rows = list(tables(section(text_of("docs/settings.md"), "`skip_fields`")))
    assert [row[0] for row in rows[1:]] == [f"`{name}`" for name in FIELDS]


def test_the_placeholders_of_the_settings_page_are_those_of_the_code() -> None:
    rows = list(tables(section(text_of("docs/settings.md"), "`title_template`")))
    documented = {name for row in rows for name in re.findall(r"\{(\w+)\}", row[0])}
    scene = Scene.model_validate({"id": 1, "title": "Nanook of the North"})
    # One that the code doesn't know stays as it is.
    assert [name for name in documented if "{" in fill_template(f"{{{name}}} x", scene)] == []
    assert documented == set(_NAMES.findall(fill_template.__doc__ or "")[0].split(", "))


def wrong_values() -> list[list[str]]:
    rows = tables(section(text_of("docs/settings.md"), "Wrong values"))
    return [row for row in rows if row[0] != "Setting"]


@pytest.mark.parametrize("row", wrong_values(), ids=lambda row: f"{row[0]}={row[1]}")
def test_a_wrong_value_is_reported_as_the_settings_page_says(row: list[str]) -> None:
    key, value, message = row[0].strip("`"), row[1].strip("`"), row[2]
    given: Any = int(value) if value.isdigit() else value
    try:
        _, problems = load_config({**SOUND, key: given})
    except SettingsError as error:
        problems = [str(error)]
    assert problems == [message]


# Quotations, links, commands


@cache
def spoken_texts() -> str:
    """All text constants of the code; those that are written in pieces are one constant."""
    found: list[str] = []
    for folder in RUNTIME:
        for path in sorted((TREE / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return "\0".join(found)


def quoted_messages() -> list[str]:
    """The quotations in the left column of the table of symptoms."""
    rows = tables(text_of("docs/troubleshooting.md"))
    quoted = [code for row in rows for code in CODE.findall(row[0])]
    # These come from a template with the setting's name in it; the settings page is checked above.
    return [each for each in quoted if not re.match(r"setting \w+ is missing", each)]


@pytest.mark.parametrize("message", quoted_messages())
def test_the_table_of_symptoms_quotes_messages_that_the_code_has(message: str) -> None:
    for piece in message.split("…"):
        assert piece.strip() in spoken_texts()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_links_lead_somewhere(paper: Path) -> None:
    for target in _LINK.findall(without_code_blocks(paper.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        name, _, fragment = target.partition("#")
        file = (paper.parent / name).resolve() if name else paper
        assert file.exists(), target
        if fragment:
            anchors = [anchor(each) for each in headings(file.read_text(encoding="utf-8"))]
            assert fragment in anchors, target


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, left = set[Path](), [TREE / "README.md"]
    while left:
        paper = left.pop()
        reached.add(paper)
        links = _LINK.findall(paper.read_text(encoding="utf-8"))
        papers = {(paper.parent / each.partition("#")[0]).resolve() for each in links}
        left += [each for each in PAPERS if each.resolve() in papers and each not in reached]
    assert reached == set(PAPERS)


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(text_of("README.md").splitlines()) <= 150


def test_the_index_names_every_page() -> None:
    pages = {each.name for each in (TREE / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(_LINK.findall(text_of("docs/README.md")))


def test_contributing_names_every_folder() -> None:
    layout = section(text_of("CONTRIBUTING.md"), "Layout")
    folders = {each.parent.name for each in TREE.glob("[a-z]*/__init__.py")}
    folders |= {"docs", "findings", "ui"}
    assert folders == set(re.findall(r"`(\w+)/`", layout))


def test_help_names_every_target_of_make() -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)) - {"help"}
    assert targets == set(re.findall(r'echo "make ([a-z-]+) ', makefile))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_make_has_every_target_that_is_named(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text_of("Makefile"), re.MULTILINE))
    text = paper.read_text(encoding="utf-8")
    named = {word for words in _MAKE.findall(text) for word in words.split()}
    assert named <= targets


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_files_that_are_named_exist(paper: Path) -> None:
    """Paths in code marks that begin with one of our folders, such as `jobs/inbox.py`."""
    own = "|".join((*RUNTIME, "simulators", "benchmarks", "tests", "docs"))
    for code in CODE.findall(without_code_blocks(paper.read_text(encoding="utf-8"))):
        if re.fullmatch(rf"(?:{own})/[\w/.]*", code):
            assert (TREE / code).exists(), code


def test_every_variable_of_ours_is_in_the_papers() -> None:
    ours = set(re.findall(r"PLEXSYNC_\w+", spoken_texts()))
    assert ours == set(re.findall(r"PLEXSYNC_\w+", "".join(text_of(str(each)) for each in PAPERS)))


# Tasks and commands


PARSER = build_parser({})


def commands() -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands by name."""
    (found,) = (each for each in PARSER._actions if each.dest == "command")
    assert isinstance(found.choices, dict)
    return found.choices


def options(parser: argparse.ArgumentParser) -> set[str]:
    """The long options but --help."""
    return {name for each in parser._actions for name in each.option_strings[-1:]} - {"--help"}


def code_lines(paper: Path) -> list[str]:
    """What a reader would type: the lines of code blocks, and code within sentences."""
    text = paper.read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()] + [
        " ".join(code.split()) for code in CODE.findall(without_code_blocks(text))
    ]


def typed_commands() -> list[str]:
    """The arguments of every call of plex_sync.py in the papers."""
    lines = [line for paper in PAPERS for line in code_lines(paper)]
    found = [re.search(r"python3? plex_sync\.py (.*)", line) for line in lines]
    return [each[1] for each in found if each]


def test_each_command_that_can_be_given_is_there() -> None:
    assert list(commands()) == list(SOURCES)


def test_the_page_of_the_command_line_has_each_command_with_its_options() -> None:
    rows = list(tables(section(text_of("docs/command-line.md"), "Commands")))[1:]
    documented = {row[0].strip("`").split()[0]: set(re.findall(r"--\w+", row[2])) for row in rows}
    assert documented == {name: options(each) for name, each in commands().items()}


def test_the_page_of_the_command_line_has_the_connection_and_its_variables() -> None:
    rows = list(tables(section(text_of("docs/command-line.md"), "Connection")))[1:]
    assert {row[0].strip("`").split()[0] for row in rows} == options(PARSER)
    for option, variable, _ in rows:
        if variable:
            parsed = build_parser({variable.strip("`"): "/as/set"}).parse_args(["status"])
            name = option.strip("`").split()[0].removeprefix("--").replace("-", "_")
            assert getattr(parsed, name) == "/as/set"


@pytest.mark.parametrize("typed", typed_commands())
def test_a_command_that_is_quoted_can_be_given(typed: str) -> None:
    if "--help" in typed:
        assert typed.removesuffix("--help").strip() in {"", *commands()}
        return
    filled = typed.replace("<its id>", "12").replace("NAME", "Home")
    assert parse(PARSER, shlex.split(filled, comments=True)).command


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.name)
def test_modules_that_are_to_be_run_exist(paper: Path) -> None:
    for line in code_lines(paper):
        for module in re.findall(r"python3? -m ([\w.]+)", line):
            path = TREE / module.replace(".", "/")
            assert (
                module in ("pip", "venv")
                or path.with_suffix(".py").exists()
                or (path / "__main__.py").exists()
            ), line


def test_the_exit_status_is_documented() -> None:
    rows = list(tables(section(text_of("docs/command-line.md"), "Exit status")))[1:]
    assert [int(row[0]) for row in rows] == [DONE, FAILED, WRONG_USE, INTERRUPTED]


@pytest.mark.parametrize(("mode", "heading"), [("query", "Queries"), ("act", "Acts")])
def test_the_page_of_operations_has_each_with_its_arguments(mode: str, heading: str) -> None:
    rows = list(tables(section(text_of("docs/operations.md"), heading)))[1:]
    documented = {row[0].strip("`"): tuple(re.findall(r"`(\w+)`:", row[1])) for row in rows}
    known = {what: source.load()[what] for what, source in MODES[mode].items()}
    assert documented == {what: tuple(each.arguments) for what, each in known.items()}


def test_each_module_of_the_page_has_no_operation_that_the_catalog_lacks() -> None:
    for named in MODES.values():
        for source in named.values():
            assert set(source.load()) <= set(named)


def test_the_table_of_tasks_has_the_manifests_order() -> None:
    manifest = yaml.safe_load(text_of("plugin.yml"))
    rows = list(tables(text_of("docs/tasks.md")))
    assert [row[0] for row in rows[1:]] == [each["name"] for each in manifest["tasks"]]


# Architecture


def allowed_imports() -> dict[str, set[str] | None]:
    """By folder, from the page's table; None where anything may be imported."""
    allowed: dict[str, set[str] | None] = {}
    for folders, _, may_import in tables(section(text_of("docs/architecture.md"), "The folders")):
        for folder in re.findall(r"`(\w+)/`", folders):
            names = {each.removesuffix("/") for each in CODE.findall(may_import)}
            below = set(RUNTIME[RUNTIME.index(folder) + 1 :]) if "all below" in may_import else None
            allowed[folder] = below if names == set() and "nothing" not in may_import else names
    return allowed


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_the_table_of_folders_is_complete() -> None:
    packages = {each.parent.name for each in TREE.glob("[a-z]*/__init__.py")}
    assert set(allowed_imports()) == packages


@pytest.mark.parametrize("folder", RUNTIME)
def test_a_folder_imports_only_what_the_table_of_folders_says(folder: str) -> None:
    allowed = allowed_imports()[folder]
    if allowed is None:
        return
    # `errors.py` allows that module, `net` the whole folder.
    modules = {each.removesuffix(".py").replace("/", ".") for each in allowed}
    for path in sorted((TREE / folder).rglob("*.py")):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            if package in RUNTIME and package != folder:
                assert package in modules or name in modules, f"{path.name} imports {name}"
