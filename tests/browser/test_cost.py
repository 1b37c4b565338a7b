"""What an open page costs: it asks while somebody looks, and then less and less."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.rig import Rig
from tests.browser.canned import Canned
from tests.browser.window import Window

if TYPE_CHECKING:
    from playwright.sync_api import Route

Open = Callable[..., Window]
Make = Callable[..., Rig]

HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", {get: () => state, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def idle() -> Canned:
    """Nothing is being done."""
    plugin = Canned()
    plugin.changed["status"] = {"run": None, "activity": {"state": "idle", "since": 0, "why": ""}}
    return plugin


def opened(rig: Rig, open_window: Open, plugin: Canned) -> Window:
    """The overview, with a clock that the test moves."""
    window = open_window(rig, answers=plugin)
    window.page.clock.install()
    window.open()
    window.page.get_by_role("heading", name="The last days").wait_for()
    return window


def let_pass(window: Window, minutes: int, *, step_minutes: int = 1) -> None:
    """That time, each step with the answers to what was asked in it."""
    for _ in range(minutes // step_minutes):
        window.page.clock.run_for(step_minutes * 60_000)
        while window.page.evaluate("window.underWay"):
            pass


def test_a_page_left_open_for_a_day_asks_for_some_minutes_and_then_no_more(
    make_page_rig: Make, open_window: Open
) -> None:
    window = opened(make_page_rig(count=3), open_window, idle())
    let_pass(window, 20)
    by_then = len(window.operations)
    assert by_then < 40
    let_pass(window, 24 * 60, step_minutes=30)
    assert len(window.operations) == by_then
    window.page.mouse.move(100, 100)
    let_pass(window, 1)
    assert len(window.operations) > by_then
    assert window.problems == []


def test_a_hidden_page_asks_nothing_and_looks_at_once_when_it_is_back(
    make_page_rig: Make, open_window: Open
) -> None:
    plugin = Canned()  # a sync is running
    window = opened(make_page_rig(count=3), open_window, plugin)
    let_pass(window, 1)
    window.page.evaluate(HIDE, "hidden")
    let_pass(window, 1)
    before = len(window.operations)
    let_pass(window, 60, step_minutes=5)
    assert len(window.operations) == before
    window.page.evaluate(HIDE, "visible")
    let_pass(window, 1)
    assert len(window.operations) > before


def test_stash_without_our_page_runs_no_process_of_ours(
    make_page_rig: Make, open_window: Open
) -> None:
    rig = make_page_rig(count=3)
    window = open_window(rig)
    window.open("/")
    window.page.locator(".plexsync-nav").first.wait_for(state="attached")
    window.settle()
    assert window.operations == []
    assert rig.stash.plugin_runs == []


def test_a_question_that_is_never_answered_is_asked_again(
    make_page_rig: Make, open_window: Open
) -> None:
    window = open_window(make_page_rig(count=3), answers=idle())
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held or '"status"' not in (route.request.post_data or ""):
            route.fallback()
        else:
            held.append(route)

    window.page.route("**/graphql", hold_the_first)
    window.page.clock.install()
    window.open()
    for _ in range(4):
        window.page.clock.run_for(10_000)
    window.page.get_by_role("heading", name="The last days").wait_for()
    assert len(held) == 1
