"""Whatever goes wrong in the page, Stash's own user interface stays whole; and it can be used by
everybody, at any size, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.rig import Rig
from tests.browser.canned import Canned
from tests.browser.places import PLACES, look
from tests.browser.window import PHONE, WIDE, Window

Open = Callable[..., Window]
Make = Callable[..., Rig]

# Notes which of our parts were drawn, and has the one that is named fail.
SPY = """{beforeRender: () => {
  const parts = window.PlexSyncPage.parts;
  window.drawn = new Set();
  for (const [name, part] of Object.entries(parts)) {
    parts[name] = (props) => {
      window.drawn.add(name);
      if (name === window.failing) throw new Error(`thrown in ${name}`);
      return part(props);
    };
  }
}}"""


def is_whole(window: Window) -> bool:
    """The navigation is there, and so is the page below it."""
    page = window.page
    navigation = page.get_by_role("navigation", name="Stash").is_visible()
    return navigation and not page.get_by_text("Something went wrong").is_visible()


def test_a_throw_in_any_of_our_parts_leaves_stash_whole(
    make_page_rig: Make, open_window: Open
) -> None:
    window = open_window(make_page_rig(count=10), answers=Canned(), host=SPY)
    window.open()
    # Problem and Broken show what has failed, as each of the others does here in its turn.
    left = set(window.page.evaluate("Object.keys(window.PlexSyncPage.parts)"))
    left -= {"Problem", "Broken", "NavIcon", "Packages"}
    for place in [*PLACES, *PLACES]:  # on a slow machine not all may be there at the first look
        if not left:
            break
        look(window, place)
        assert window.problems == [], place
        for name in sorted(left & set(window.page.evaluate("[...window.drawn]"))):
            left.remove(name)
            fail(window, place, name)
            assert is_whole(window), name
    assert left == set()


def fail(window: Window, place: str, name: str) -> None:
    """Have a part throw, and see that it did."""
    window.page.evaluate("(name) => { window.failing = name; }", name)
    for _ in range(10):
        look(window, place, reload=False)
        if any(f"thrown in {name}" in each for each in window.problems):
            break
    else:
        pytest.fail(f"{name} was not drawn in {place}")
    window.page.evaluate("() => { window.failing = null; }")
    window.problems.clear()


def test_a_throw_in_the_navigation_leaves_stash_whole(
    make_page_rig: Make, open_window: Open
) -> None:
    """Nothing of Stash's would catch it there."""
    window = open_window(make_page_rig(count=4), answers=Canned(), host=SPY)
    window.page.add_init_script("window.failing = 'NavIcon'")
    look(window, "/scenes")
    assert is_whole(window)
    assert any("thrown in NavIcon" in each for each in window.problems)


@pytest.mark.parametrize("foreign", ["none", "before", "after"])
def test_a_throw_in_any_of_our_patches_leaves_stash_whole(
    make_page_rig: Make, open_window: Open, foreign: str
) -> None:
    rig = make_page_rig(count=4)
    throwing = f"""{{foreign: "{foreign}", beforeRender: () => {{
      const patches = window.PlexSyncPage.patches;
      for (const name of Object.keys(patches)) {{
        patches[name] = () => {{ throw new Error(`thrown in ${{name}}`); }};
      }}
    }}}}"""
    broken = open_window(rig, answers=Canned(), host=throwing)
    for place, sign in (("/scenes", "main h2"), ("/scenes/1", "[role=tab]"), ("/settings", "h2")):
        broken.open(place)
        broken.page.locator(sign).first.wait_for()
        assert is_whole(broken), place
    thrown = {each.rpartition("thrown in ")[2].split()[0] for each in broken.problems}
    assert thrown == {"nav", "card", "sceneList", "sceneTab", "scenePane", "settings"}


@pytest.mark.parametrize("foreign", ["before", "after"])
def test_other_plugins_patches_dont_take_ours_away(
    make_page_rig: Make, open_window: Open, foreign: str
) -> None:
    window = open_window(make_page_rig(count=4), answers=Canned(), host=f'{{foreign: "{foreign}"}}')
    window.open("/scenes")
    window.page.locator(".plexsync-sign").first.wait_for()
    assert window.page.locator(".plexsync-nav:visible").count() == 1
    window.open("/scenes/1")
    window.page.get_by_role("tab", name="Plex").click()
    window.shows("waiting for the cover")
    window.open("/settings")
    window.page.get_by_role("link", name="Open PlexSync").click()
    window.page.get_by_role("heading", name="PlexSync", exact=True).wait_for()
    assert window.problems == []


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    make_page_rig: Make, open_window: Open, size: tuple[int, int]
) -> None:
    window = open_window(make_page_rig(count=10), answers=Canned(), size=size)
    faults: list[str] = []
    for place in PLACES:
        look(window, place)
        # The same elements at any size, and it takes its time.
        if size == WIDE or place == PLACES[0]:
            faults += [f"{place}: {each}" for each in window.axe()]
        if window.is_too_wide():
            faults.append(f"{place} is too wide")
    assert faults == []
    assert window.problems == []


def test_every_text_is_sound_in_both_languages_and_german_is_shown_to_germans(
    make_page_rig: Make, open_window: Open
) -> None:
    window = open_window(make_page_rig(count=4), answers=Canned(), host='{locale: "de-DE"}')
    window.open()
    window.shows("Die letzten Tage")
    window.page.get_by_role("tab", name="Einstellungen").wait_for()
    faults = window.page.evaluate(
        """() => {
          const { createIntl } = window.PluginApi.libraries.Intl;
          const faults = [];
          const values = {time: "1", names: "1", rule: "1", what: "1", count: 2, id: "1", key: "1",
            kind: "1", first: 1, last: 2, total: 3, done: 1, name: "1", field: "1", why: "1",
            address: "1", link: "1", stash: "1", plex: "1", found: 1, sampled: 2, scenes: 1,
            value: "1", page: "1", backend: "2", account: "1", after: "1", before: "1"};
          for (const [locale, messages] of Object.entries(window.PlexSyncPage.texts)) {
            const onError = (error) => faults.push(String(error));
            const intl = createIntl({locale, messages, onError});
            for (const id of Object.keys(messages)) intl.formatMessage({id}, values);
          }
          return faults;
        }"""
    )
    assert faults == []
