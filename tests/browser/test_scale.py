"""With 10,000 failures, a preview of 100,000 changes and a queue of 30,000 each view asks little,
gets little and draws little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.backlog import REASONS, Backlog, fill
from page.size import MOST_BYTES
from simulators.rig import Rig
from tests.browser.window import PAGE, Window

if TYPE_CHECKING:
    from playwright.sync_api import Response, Route

Open = Callable[..., Window]

# Of what is shown at most: a line of a list, a row of a table.
LINES = ".plexsync li, .plexsync tr"
FAILURES = 5 * len(REASONS)
CHANGES, WRITTEN, NEWEST, LOG = 25, 30, 5, 200
# Each of the last days has a row for those who don't see the picture.
DAYS = 15
# The table's head, up to four fields and one that is left.
ROWS_OF_A_CHANGE = 6


@pytest.fixture(scope="module")
def large(
    tmp_path_factory: pytest.TempPathFactory, ui_folder: Path, browser: object
) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("large"), count=100, ui_folder=ui_folder) as rig:
        rig.data_dir.mkdir(exist_ok=True)
        fill(str(rig.data_dir), Backlog())
        yield rig


def opened(rig: Rig, open_window: Open, path: str, selector: str) -> tuple[Window, list[bytes]]:
    """A view, and the answers that it got."""
    window = open_window(rig)
    answers: list[Response] = []
    window.page.on(
        "response", lambda each: answers.append(each) if "/graphql" in each.url else None
    )
    window.open(path)
    window.page.locator(selector).first.wait_for()
    window.settle()
    return window, [each.body() for each in answers]


@pytest.mark.parametrize(
    ("path", "selector", "asked", "lines"),
    [
        ("?tab=overview", ".plexsync-count", {"written": 1}, NEWEST + DAYS),
        ("?tab=failures", ".plexsync-scene", {"failures": 1}, FAILURES),
        ("?tab=changes", ".plexsync-scene", {"changes": 1}, CHANGES * (1 + ROWS_OF_A_CHANGE)),
        ("?tab=changes&view=written", ".plexsync-scene", {"written": 1}, WRITTEN),
        ("?tab=log", ".plexsync-bar", {"log": 1}, LOG),
    ],
    ids=["overview", "failures", "changes", "written", "log"],
)
def test_each_view_asks_gets_and_draws_little(
    large: Rig,
    open_window: Open,
    path: str,
    selector: str,
    asked: dict[str, int],
    lines: int,
) -> None:
    before = len(large.stash.plugin_runs)
    window, answers = opened(large, open_window, PAGE + path, selector)
    operations = Counter(each["what"] for each in window.operations)
    # The status may come a second time, if the machine is slow.
    assert operations.pop("status") <= 2
    assert operations.pop("settings") == 1
    assert operations == asked
    assert len(large.stash.plugin_runs) - before == len(window.operations)
    # Their titles come from Stash itself.
    assert len([each for each in answers if b"findScenes" in each]) <= 1
    assert max(map(len, answers)) <= MOST_BYTES
    assert window.page.locator(LINES).count() <= lines
    assert window.problems == []


def test_what_is_shown_first_waits_for_no_question_to_stash(large: Rig, open_window: Open) -> None:
    """The settings are Stash's, and to ask it takes longer than all of ours."""
    window = open_window(large)
    held: list[Route] = []
    window.page.route(
        "**/graphql",
        lambda route: (
            held.append(route)
            if '"settings"' in (route.request.post_data or "")
            else route.fallback()
        ),
    )
    window.open()
    window.page.locator(".plexsync-count").first.wait_for()
    assert len(held) == 1
    assert window.page.get_by_role("tab", name="Failures").count() == 1
    held[0].abort()
