"""A real browser in front of the host page, served by the Stash simulator.

Without Chromium, Node, npm or Playwright these tests are left out, and the summary says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulators.rig import Rig
from tests.browser.window import Window
from tools.chromium import chromium, missing
from tools.host_page import NoHostPage, host_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the folder's tests alone, though it is asked about all."""
    if not (lacking := missing()):
        return
    reason = f"the tests in a browser are left out: there is no {lacking}"
    for each in items:
        if each.path.parent == Path(__file__).parent:
            each.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def ui_folder() -> Path:
    try:
        return host_page()
    except NoHostPage as error:
        pytest.skip(f"the tests in a browser are left out: {error}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Where it is missing no test gets here.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as started:
        launched = started.chromium.launch(executable_path=chromium())
        yield launched
        launched.close()


@pytest.fixture
def make_page_rig(make_rig: Callable[..., Rig], ui_folder: Path) -> Callable[..., Rig]:
    """`make_rig` with the host page."""
    return lambda **options: make_rig(ui_folder=ui_folder, **options)


@pytest.fixture
def open_window(browser: Browser) -> Iterator[Callable[..., Window]]:
    """Opens windows on a rig's Stash, and closes them."""
    opened: list[Window] = []

    def make(rig: Rig, **options: Any) -> Window:
        opened.append(Window(browser, rig.stash, **options))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
