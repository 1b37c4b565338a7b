"""The page's tabs with the real plugin behind them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.rig import PLUGIN_ID, Rig
from tests.browser.canned import Canned
from tests.browser.window import PAGE, PHONE, Window

Open = Callable[..., Window]
Make = Callable[..., Rig]

MARKUP = '<img src="x" onerror="window.ran = true"><script>window.ran = true</script>'


@pytest.fixture
def synced(make_page_rig: Make) -> Rig:
    """Ten films, of which Plex has eight, after the first sync."""
    rig = make_page_rig(count=10, absent=2)
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    return rig


def test_settings_are_saved_and_the_keys_of_others_are_kept(
    make_page_rig: Make, open_window: Open
) -> None:
    rig = make_page_rig(count=2)
    rig.configure(somebody_elses="kept")
    window = open_window(rig)
    window.tab("settings")
    window.page.get_by_label("Tags become").select_option("labels")
    window.page.get_by_label("Title template").fill("{title} ({year})")
    window.page.get_by_label("Poster", exact=True).check()
    window.page.get_by_label("Plex token").fill("another-token-of-a-test")
    window.press("Save")
    window.page.get_by_text("takes effect for all scenes").wait_for()
    saved = rig.stash.plugin_settings(PLUGIN_ID)
    assert saved["somebody_elses"] == "kept"
    assert saved["tags_as"] == "labels"
    assert saved["title_template"] == "{title} ({year})"
    assert saved["skip_fields"] == "poster"
    assert saved.get("plex_token", "") != "another-token-of-a-test"
    assert window.page.get_by_label("Plex token").input_value() == ""
    window.page.get_by_label("Parallel writes").fill("40")
    window.press("Save")
    window.page.get_by_text("should be less than or equal to 16").wait_for()
    assert rig.stash.plugin_settings(PLUGIN_ID) == saved
    assert window.problems == []


def test_failures_are_grouped_by_cause_and_tried_again(synced: Rig, open_window: Open) -> None:
    window = open_window(synced)
    window.tab("failures")
    window.shows("Not in Plex (2)")
    window.shows("Is the folder part of a Plex library, and scanned?")
    titles = [each.title for each in synced.films[8:]]
    for title in titles:
        window.page.get_by_role("link", name=title).wait_for()
    synced.add_to_plex(synced.films[8:])
    window.press("Try all of these again")
    window.shows("Nothing has failed")
    synced.until(lambda: [synced.title(9), synced.title(10)] == titles, "the sync of both")
    assert window.asked("retry") == [{"mode": "act", "what": "retry", "reason": "not in Plex"}]
    assert window.problems == []


def test_what_was_written_is_undone_after_a_question(synced: Rig, open_window: Open) -> None:
    window = open_window(synced)
    window.tab("changes", view="written")
    last = window.page.locator("li", has_text=synced.films[0].title).last
    window.press("Undo", within=last)
    dialogue = window.page.get_by_role("dialog", name="Undo in Plex")
    dialogue.get_by_text("1 scene gets back what Plex had").wait_for()
    assert synced.title(1) == synced.films[0].title
    window.press("Undo", within=dialogue)
    dialogue.wait_for(state="detached")
    synced.until(lambda: synced.title(1) != synced.films[0].title, "the undo")
    assert synced.title(2) == synced.films[1].title
    assert window.problems == []


def test_a_preview_shows_each_change_and_syncs_one(make_page_rig: Make, open_window: Open) -> None:
    rig = make_page_rig(count=4)
    window = open_window(rig)
    window.tab("changes")
    window.press("Preview changes")
    window.shows("4 items would change")
    window.page.get_by_label("Field", exact=True).select_option("title")
    change = window.page.locator(".plexsync-list > li", has_text=rig.films[1].title)
    # A long text stands there once.
    window.page.get_by_label("Field", exact=True).select_option("summary")
    told = change.get_by_role("row", name="Summary")
    told.get_by_role("cell", name=rig.films[1].summary, exact=True).wait_for()
    told.get_by_role("cell", name="as in Stash", exact=True).wait_for()
    # In Stash, and afterwards in Plex.
    titles = change.get_by_role("cell", name=rig.films[1].title, exact=True)
    titles.nth(1).wait_for()
    assert titles.count() == 2
    window.press("Sync this scene", within=change)
    rig.until(lambda: rig.title(2) == rig.films[1].title, "the sync of one")
    assert rig.title(1) != rig.films[0].title
    assert window.problems == []


def test_a_scenes_tab_shows_and_does_and_cards_ask_once(synced: Rig, open_window: Open) -> None:
    synced.stash.library.scene(3).title = MARKUP
    window = open_window(synced)
    window.open("/scenes")
    window.page.get_by_role("img", name="Plex: not in Plex").first.wait_for()
    assert window.page.locator(".plexsync-sign").count() == len(synced.films)
    assert len(window.asked("states")) == 1
    window.open("/scenes/1")
    window.page.get_by_role("tab", name="Plex (in step)").click()
    link = window.page.get_by_role("link", name="Open in Plex")
    assert link.get_attribute("href").startswith("https://app.plex.tv/")  # type: ignore[union-attr]
    window.press("Leave this scene alone")
    window.page.get_by_role("tab", name="Plex (excluded)").wait_for()
    window.press("No longer leave it alone")
    window.page.get_by_role("tab", name="Plex (in step)").wait_for()
    assert window.problems == []


def test_a_scene_that_a_setting_excludes_is_not_offered_back(
    make_page_rig: Make, open_window: Open
) -> None:
    """Only the setting brings it back: a button that does nothing would be a lie."""
    canned = Canned()
    canned.changed["scene"] = {"state": "excluded", "excluded": "exclude_tags"}
    window = open_window(make_page_rig(count=2), answers=canned)
    window.open("/scenes/1")
    window.page.get_by_role("tab", name="Plex").click()
    window.page.get_by_role("button", name="Leave this scene alone").wait_for()
    assert window.page.get_by_role("button", name="No longer leave it alone").count() == 0
    assert window.page.get_by_role("button", name="Sync now").count() == 0


def test_a_library_with_a_comma_in_its_name_is_not_taken_for_two(
    make_page_rig: Make, open_window: Open
) -> None:
    names, canned = ["Films, old", "Nature films", "Others"], Canned()
    libraries = [
        {"name": each, "type": "movie", "items": 1, "chosen": each == names[0]} for each in names
    ]
    canned.changed["libraries"] = {"missing": [], "libraries": libraries}
    window = open_window(make_page_rig(count=2), answers=canned)
    window.tab("setup")
    window.page.get_by_label(names[1]).check()
    window.press("Save", within=window.page.locator("fieldset", has_text=names[0]))
    assert window.asked("save")[-1]["values"] == {"plex_libraries": names[:2]}


def test_scenes_that_are_chosen_in_stashs_list_are_synced(synced: Rig, open_window: Open) -> None:
    for scene_id in (2, 3, 4):
        synced.stash.library.scenes[scene_id].title = f"Another title {scene_id}"
    window = open_window(synced)
    window.open("/scenes")
    window.page.get_by_label("Select 2").check()
    window.shows("Sync the chosen scene with Plex")
    # Stash's cards are still the same: who goes through them by the keyboard is where they were.
    assert window.page.get_by_label("Select 2").evaluate("(it) => it === document.activeElement")
    window.page.get_by_label("Select 4").check()
    assert window.axe() == []
    window.press("Sync the 2 chosen scenes with Plex")
    window.shows("Queued")
    titles = ["Another title 2", synced.films[2].title, "Another title 4"]
    synced.until(lambda: [synced.title(each) for each in (2, 3, 4)] == titles, "the sync of two")
    for scene_id in (2, 4):
        window.page.get_by_label(f"Select {scene_id}").uncheck()
    window.page.get_by_role("button", name="chosen scene").wait_for(state="detached")
    assert window.problems == []


@pytest.mark.parametrize("view", ["constructor", "__proto__", "nothing"])
def test_a_view_that_there_is_not_shows_the_first_one(
    make_page_rig: Make, open_window: Open, view: str
) -> None:
    window = open_window(make_page_rig(count=2), answers=Canned())
    window.tab("changes", view=view)
    pressed = window.page.locator("button[aria-pressed=true]")
    assert pressed.inner_text() == "To come"
    assert window.problems == []


def test_on_a_phone_each_value_of_a_change_says_what_it_is(
    make_page_rig: Make, open_window: Open
) -> None:
    window = open_window(make_page_rig(count=10), answers=Canned(), size=PHONE)
    window.tab("changes")
    change = window.page.locator(".plexsync-list > li").nth(1)
    for name in ("Stash: Film 2", "Plex now: film.2", "Afterwards: Film 2"):
        change.get_by_role("cell", name=name, exact=True).wait_for()
    assert window.page.get_by_role("row").count() > 10
    assert not window.is_too_wide()


def test_how_the_last_run_came_out_is_told_until_another_runs(
    make_page_rig: Make, open_window: Open
) -> None:
    canned = Canned()
    window = open_window(make_page_rig(count=2), answers=canned)
    window.tab("overview")
    window.shows("20 of 50")
    assert window.page.get_by_text("47 synced").count() == 0
    canned.changed["status"] = {"run": None}
    window.tab("overview")
    window.shows("Sync all scenes: 47 synced, 0 already in sync, 3 not in Plex")


@pytest.mark.parametrize(
    ("what", "name"),
    [("handed_over", "Sync recent changes"), ("undo", "Forget 3 scene(s)"), ("undo", "Undo run 7")],
)
def test_what_is_under_way_is_called_what_it_is(
    make_page_rig: Make, open_window: Open, what: str, name: str
) -> None:
    """What a task has left is not handed over to Plex, and who forgets undoes nothing."""
    canned = Canned()
    run = canned({"mode": "query", "what": "status"})["run"]
    canned.changed["status"] = {"run": {**run, "what": what, "name": name}}
    window = open_window(make_page_rig(count=2), answers=canned)
    window.tab("overview")
    window.page.get_by_role("heading", name=name).wait_for()
    assert window.problems == []


def test_markup_in_titles_stays_text(synced: Rig, open_window: Open) -> None:
    synced.stash.update_scene({"id": 1, "title": MARKUP})
    synced.until(lambda: synced.title(1) == MARKUP)
    window = open_window(synced)
    window.tab("changes", view="written")
    window.page.get_by_role("link", name=MARKUP).first.wait_for()
    window.open("/scenes/1")
    window.page.get_by_role("tab", name="Plex").click()
    window.page.locator(".plexsync-item", has_text=MARKUP).wait_for()
    assert window.page.evaluate("window.ran") is None
    assert window.problems == []


def test_a_stash_that_went_down_is_told_and_its_return_noticed(
    make_page_rig: Make, open_window: Open
) -> None:
    rig = make_page_rig(count=2)
    window = open_window(rig)
    window.open(f"{PAGE}?tab=overview")
    window.page.get_by_role("heading", name="The last days").wait_for()
    rig.stash.stop()
    window.press("Sync all")
    window.shows("Stash doesn't answer")
    rig.stash.start()
    window.press("Sync all")
    window.shows("Queued")
    rig.until(lambda: rig.title(1) == rig.films[0].title)


def test_an_ended_session_leads_to_the_login(make_page_rig: Make, open_window: Open) -> None:
    rig = make_page_rig(count=2, username="ada", password="a-password-for-tests")
    window = open_window(rig)
    window.page.request.post(
        f"{rig.stash.url}/login", form={"username": "ada", "password": "a-password-for-tests"}
    )
    window.tab("settings")
    window.page.get_by_label("Tags become").wait_for()
    window.page.context.clear_cookies()
    window.page.get_by_label("Tags become").select_option("labels")
    window.press("Save")
    window.page.wait_for_url("**/login?returnURL=*")


def test_a_plugin_that_is_disabled_under_the_page_is_told(
    make_page_rig: Make, open_window: Open
) -> None:
    rig = make_page_rig(count=2)
    window = open_window(rig)
    window.tab("settings")
    window.page.get_by_label("Tags become").select_option("labels")
    rig.stash.config.disabled_plugins.append(PLUGIN_ID)
    window.press("Save")
    window.shows("PlexSync was disabled or removed in Stash")
    window.open("/scenes")
    window.page.locator("main h2").first.wait_for()
    assert window.page.locator(".plexsync-nav").count() == 0


def test_an_updated_plugin_asks_for_the_page_to_be_loaded_again(
    make_page_rig: Make, open_window: Open
) -> None:
    older = '{beforeRender: () => { window.PlexSyncPage.version = "0.1.9"; }}'
    window = open_window(make_page_rig(count=2), host=older)
    window.open()
    window.shows("this page is version 0.1.9")


def test_behind_a_proxy_with_a_prefix_all_addresses_have_it(
    make_page_rig: Make, open_window: Open
) -> None:
    rig = make_page_rig(count=2)
    window = open_window(rig)
    prefix = f"{rig.stash.url}/films"

    def forward(route, request) -> None:  # type: ignore[no-untyped-def]
        inside = request.url.replace(prefix, rig.stash.url)
        headers = {**request.headers, "x-forwarded-prefix": "/films"}
        route.fulfill(response=route.fetch(url=inside, headers=headers))

    outside: list[str] = []
    window.page.route(f"{prefix}/**", forward)
    window.page.on(
        "request",
        lambda request: (
            None if request.url.startswith((prefix, "data:")) else outside.append(request.url)
        ),
    )
    window.open("/films/plugins/plexsync?tab=failures")
    window.shows("Nothing has failed")
    window.page.get_by_role("tab", name="Settings").click()
    window.page.get_by_label("Tags become").wait_for()
    assert window.page.url.startswith(f"{prefix}/plugins/plexsync")
    assert outside == []
