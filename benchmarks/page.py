"""What a page costs that shows much: 10,000 failures, a preview of 100,000 changes, a queue of
30,000. In Chromium, beside a page of Stash on which nothing of ours is open."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.backlog import Backlog
from benchmarks.measure import Row, say
from benchmarks.stage import Latency, Library, Stage, on_stage
from benchmarks.syncs import cpu, full_sync
from benchmarks.usage import CommandFailed, NotAccounted
from jobs.schema import CHECK
from page.size import MOST_BYTES
from tools.chromium import chromium, missing
from tools.demo_page import PAGE
from tools.host_page import NoHostPage, host_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

TIMES = 5
MOST_S = 1.0
MOST_SLOWED = 1.1
# Beyond the library's own scenes.
FAR = 100_001
SCENES = 500
# Nothing of what is shown first is the page's frame: that comes before any answer.
BARE = "#root > *"
VIEWS = {
    "overview": ("tab=overview", ".plexsync-count"),
    "failures": ("tab=failures", ".plexsync-list .plexsync-scene"),
    "changes": ("tab=changes", ".plexsync-list .plexsync-scene"),
    "written": ("tab=changes&view=written", ".plexsync-list .plexsync-scene"),
}

# When something that fits a selector was first there, in ms since the page was asked for.
FIRST = """(() => {
  window.firstThere = {};
  const look = () => SELECTORS.forEach((each) => {
    if (!(each in window.firstThere) && document.querySelector(each))
      window.firstThere[each] = performance.now();
  });
  new MutationObserver(look).observe(document, {childList: true, subtree: true});
})()"""
QUIET_MS = 500


@dataclass(slots=True)
class Opened:
    """One opening of a view: when it first showed something, in seconds, and until it was quiet:
    requests for data, processes for them, the largest answer in bytes, elements of ours."""

    first_s: float
    requests: int = 0
    processes: int = 0
    largest: int = 0
    elements: int = 0


def rows(latency: Latency, backlog: Backlog | None = None) -> list[Row]:
    """The budget's rows about the page. Raises NotAccounted."""
    backlog = backlog or Backlog()
    with _browser() as browser:
        with _stage(latency) as stage:
            say("page: filling the data folder")
            stage.fill(backlog, paused=True)
            found = _view_rows(browser, stage)
        return [*found, _beside_it(browser, backlog, latency)]


def _view_rows(browser: Browser, stage: Stage) -> list[Row]:
    say(f"page: {', '.join(VIEWS)}, {TIMES} times each")
    _open(browser, stage, "", BARE)  # the first one of a browser is slower
    bare: list[Opened] = []
    views: dict[str, list[Opened]] = {name: [] for name in VIEWS}
    for _ in range(TIMES):
        bare.append(_open(browser, stage, "", BARE))
        for name, (query, selector) in VIEWS.items():
            views[name].append(_open(browser, stage, f"{PAGE}?{query}", selector))
    return [
        *(_first_content(name, opened, bare) for name, opened in views.items()),
        _largest([each for opened in views.values() for each in opened]),
    ]


@contextmanager
def _browser() -> Iterator[Browser]:
    if lacking := missing():
        raise NotAccounted(f"there is no {lacking}")
    # Where it is missing nobody gets here.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium())
        yield browser
        browser.close()


@contextmanager
def _stage(latency: Latency) -> Iterator[Stage]:
    try:
        library = Library(SCENES, ui_folder=host_page())
    except NoHostPage as error:
        raise NotAccounted(str(error)) from error
    with on_stage(library, latency) as stage:
        yield stage


def _open(browser: Browser, stage: Stage, path: str, selector: str) -> Opened:
    """In a window of its own, with an empty cache."""
    before = stage.operations()
    page = browser.new_page(locale="en-GB")
    try:
        answers: list[Response] = []
        page.on("response", lambda each: answers.append(each) if _is_data(each) else None)
        page.add_init_script(FIRST.replace("SELECTORS", str([selector])))
        page.goto(stage.address() + path)
        _wait_for(page, selector)
        _until_quiet(page)
        sizes = [len(each.body()) for each in answers]
        return Opened(
            float(page.evaluate("(each) => window.firstThere[each]", selector)) / 1000,
            len(sizes),
            stage.operations() - before,
            max(sizes, default=0),
            int(page.evaluate("document.querySelectorAll('.plexsync *').length")),
        )
    finally:
        page.close()


def _wait_for(page: Page, selector: str) -> None:
    # Where it is missing nobody gets here.
    from playwright.sync_api import TimeoutError  # noqa: PLC0415

    try:
        page.locator(selector).first.wait_for()
    except TimeoutError as error:
        shown = page.locator("body").inner_text()[:1000]
        raise CommandFailed(f"{page.url} never showed {selector}, but: {shown}") from error


def _is_data(response: Response) -> bool:
    return response.url.endswith("/graphql")


def _until_quiet(page: Page) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(QUIET_MS)


def _first_content(name: str, found: Sequence[Opened], bare: Sequence[Opened]) -> Row:
    first_s, beside_s = (
        statistics.median(each.first_s for each in opened) for opened in (found, bare)
    )
    last = found[-1]
    note = (
        f"a bare page {beside_s:.2f} s; {last.requests} requests, {last.processes} processes, "
        f"{last.elements} elements"
    )
    return Row(f"page, {name}: first content", first_s, MOST_S, " s", note)


def _largest(found: Sequence[Opened]) -> Row:
    largest = max(each.largest for each in found)
    return Row("page: largest answer", largest / 1000, MOST_BYTES / 1000, " kB")


def _beside_it(browser: Browser, backlog: Backlog, latency: Latency) -> Row:
    """A sync of other scenes beside all that, with the page open on it, and one in an empty folder.
    By processor time, since what the page asks for takes its own."""
    with _stage(latency) as empty, _stage(latency) as full:
        # A task leaves this lane alone.
        full.fill(replace(backlog, first=FAR, lane=CHECK), paused=False)
        before = full.operations()
        page = browser.new_page()
        page.goto(f"{full.address()}{PAGE}?tab=overview")
        _wait_for(page, ".plexsync-count")
        took: dict[Stage, list[float]] = {empty: [], full: []}
        for turn in range(TIMES):
            for stage, times in took.items():
                stage.retitle(f"Turn {turn}")
                times.append(cpu(full_sync(stage, SCENES, f"page: turn {turn}").usage))
        page.close()
        asked = full.operations() - before
    beside_s, took_s = (statistics.median(each) for each in took.values())
    note = f"{took_s:.2f} s / {beside_s:.2f} s; the page asked {asked} times meanwhile"
    what = f"sync of {SCENES} scenes beside it, the page open: CPU time, x in an empty folder"
    return Row(what, took_s / beside_s, MOST_SLOWED, note=note)
