"""From an installed package to a synced library, with nothing but the page and a code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plex.own_identity import PLEX_TV_VARIABLE
from simulators.plex import PlexLibrary, PlexSimulator
from simulators.plex_tv import PlexTvSimulator, owned
from simulators.rig import PLUGIN_ID, Rig
from tests.browser.canned import Canned
from tests.browser.window import Window

COUNT, ABSENT = 12, 2
MOST_PRESSES = 8


@pytest.fixture
def rig(make_page_rig: Callable[..., Rig], plex_tv: PlexTvSimulator) -> Rig:
    """Nothing is set, Plex sees the films elsewhere, and the account owns the Plex."""
    made = make_page_rig(
        count=COUNT,
        absent=ABSENT,
        plex_folder="/media/movies",
        settings={},
        environment={PLEX_TV_VARIABLE: plex_tv.url},
    )
    plex_tv.account.resources = [owned(made.plex)]
    return made


def test_from_an_installed_package_to_a_synced_library(
    rig: Rig, plex_tv: PlexTvSimulator, open_window: Callable[..., Window]
) -> None:
    # Waits for the set-up, and is written in the midst of it.
    rig.stash.update_scene({"id": 1, "details": "Saved before there was a Plex."})
    window = open_window(rig)
    window.open("/settings")
    window.press("Open PlexSync", role="link")
    window.press("Sign in")
    plex_tv.link(window.page.get_by_label("Code").input_value())
    window.shows("Signed in")
    window.shows(f"{COUNT - ABSENT} of {COUNT} sampled scenes are in Plex")
    window.press("Use this path map")
    window.press("Preview")
    window.shows("items would change")
    window.press("Sync all")
    window.page.get_by_role("tab", name="Overview", selected=True).wait_for()
    in_step = window.page.locator(".plexsync-count", has_text="in step")
    in_step.get_by_text(str(COUNT - ABSENT)).wait_for()
    assert [rig.title(1), rig.title(COUNT - ABSENT)] == [
        rig.films[0].title,
        rig.films[COUNT - ABSENT - 1].title,
    ]
    assert window.presses <= MOST_PRESSES
    assert window.problems == []
    # The token never came into the browser, nor into settings that every script there can read.
    assert rig.stash.config.plugin_settings[PLUGIN_ID] == {
        "plex_url": rig.plex.url,
        "path_map": "/data/films => /media/movies",
    }


def test_of_several_servers_one_is_chosen(
    rig: Rig, plex_tv: PlexTvSimulator, open_window: Callable[..., Window]
) -> None:
    with PlexSimulator(PlexLibrary()) as other:
        other.library.machine_identifier = "another"
        plex_tv.account.resources.append(owned(other, "Away"))
        window = open_window(rig)
        window.open()
        window.press("Sign in")
        plex_tv.link(window.page.get_by_label("Code").input_value())
        window.page.get_by_role("radio", name=f"Home ({rig.plex.url})").check()
        window.press("Use this server")
        window.shows("Signed in")
    assert rig.stash.config.plugin_settings[PLUGIN_ID] == {"plex_url": rig.plex.url}


class WithoutPackages(Canned):
    """Until the task has run."""

    is_there = False

    def _settings(self, args: Any) -> dict[str, Any]:
        if not self.is_there:
            raise RuntimeError(
                "PlexSync: its packages are not installed yet. The next change or task does it, "
                'for example "Check set-up"; then ask again.'
            )
        return super()._settings(args)


def test_missing_packages_are_installed_from_the_page(
    make_page_rig: Callable[..., Rig], open_window: Callable[..., Window]
) -> None:
    rig, plugin = make_page_rig(count=3), WithoutPackages()
    window = open_window(rig, answers=plugin)
    window.open()
    window.press("Install them")
    window.shows("Installing")
    rig.until(lambda: "Check set-up" in str(rig.stash.log_text()) or rig.stash.plugin_runs != [])
    assert rig.stash.plugin_runs[-1].args["mode"] == "doctor"
    plugin.is_there = True
    window.page.get_by_role("tab", name="Overview").wait_for()
    assert window.problems == []


def test_a_proposed_path_map_takes_nothing_of_what_was_changed_meanwhile(
    make_page_rig: Callable[..., Rig], open_window: Callable[..., Window]
) -> None:
    rig = make_page_rig(count=4, plex_folder="/media/movies")
    window = open_window(rig)
    window.tab("setup")
    window.page.get_by_role("button", name="Use this path map").wait_for()
    rig.configure(path_map="/elsewhere => /there", somebody_elses="kept")
    window.press("Use this path map")
    window.shows("Saved")
    saved = rig.stash.plugin_settings(PLUGIN_ID)
    assert saved["path_map"] == "/elsewhere => /there; /data/films => /media/movies"
    assert saved["somebody_elses"] == "kept"


def test_steps_that_need_somebody_are_not_ticked_off(
    make_page_rig: Callable[..., Rig], open_window: Callable[..., Window]
) -> None:
    """A library that is gone, paths that are to be confirmed; and then everything is fine."""
    canned = Canned()
    window = open_window(make_page_rig(count=2), answers=canned)
    steps = window.page.locator(".plexsync-step")

    def states() -> list[str]:
        window.tab("setup")
        window.settle()
        classes = [str(each.get_attribute("class")) for each in steps.all()]
        return [each.rpartition("-")[2] for each in classes]

    assert states() == ["done", "now", "now", "done", "now"]
    canned.changed["libraries"] = {"missing": []}
    canned.changed["paths"] = {"proposals": []}
    assert states() == ["done", "done", "done", "done", "now"]
    canned.changed["paths"] = {"proposals": [], "found": 0}
    assert states() == ["done", "done", "now", "done", "now"]
