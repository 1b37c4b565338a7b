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

from entry.arguments import INTERRUPTED, WRONG_USE, build_parser, parse
from entry.commands import COMMANDS, DONE, FAILED
from entry.display import LINE_EVERY_S
from entry.hook import NEW_SCENE_WAIT_S, TOGETHER_S
from entry.packages import UNFINISHED_S, UNUSED_S
from entry.waiting import FIRST_PAUSE_S, LONGEST_PAUSE_S
from jobs.registry import BEAT_S, LEASE_S
from jobs.schema import MOST_LIVE
from jobs.store import KEPT_LINES
from logs.handlers import FILE_BYTES, FILE_COUNT
from plex import matcher
from plex.indexing import PAGE_SIZE
from plex.mappings import FEWEST_CONFIRMATIONS, MOST_MOUNTS
from plex.matcher import DURATION_TOLERANCE_S
from simulators.rig import TREE
from stash.pictures import MAX_COVER_BYTES
from sync import fields as sync_fields
from sync.covers import LOOKS_S
from sync.credits import MAX_LIST_BYTES
from sync.mapping import fill_template
from sync.pictures import MAX_PICTURE_BYTES, PICTURES
from sync.text import MAX_ENCODED_BLOCK, MAX_LINE
from validation.config import FIELDS, REQUIRED, PlexSyncConfig, load_config
from validation.scene import Scene
from worker import artwork
from worker.collection import RETRY_AFTER_S
from worker.debounce import LONGEST_WAIT_S
from worker.errors import SettingsError
from worker.expand import PAGE
from worker.furnish import MOST_SORTED
from worker.locate import CHECK_PAUSE_S, REFRESH_PAUSE_S
from worker.looks import ASKED_FRESH_S, MOST_LINES
from worker.pause import LONGEST_RETRY_AFTER_S
from worker.processor import BATCH, KEEP_SESSION_S
from worker.retry import IMPATIENT_ATTEMPTS, MAX_ATTEMPTS, NOT_FOUND_S, SCANNED_S
from worker.right_of_way import LOOK_PAUSE_S
from worker.scan import MOST_FOLDERS
from worker.scan import PAUSE_S as SCAN_PAUSE_S
from worker.supervisor import IDLE_EXIT_S
from worker.sweeps import COMPARE_ALL_EVERY_S, OVERLAP, SWEEP_FRESH_S

SETTINGS = tuple(PlexSyncConfig.model_fields)
PAPERS = [TREE / "README.md", TREE / "CONTRIBUTING.md", TREE / "CHANGELOG.md"]
PAPERS += sorted((TREE / "docs").glob("*.md"))

# What runs at the user's, in the order of docs/architecture.md.
RUNTIME = [
    *("entry", "worker", "stash", "plex", "sync"),
    *("validation", "net", "logs", "jobs", "storage"),
]

SOUND = {"plex_url": "http://127.0.0.1:32400", "plex_token": "a-token-for-tests"}

_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")
_NAMES = re.compile(r"Names: ([\w, ]+)\.")
_MAKE = re.compile(r"(?:`|^)make ((?:[a-z-]+ ?)+)", re.MULTILINE)


def text_of(name: str) -> str:
    return (TREE / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", without_code_blocks(text), re.MULTILINE)


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, heading
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def tables(text: str) -> Iterator[list[str]]:
    """The rows of all tables but their heads, cell by cell."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|--"):
            yield [cell.strip() for cell in line[1:].removesuffix("|").split("|")]


def without_code_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchor(heading: str) -> str:
    """GitHub's name for a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


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
    is_read = any(re.search(rf"config\.{key}\b", source) for source in sources)
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
    """The quotations in the left column of README's table of symptoms."""
    rows = tables(section(text_of("README.md"), "When something is wrong"))
    quoted = [code for row in rows for code in _CODE.findall(row[0])]
    # These come from a template with the setting's name in it; the settings page is checked above.
    return [each for each in quoted if not re.match(r"setting \w+ is missing", each)]


@pytest.mark.parametrize("message", quoted_messages())
def test_the_readme_quotes_messages_that_the_code_has(message: str) -> None:
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


def test_contributing_names_every_folder() -> None:
    layout = section(text_of("CONTRIBUTING.md"), "Layout")
    folders = {each.parent.name for each in TREE.glob("[a-z]*/__init__.py")} | {"docs"}
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
    for code in _CODE.findall(without_code_blocks(paper.read_text(encoding="utf-8"))):
        if re.fullmatch(rf"(?:{own})/[\w/.]*", code):
            assert (TREE / code).exists(), code


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
        " ".join(code.split()) for code in _CODE.findall(without_code_blocks(text))
    ]


def typed_commands() -> list[str]:
    """The arguments of every call of plex_sync.py in the papers."""
    lines = [line for paper in PAPERS for line in code_lines(paper)]
    found = [re.search(r"python3? plex_sync\.py (.*)", line) for line in lines]
    return [each[1] for each in found if each]


def test_the_readme_names_every_command_of_the_command_line() -> None:
    named = _CODE.findall(section(text_of("README.md"), "Command line"))
    assert set(commands()) <= set(named)


def test_each_command_that_can_be_given_is_there() -> None:
    assert list(commands()) == list(COMMANDS)


def test_the_page_of_the_command_line_has_each_command_with_its_options() -> None:
    rows = list(tables(section(text_of("docs/command-line.md"), "Commands")))[1:]
    documented = {row[0].strip("`").split()[0]: set(re.findall(r"--\w+", row[2])) for row in rows}
    assert documented == {name: options(each) for name, each in commands().items()}


def test_the_page_of_the_command_line_has_the_connection_and_its_variables() -> None:
    rows = list(tables(section(text_of("docs/command-line.md"), "Connection")))[1:]
    assert {row[0].strip("`").split()[0] for row in rows} == options(PARSER)
    for option, variable, _ in rows:
        if variable:
            parsed = build_parser({variable.strip("`"): "as set"}).parse_args(["status"])
            name = option.strip("`").split()[0].removeprefix("--").replace("-", "_")
            assert getattr(parsed, name) == "as set"


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


def test_the_readmes_table_has_the_tasks_in_the_manifests_order() -> None:
    manifest = yaml.safe_load(text_of("plugin.yml"))
    rows = list(tables(section(text_of("README.md"), "Tasks")))
    assert [row[0] for row in rows[1:]] == [each["name"] for each in manifest["tasks"]]


# Numbers and names that the code decides


_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_WORDS = {2: "two", 3: "three", 4: "four", 10: "ten"}


def spell(seconds: float) -> str:
    """In the greatest unit that divides it: "10 minutes"."""
    unit, size = next(
        each
        for each in reversed(list(_SECONDS.items()))
        if seconds >= each[1] and not seconds % each[1]
    )
    number = int(seconds // size)
    return f"{number} {unit}{'s' * (number > 1)}"


def one(seconds: float) -> str:
    """The unit's name, of a time that is one of them: "week"."""
    number, unit = spell(seconds).split()
    assert number == "1"
    return unit


def looks() -> str:
    *first, last = map(spell, LOOKS_S)
    return f"{', '.join(first)} and {last} old"


ARCHITECTURE, MATCHING, MERGING, PERFORMANCE = (
    f"docs/{each}.md" for each in ("architecture", "matching", "merging", "performance")
)
CLAIMS = [
    ("README.md", f"up to {BATCH} at a time"),
    ("README.md", f"for {NEW_SCENE_WAIT_S} to {NEW_SCENE_WAIT_S + TOGETHER_S} seconds"),
    ("README.md", f"start it twice within {spell(ASKED_FRESH_S)}"),
    ("README.md", f"the next run within a {one(SWEEP_FRESH_S)} goes on"),
    ("README.md", f"once a {one(COMPARE_ALL_EVERY_S)}, it compares everything"),
    ("README.md", f"up to {_WORDS[FILE_COUNT + 1]} files of {FILE_BYTES / 1e6:.0f} MB"),
    ("CHANGELOG.md", looks()),
    ("CHANGELOG.md", f"once a {one(COMPARE_ALL_EVERY_S)}, it compares everything"),
    (MERGING, looks()),
    (MERGING, f"about {MAX_ENCODED_BLOCK:,} bytes ("),
    (MERGING, f"about {MAX_LIST_BYTES:,} bytes"),
    (MERGING, f"beyond {MAX_PICTURE_BYTES:,} bytes"),
    (MERGING, f"up to {MOST_SORTED} members"),
    (MERGING, f"after {spell(RETRY_AFTER_S)} at the earliest"),
    ("docs/undo.md", f"start it twice within {spell(ASKED_FRESH_S)}"),
    (ARCHITECTURE, f"claims {BATCH} "),
    (ARCHITECTURE, f"ends after {spell(IDLE_EXIT_S)} without a job"),
    (ARCHITECTURE, f"up to {spell(LOOKS_S[-1])} for a new scene's cover"),
    (ARCHITECTURE, f"asks Stash for the settings once a {one(KEEP_SESSION_S)}"),
    (ARCHITECTURE, f"in the registry every {spell(BEAT_S)}"),
    (ARCHITECTURE, f"beat stand still for {spell(LEASE_S)}"),
    (ARCHITECTURE, f"in pages of {PAGE:,} ids"),
    (ARCHITECTURE, f"edit of up to {MOST_LIVE} objects"),
    (ARCHITECTURE, f"if there are no more than {MOST_LIVE}"),
    (ARCHITECTURE, f"for {NEW_SCENE_WAIT_S} to {NEW_SCENE_WAIT_S + TOGETHER_S} seconds"),
    (ARCHITECTURE, f"up to {TOGETHER_S} seconds come on top"),
    (ARCHITECTURE, f"{OVERLAP.total_seconds() / 3600:.0f} hours are taken off"),
    (ARCHITECTURE, f"Retry-After says, up to {_WORDS[int(LONGEST_RETRY_AFTER_S) // 60]}"),
    (ARCHITECTURE, f"up to {MAX_ATTEMPTS} times"),
    (ARCHITECTURE, f"from {spell(NOT_FOUND_S[0])} to a week"),
    (MATCHING, f"duration within {spell(DURATION_TOLERANCE_S)}"),
    (
        MATCHING,
        f"after {spell(NOT_FOUND_S[0])}, with growing pauses up to a {one(NOT_FOUND_S[-1])}",
    ),
    (MATCHING, f"at least {_WORDS[FEWEST_CONFIRMATIONS]} files"),
    (MATCHING, f"more than {_WORDS[MOST_MOUNTS]} places"),
    (MATCHING, f"{PAGE_SIZE:,} items a request"),
    (MATCHING, f"Every {_WORDS[int(CHECK_PAUSE_S) // 60]} minutes at most"),
    (
        "docs/settings.md",
        f"{spell(SCANNED_S[0])}, {spell(SCANNED_S[1])}, {spell(sum(SCANNED_S[1:3]))}",
    ),
    ("docs/settings.md", f"once in {_WORDS[int(SCAN_PAUSE_S) // 60]} minutes at most"),
    ("docs/settings.md", f"more than {_WORDS[MOST_FOLDERS]} folders"),
    ("docs/settings.md", f"once a {one(COMPARE_ALL_EVERY_S)} it compares everything"),
    (PERFORMANCE, f"looked at every {LOOK_PAUSE_S * 1000:.0f} ms"),
    (PERFORMANCE, f"uploads {_WORDS[artwork.AT_ONCE]} at a time"),
    (PERFORMANCE, f"at most {spell(LONGEST_WAIT_S)} apart"),
    (PERFORMANCE, f"at most every {spell(REFRESH_PAUSE_S)}"),
    (PERFORMANCE, f"{PAGE_SIZE:,} items per request"),
    (PERFORMANCE, f"A title, a name | {MAX_LINE} characters"),
    (PERFORMANCE, f"A summary | {MAX_ENCODED_BLOCK:,} bytes"),
    (PERFORMANCE, f"A list of tags or people | {MAX_LIST_BYTES:,} bytes"),
    (PERFORMANCE, f"A picture in Stash | {MAX_COVER_BYTES >> 20} MB"),
    (PERFORMANCE, f"A picture for Plex | {MAX_PICTURE_BYTES:,} bytes"),
    (PERFORMANCE, f"sorted by hand | {MOST_SORTED} members"),
    (PERFORMANCE, f"goes first | {MOST_LIVE} objects"),
    (PERFORMANCE, f"brings and that fails | {MAX_ATTEMPTS} attempts"),
    (PERFORMANCE, f"task brings and that fails | {IMPATIENT_ATTEMPTS} attempts"),
    (PERFORMANCE, f"in Stash's log | {MOST_LINES} lines"),
    (PERFORMANCE, f"on their way to Stash | {KEPT_LINES:,} |"),
    ("docs/command-line.md", f"a line says so every {spell(LINE_EVERY_S)}"),
    ("docs/installation.md", f"after a {one(FIRST_PAUSE_S)} and then less and less often"),
    ("docs/installation.md", f"up to an {one(LONGEST_PAUSE_S)}"),
    ("docs/installation.md", f"after a {one(UNFINISHED_S)}"),
]


@pytest.mark.parametrize(("paper", "claim"), CLAIMS, ids=str)
def test_a_number_in_the_docs_is_that_of_the_code(paper: str, claim: str) -> None:
    assert " ".join(claim.split()) in " ".join(text_of(paper).split())


def test_packages_stay_for_a_month_as_the_docs_say() -> None:
    assert UNUSED_S == 30 * 86_400
    assert "nobody has used for a month" in " ".join(text_of("docs/installation.md").split())


def test_a_file_that_plex_does_not_have_is_looked_for_as_long_as_the_docs_say() -> None:
    assert 7 * 86_400 <= sum(NOT_FOUND_S) < 8 * 86_400


def test_the_docs_count_settings_tasks_and_packages_right() -> None:
    manifest = yaml.safe_load(text_of("plugin.yml"))
    numbers = re.findall(r"^- (\w+) (tasks|settings)\b", text_of("CHANGELOG.md"), re.MULTILINE)
    assert numbers == [("Ten", "tasks"), (str(len(SETTINGS)), "settings")]
    assert len(manifest["tasks"]) == 10
    pinned = len(re.findall(r"^[\w-]+==", text_of("requirements-locked.txt"), re.MULTILINE))
    for paper in ("docs/installation.md", "docs/security.md"):
        assert f"{pinned} packages" in text_of(paper)


def constants(path: Path, names: frozenset[str]) -> Iterator[str]:
    """The texts that a module gives to these names."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            named = {each.id for each in node.targets if isinstance(each, ast.Name)}
            if named & names:
                yield str(node.value.value)


def test_the_readme_lists_every_file_of_the_data_folder() -> None:
    rows = list(tables(section(text_of("README.md"), "Where the data is")))[1:]
    named = {row[0].strip("`") for row in rows}
    made = {
        name
        for folder in RUNTIME
        for path in (TREE / folder).rglob("*.py")
        for name in constants(path, frozenset({"FILE_NAME", "FOLDER"}))
    }
    assert {each for each in named if "…" not in each} == made


def test_the_ladder_has_the_rules_of_the_code_in_their_order() -> None:
    rows = list(tables(section(text_of(MATCHING), "The ladder")))[1:]
    assert [row[0].strip("`") for row in rows] == [
        matcher.SAME_PATH,
        matcher.PATH_MAP,
        matcher.LEARNED,
        matcher.ANY_CASE,
        matcher.NAME_AND_SIZE,
        matcher.NAME_AND_SIZE_ANY_CASE,
        matcher.NAME_AND_DURATION,
        matcher.NAME_AND_DURATION_ANY_CASE,
    ]


def test_what_is_written_lists_every_field_and_where_it_goes() -> None:
    rows = list(tables(section(text_of(MERGING), "Fields")))[1:]
    assert sorted(row[0] for row in rows) == sorted(f"`{name}`" for name in FIELDS)
    for name, _, _, movies, episodes in rows:
        of_types = [
            types
            for types in (sync_fields.MOVIE, sync_fields.EPISODE)
            if name.strip("`") in {each.name for each in sync_fields.for_type(types)}
        ]
        if name.strip("`") in PICTURES:
            of_types = [sync_fields.MOVIE, sync_fields.EPISODE]
        assert (bool(movies), bool(episodes)) == ("movie" in of_types, "episode" in of_types), name


def test_the_table_of_hooks_has_the_manifests_triggers() -> None:
    rows = list(tables(section(text_of(ARCHITECTURE), "The hooks")))[1:]
    listed = {
        f"{what}.{event}.Post"
        for objects, events, _ in rows
        for what in _CODE.findall(objects)
        for event in _CODE.findall(events)
    }
    hooks = yaml.safe_load(text_of("plugin.yml"))["hooks"]
    assert listed == {trigger for hook in hooks for trigger in hook["triggeredBy"]}


# Architecture


def allowed_imports() -> dict[str, set[str] | None]:
    """By folder, from the page's table; None where anything may be imported."""
    allowed: dict[str, set[str] | None] = {}
    for folders, _, may_import in tables(section(text_of("docs/architecture.md"), "The folders")):
        for folder in re.findall(r"`(\w+)/`", folders):
            names = {each.removesuffix("/") for each in _CODE.findall(may_import)}
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
    # `worker/errors.py` allows that module, `net` the whole folder.
    modules = {each.removesuffix(".py").replace("/", ".") for each in allowed}
    for path in sorted((TREE / folder).rglob("*.py")):
        for name in imported_modules(path):
            package = name.partition(".")[0]
            if package in RUNTIME and package != folder:
                assert package in modules or name in modules, f"{path.name} imports {name}"
