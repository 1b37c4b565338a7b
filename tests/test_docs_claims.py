"""The numbers, files, hooks and rules that the papers name are those of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from check.comparison import COMPARE_ALL_EVERY_S
from check.schedule import BUSY_S, EVERY_S
from commands.confirmation import FRESH_S
from commands.display import LINE_EVERY_S
from commands.preview import MOST_LINES
from commands.status import SHOWN_FAILURES
from entry.wait_for_packages import FIRST_PAUSE_S, LONGEST_PAUSE_S
from install.packages import UNFINISHED_S, UNUSED_S
from jobs.events import NEW_SCENE_WAIT_S, TOGETHER_S
from jobs.registry import BEAT_S, LEASE_S
from jobs.schema import MOST_LIVE
from jobs.store import KEPT_LINES
from logs.handlers import FILE_BYTES, FILE_COUNT
from matching.evidence import FEWEST_CONFIRMATIONS
from matching.indexing import PAGE_SIZE
from matching.learning import MOST_MOUNTS
from matching.libraries import CHECK_PAUSE_S, REFRESH_PAUSE_S
from page.failures import MOST_FAILURES, USUAL_FAILURES
from page.preview import MOST_SCENES
from pictures import artwork
from pipeline.collection import RETRY_AFTER_S
from pipeline.collection_details import MOST_SORTED
from pipeline.expand import PAGE
from pipeline.preempt import LOOK_PAUSE_S
from pipeline.scan import MOST_FOLDERS
from pipeline.scan import PAUSE_S as SCAN_PAUSE_S
from plex import matcher
from plex.matcher import DURATION_TOLERANCE_S
from rest.idle import REST_AFTER_S
from simulators.rig import TREE
from stash.pictures import MAX_COVER_BYTES
from sync import fields as sync_fields
from sync.covers import LOOKS_S
from sync.lists import MAX_LIST_BYTES
from sync.pictures import MAX_PICTURE_BYTES, PICTURES
from sync.text import MAX_ENCODED_BLOCK, MAX_LINE
from tests.docs import (
    CODE,
    RUNTIME,
    section,
    tables,
    text_of,
)
from validation.config import FIELDS, PlexSyncConfig
from worker.circuit import LONGEST_RETRY_AFTER_S
from worker.debounce import LONGEST_WAIT_S
from worker.enqueue_scenes import SWEEP_FRESH_S
from worker.processor import BATCH, KEEP_SESSION_S
from worker.retry import IMPATIENT_ATTEMPTS, MAX_ATTEMPTS, NOT_FOUND_S, SCANNED_S
from worker.supervisor import IDLE_EXIT_S

SETTINGS = tuple(PlexSyncConfig.model_fields)

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 10: "ten"}


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
    ("docs/how-it-works.md", f"up to {BATCH} at a time"),
    ("docs/how-it-works.md", f"for {NEW_SCENE_WAIT_S} to {NEW_SCENE_WAIT_S + TOGETHER_S} seconds"),
    ("docs/tasks.md", f"start it twice within {spell(FRESH_S)}"),
    ("docs/tasks.md", f"the next run within a {one(SWEEP_FRESH_S)} goes on"),
    ("docs/tasks.md", f"once a {one(COMPARE_ALL_EVERY_S)}, it compares everything"),
    ("docs/how-it-works.md", f"up to {_WORDS[FILE_COUNT + 1]} files of {FILE_BYTES / 1e6:.0f} MB"),
    ("CHANGELOG.md", looks()),
    ("CHANGELOG.md", f"once a {one(COMPARE_ALL_EVERY_S)}, it compares everything"),
    (MERGING, looks()),
    (MERGING, f"about {MAX_ENCODED_BLOCK:,} bytes ("),
    (MERGING, f"about {MAX_LIST_BYTES:,} bytes"),
    (MERGING, f"beyond {MAX_PICTURE_BYTES:,} bytes"),
    (MERGING, f"up to {MOST_SORTED} members"),
    (MERGING, f"after {spell(RETRY_AFTER_S)} at the earliest"),
    ("docs/undo.md", f"start it twice within {spell(FRESH_S)}"),
    (ARCHITECTURE, f"claims {BATCH} "),
    (ARCHITECTURE, f"ends after {spell(IDLE_EXIT_S)} without a job"),
    (ARCHITECTURE, f"up to {spell(LOOKS_S[-1])} for a new scene's cover"),
    (ARCHITECTURE, f"asks Stash for the settings once a {one(KEEP_SESSION_S)}"),
    (ARCHITECTURE, f"at rest every {_WORDS[int(EVERY_S) // 60]} minutes"),
    ("docs/how-it-works.md", f"every {_WORDS[int(EVERY_S) // 60]} minutes"),
    ("docs/how-it-works.md", f"{_WORDS[int(BUSY_S) // 3600]} hours after"),
    (ARCHITECTURE, f"After {spell(REST_AFTER_S)} without a job, and"),
    ("docs/settings.md", f"The default is {REST_AFTER_S:.0f}. With"),
    (ARCHITECTURE, f"in the registry every {spell(BEAT_S)}"),
    (ARCHITECTURE, f"beat stand still for {spell(LEASE_S)}"),
    (ARCHITECTURE, f"in pages of {PAGE:,} ids"),
    (ARCHITECTURE, f"edit of up to {MOST_LIVE} objects"),
    (ARCHITECTURE, f"if there are no more than {MOST_LIVE}"),
    (ARCHITECTURE, f"for {NEW_SCENE_WAIT_S} to {NEW_SCENE_WAIT_S + TOGETHER_S} seconds"),
    (ARCHITECTURE, f"up to {TOGETHER_S} seconds come on top"),
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
    (PERFORMANCE, f"asks for | {MOST_SCENES} scenes"),
    (PERFORMANCE, f"on their way to Stash | {KEPT_LINES:,} |"),
    ("CHANGELOG.md", f"a sync would do to up to {MOST_SCENES} scenes"),
    ("docs/operations.md", f"a list of scene ids, {MOST_SCENES} at most"),
    (
        "docs/operations.md",
        f"1 to {MOST_FAILURES:,}; {USUAL_FAILURES} if it isn't given",
    ),
    ("docs/operations.md", f"the newest {_WORDS[SHOWN_FAILURES]} of each reason"),
    ("docs/settings.md", f"can't rest ends after {IDLE_EXIT_S:.0f} seconds"),
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


def test_the_docs_count_tasks_and_packages_right() -> None:
    manifest = yaml.safe_load(text_of("plugin.yml"))
    assert re.findall(r"^- (\w+) tasks\b", text_of("CHANGELOG.md"), re.MULTILINE) == ["Eleven"]
    assert len(manifest["tasks"]) == 11
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


def test_every_file_of_the_data_folder_is_listed() -> None:
    rows = list(tables(section(text_of("docs/how-it-works.md"), "Where the data is")))[1:]
    named = {row[0].strip("`") for row in rows}
    made = {
        name
        for folder in RUNTIME
        for path in (TREE / folder).rglob("*.py")
        for name in constants(path, frozenset({"COPY_NAME", "FILE_NAME", "FOLDER"}))
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
        for what in CODE.findall(objects)
        for event in CODE.findall(events)
    }
    hooks = yaml.safe_load(text_of("plugin.yml"))["hooks"]
    assert listed == {trigger for hook in hooks for trigger in hook["triggeredBy"]}
