"""`make pictures`: the pictures of the page in the papers, from the demo's library."""

from __future__ import annotations

import io
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from jobs import days
from simulators.plex_tv import PlexTvSimulator
from simulators.rig import TREE, Rig
from tools.chromium import chromium
from tools.demo_page import PAGE, demo_rig
from tools.host_page import NoHostPage

FOLDER = TREE / "docs" / "pictures"
COUNT = 24
SIZE = (1000, 760)
# Enough for the small coloured signs, and small files all the same.
COLOURS = 256
# Of the days before, as on any Stash that is in use.
WRITTEN = (3, 0, 12, 5, 41, 0, 2, 7, 18, 1, 0, 9, 4)


def main() -> int:
    """The exit status."""
    program = chromium()
    if program is None:
        sys.stderr.write("The pictures can't be made: Chromium is not installed\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="plexsync-pictures-") as folder,
            PlexTvSimulator() as plex_tv,
            demo_rig(Path(folder), plex_tv, count=COUNT) as rig,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=program)
            _take(rig, plex_tv, browser)
            browser.close()
    except NoHostPage as error:
        sys.stderr.write(f"The pictures can't be made: {error}\n")
        return 1
    return 0


def _take(rig: Rig, plex_tv: PlexTvSimulator, browser: Browser) -> None:
    page = browser.new_page(
        viewport={"width": SIZE[0], "height": SIZE[1]}, reduced_motion="reduce", locale="en-GB"
    )
    page.goto(rig.stash.url + PAGE)
    page.get_by_role("button", name="Sign in", exact=True).click()
    plex_tv.link(page.get_by_label("Code").input_value())
    page.get_by_text("sampled scenes are in Plex").wait_for(timeout=60_000)
    page.get_by_text("Title", exact=True).wait_for()
    _keep(page, "set-up", full_page=True, height=880)
    page.get_by_role("button", name="Use this path map").click()
    page.get_by_role("button", name="Use this path map").wait_for(state="detached")
    _invent_days(rig)
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("items would change").wait_for()
    page.goto(f"{rig.stash.url}{PAGE}?tab=changes")
    page.get_by_role("cell", name=rig.films[0].title, exact=True).first.wait_for()
    _keep(page, "changes")
    page.get_by_role("button", name="Sync all").click()
    page.goto(f"{rig.stash.url}{PAGE}?tab=overview")
    page.locator(".plexsync-count", has_text="in step").get_by_text(str(COUNT - 3)).wait_for()
    page.reload()
    page.locator(".plexsync-list img").first.wait_for()
    _keep(page, "overview", full_page=True)
    page.goto(f"{rig.stash.url}/scenes")
    page.locator(".plexsync-sign").first.wait_for()
    _keep(page, "cards", height=460)
    rig.stash.library.scene(1).title = "A Trip to the Moon (restored)"
    page.goto(f"{rig.stash.url}/scenes/1")
    page.get_by_role("tab", name="Plex").click()
    page.get_by_role("link", name="Open in Plex").wait_for()
    _keep(page, "scene", height=470)


def _keep(page: Page, name: str, *, full_page: bool = False, height: int = 0) -> None:
    """`height`: of what is shown, in pixels; all of it if 0."""
    page.wait_for_load_state("networkidle")
    taken = Image.open(io.BytesIO(page.screenshot(full_page=full_page))).convert("RGB")
    shown = taken.crop((0, 0, taken.width, min(height or taken.height, taken.height)))
    few = shown.quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)
    sys.stdout.write(f"{FOLDER / name}.png\n")


def _invent_days(rig: Rig) -> None:
    with rig.store() as store, store.database.write() as connection:
        for ago, written in enumerate(reversed(WRITTEN), start=1):
            days.count(connection, time.time() - 86_400 * ago, written, written // 9)


if __name__ == "__main__":
    sys.exit(main())
