"""A real browser in front of the host page, served by the Stash simulator.

Without Chromium, Node or Playwright these tests are left out, and the reason stands in one line of
the summary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.rig import Rig
from tests.browser.window import Window
from tools.chromium import chromium
from tools.host_page import NoHostPage, host_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def ui_folder() -> Path:
    try:
        return host_page()
    except NoHostPage as error:
        pytest.skip(f"the tests in a browser are left out: {error}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the tests in a browser are left out: no playwright"
    )
    program = chromium()
    if program is None:
        pytest.skip("the tests in a browser are left out: Chromium is not installed")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=program)
        yield launched
        launched.close()


@pytest.fixture
def make_page_rig(make_rig: Callable[..., Rig], ui_folder: Path) -> Callable[..., Rig]:
    """`make_rig` with the host page."""
    return lambda **options: make_rig(ui_folder=ui_folder, **options)


@pytest.fixture
def open_window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Opens windows on a rig's Stash; at the end nothing may have gone wrong in them unseen."""
    opened: list[Window] = []

    def make(rig: Rig, **options: Any) -> Window:
        opened.append(Window(browser, rig.stash, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
