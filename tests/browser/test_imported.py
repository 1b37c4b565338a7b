"""What came from Plex, on the page, with the real plugin behind it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from simulators.rig import Rig
from tests.browser.window import Window
from tests.harness.brought import bring_rating
from tests.harness.rig import run_task

Open = Callable[..., Window]
Make = Callable[..., Rig]

TASK = "Import plays"


@pytest.fixture
def importing(make_page_rig: Make) -> Rig:
    """After the first look scene 1 was watched, and scene 2 rated."""
    rig = make_page_rig(count=4)
    rig.stash.library.scene(2).rating100 = 60
    rig.configure(import_plays=True)
    run_task(rig, TASK)
    rig.plex.library.activity.watch(rig.item(1), at=time.time() - 3600)
    run_task(rig, TASK)
    bring_rating(rig, 2, 80)
    return rig


def test_what_came_is_listed_and_taken_back_after_a_question(
    importing: Rig, open_window: Open
) -> None:
    window = open_window(importing)
    window.tab("changes", view="imported")
    page = window.page
    page.get_by_text("by Ada").wait_for()
    rated = page.locator("li", has_text="Rated 80; before: 60")
    window.press("Take back", within=rated)
    dialogue = page.get_by_role("dialog", name="Take back in Stash")
    dialogue.get_by_text("One scene gets back the rating of before.").wait_for()
    assert importing.stash.library.scene(2).rating100 == 80
    window.press("Take back", within=dialogue)
    dialogue.wait_for(state="detached")
    importing.until(
        lambda: importing.stash.library.scene(2).rating100 == 60, "the rating of before"
    )
    # The list is read again.
    rated.wait_for(state="detached", timeout=30_000)
    assert importing.stash.library.scene(1).play_count == 1
    window.press("Take everything back")
    dialogue.get_by_text("One play is taken out of Stash.").wait_for()
    window.press("Take back", within=dialogue)
    importing.until(lambda: importing.stash.library.scene(1).play_count == 0, "its play gone")
    assert window.problems == []


def test_what_would_come_is_shown_before_it_is_brought(importing: Rig, open_window: Open) -> None:
    importing.plex.library.activity.watch(importing.item(3))
    window = open_window(importing)
    window.tab("changes", view="imported")
    window.press("What would come?")
    title = importing.films[2].title
    coming = window.page.locator("section", has_text="Would come now")
    coming.get_by_role("link", name=title).wait_for()
    assert importing.stash.library.scene(3).play_count == 0
    window.press("Import plays")
    importing.until(lambda: importing.stash.library.scene(3).play_count == 1, "the play")
    assert window.problems == []


def test_nobody_who_imports_nothing_sees_it(make_page_rig: Make, open_window: Open) -> None:
    window = open_window(make_page_rig(count=2))
    window.tab("changes")
    window.page.get_by_role("button", name="Written").wait_for()
    assert window.page.get_by_role("button", name="From Plex").count() == 0
