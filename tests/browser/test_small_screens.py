"""What a small screen can't show at once: what is asked for is in sight."""

from __future__ import annotations

from collections.abc import Callable

from simulators.rig import Rig
from tests.browser.canned import Canned
from tests.browser.window import PHONE, Window

Open = Callable[..., Window]
Make = Callable[..., Rig]


def test_the_tab_that_is_open_is_in_sight(make_page_rig: Make, open_window: Open) -> None:
    window = open_window(make_page_rig(count=1), answers=Canned(), size=PHONE, locale="de-DE")
    window.tab("log")
    tab = window.page.locator(".plexsync-tabs .nav-link.active")
    tab.wait_for()
    window.settle()
    box = tab.bounding_box()
    assert box
    assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE[0]) == (True, True)
    assert not window.is_too_wide()


def test_the_newest_lines_of_the_log_are_in_sight_and_the_older_ones_above(
    make_page_rig: Make, open_window: Open
) -> None:
    plugin = Canned()
    lines = [{"at": 1000.0 + each, "level": "info", "text": f"line {each}"} for each in range(200)]
    plugin.changed["log"] = {"lines": lines, "before": None}
    window = open_window(make_page_rig(count=1), answers=plugin, size=PHONE)
    window.tab("log")
    log = window.page.locator(".plexsync-log")
    log.get_by_text("line 199").wait_for()
    bottom = "(each) => each.scrollHeight - each.scrollTop - each.clientHeight"
    assert log.evaluate("(each) => each.scrollTop") > 0
    assert log.evaluate(bottom) <= 1
    log.evaluate("(each) => { each.scrollTop = 0; }")
    window.page.get_by_label("Search").fill("line")
    assert log.evaluate("(each) => each.scrollTop") == 0
