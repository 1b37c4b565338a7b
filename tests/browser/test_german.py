"""The page in German: no sentence of it is English, neither one of its own nor one of the
plugin's. The log is English, and names stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from errors import SyncError
from plex.exceptions import not_plex, translate_plex_exception
from simulators.plex import Tag
from simulators.rig import Rig
from tests.browser.canned import Canned
from tests.browser.places import look
from tests.browser.window import PAGE, Window
from validation.config import problems_of

Open = Callable[..., Window]
Make = Callable[..., Rig]

GERMAN = '{locale: "de-DE"}'
TABS = (
    "overview",
    "setup",
    "failures",
    "changes",
    "changes&view=written",
    "changes&view=imported",
    "settings",
)

# Words that no German sentence has.
_ENGLISH = re.compile(
    r"\b(the|is|are|isn't|of|and|not|from|with|which|that|has|have|this|were|it|its|to|be|by|"
    r"nothing|waiting|looked|edited|written|seconds|scenes?|item|items|same|other|path|size|found)\b"
)
# What is called so whatever the language: paths, addresses, keys, code, words of a setting.
_NAMES = re.compile(r"\S*[/\\_]\S*|--\w+|„[^“]*“|\.plexignore|\(samples\)|scene\(\w+\)")


def english_in(text: str, names: list[str]) -> list[str]:
    """The lines of a text that are English, without these names."""
    for each in sorted(names, key=len, reverse=True):
        text = text.replace(each, "")
    lines = (_NAMES.sub("", line) for line in text.splitlines())
    return [line for line in lines if _ENGLISH.search(line)]


def shown(window: Window) -> str:
    """All that is ours, without lists of words to choose from."""
    return "\n".join(
        window.page.evaluate(
            """() => ["", "-modal", "-sign"].flatMap(
              (ours) => [...document.querySelectorAll(`.plexsync${ours}`)]
            ).map((each) => {
              each.querySelectorAll("details").forEach((more) => { more.open = true; });
              return `${each.title}\n${each.innerText}`;
            })"""
        )
    )


def names_of(rig: Rig) -> list[str]:
    """What films, people and studios are called, and what is told of them."""
    texts: list[str] = []
    for film in rig.films:
        cast = [name for pair in film.cast for name in pair]
        texts += [film.title, film.studio, film.director, film.summary, film.tagline, *film.genres]
        texts += [film.file_name, film.file_name.rpartition(".")[0], *cast]
        texts.append(re.sub("^(The|A|An) ", "", film.title))  # by which Plex sorts it
    return [each for each in texts if each]


def test_words_that_no_german_sentence_has_are_found() -> None:
    """Else the others here would show nothing."""
    lines = "Szene 3 ist nicht in Plex\nscene 3 is not in Plex: looked for /data/of/it.mp4"
    assert len(english_in(lines, [])) == 1


def test_made_up_answers_are_german_everywhere(make_page_rig: Make, open_window: Open) -> None:
    rig = make_page_rig(count=10)
    canned = Canned()
    canned.changed["status"] = {
        "run": None,
        "activity": {
            "state": "waiting",
            "since": canned.now,
            "why": "Plex does not answer: Connection refused. Is Plex on, and can plex_url be "
            "reached from where Stash runs? What is queued is kept and synced when Plex is back.",
        },
    }
    window = open_window(rig, answers=canned, host=GERMAN)
    found = {}
    for place in (*(f"{PAGE}?tab={each}" for each in TABS), "/scenes", "/scenes/1"):
        look(window, place)
        for name in ("Jetzt prüfen", "Alles rückgängig machen", "Plex"):
            window.page.evaluate(PRESS_EXACTLY, name)
            window.settle()
        text = shown(window)
        assert len(text) > 50, place
        titles = ["A Trip to the Moon", "What it is about.", "What Plex says."]
        if lines := english_in(text, [*names_of(rig), *titles]):
            found[place] = lines
    assert found == {}
    assert window.problems == []


PRESS_EXACTLY = """(name) => [...document.querySelectorAll("button, [role=tab]")]
  .find((each) => each.checkVisibility() && each.innerText.trim() === name)?.click()"""


@pytest.fixture
def troubled(make_page_rig: Make) -> Rig:
    """Ten films, of which Plex has eight. Somebody has edited one there, one is left alone, and
    three have new titles that no sync has seen."""
    rig = make_page_rig(count=10, absent=2)
    rig.configure(keep_plex_edits=True, exclude_tags="Of the day", path_map="/other => /media")
    rig.stash.wait_for_job(rig.stash.run_task("Sync all scenes"))
    rig.item(1).fields["summary"] = "Edited by hand"
    rig.item(2).tags["genre"].append(Tag("Mine"))
    for scene_id in (1, 2, 3):
        rig.stash.library.scenes[scene_id].title = f"Another title {scene_id}"
    return rig


def test_what_the_plugin_says_is_german(troubled: Rig, open_window: Open) -> None:
    window = open_window(troubled, host=GERMAN)
    names = [*names_of(troubled), "Edited by hand", "Stash Simulator"]
    names += [f"Another title {each}" for each in (1, 2, 3)]
    found: dict[str, list[str]] = {}

    def see(place: str, sign: str) -> None:
        window.shows(sign)
        window.settle()
        if lines := english_in(shown(window), names):
            found[place] = lines

    window.tab("changes")
    window.press("Änderungen vorab ansehen")
    see("changes", "bleibt, wie es ist: in Plex geändert")
    window.tab("failures")
    see("failures", "Gehört der Ordner zu einer Bibliothek in Plex")
    window.tab("setup")
    window.press("Jetzt prüfen")
    see("setup", "geprüften Szenen in Plex gefunden durch: gleicher Pfad")
    window.tab("changes", view="written")
    see("written", "Abgleich aller Szenen")
    for scene_id, sign in ((1, "in Plex geändert"), (9, "gesucht wurde"), (4, "gleicher Pfad")):
        window.open(f"/scenes/{scene_id}")
        window.page.get_by_role("tab", name="Plex").click()
        window.page.locator(".plexsync-scene-pane summary").click()
        see(f"scene {scene_id}", sign)
    window.tab("settings")
    window.page.get_by_label("Gleichzeitig schreiben").fill("40")
    window.press("Speichern")
    see("settings", "höchstens 16 ist möglich")
    troubled.plex.stop()
    window.tab("setup")
    window.press("Jetzt prüfen")
    see("Plex is off", "Läuft Plex, und ist seine Adresse von dort zu erreichen")
    assert found == {}


def test_sentences_that_are_put_together_are_german(make_page_rig: Make, open_window: Open) -> None:
    window = open_window(make_page_rig(count=2), answers=Canned(), host=GERMAN)
    window.open()
    window.settle()
    said = [
        *problems_of({"plex_url": "nowhere", "concurrency": 0.5, "reconcile_hours": -1}).values(),
        *problems_of({"path_map": "/a; /b => /c", "skip_fields": "everything"}).values(),
        *problems_of({"tags_as": "stars", "reconcile_hours": float("inf")}).values(),
        *(str(each) for each in _errors()),
        "scene 3 has no file. Plex only knows files; assign one in Stash or ignore this.",
        "left alone by exclude_tags, which names the tag Short above its tag One reel",
        "not in Plex, and needn't be, as partial_paths says of Films",
        "Forget 12 scene(s)",
        "Sync all scenes: 47 synced, 1 already in sync, 3 not in Plex, 2 skipped (not organized), "
        "3 failed (2 plex refused, 1 plex error); 4 more are left to the background worker",
        "Restore: 3 restored, 1 as before already, 1 with fields left, 0 failed",
        "Forget: nothing was ever written to any item of this Plex",
        "Preview: 2 item(s) would change, 3 would not, 0 scene(s) not synced; nothing was written",
        "Sync all scenes, begun by a task",
        "not written to this Plex (version 1.41): genres, cast; Plex takes no edit of it",
    ]
    told = window.page.evaluate(
        "(said) => said.map((each) => window.PlexSyncPage.textsIn('de-DE').said(each))", said
    )
    assert len(told) > 12
    assert english_in("\n".join(told), []) == []
    assert "2 übergangen (nicht organisiert), 3 gescheitert (Von Plex abgelehnt: 2, Die" in told[-6]
    assert told[-2] == "Abgleich aller Szenen, von einer Aufgabe begonnen"
    assert told[-1].endswith(": Genres, Besetzung; Plex nimmt keine Änderung davon an")
    one = [
        "Preview: 1 item(s) would change, 0 would not, 1 scene(s) not synced; nothing was written",
        "1 of 9 sampled scenes lie in folders that no Plex library has: /data",
        "library Films (movie): 1 items in /films",
    ]
    told = window.page.evaluate(
        "(said) => said.map((each) => window.PlexSyncPage.textsIn('de-DE').said(each))", one
    )
    assert told == [
        "Vorschau: Ein Eintrag würde sich ändern, 0 nicht, eine Szene wird nicht abgeglichen; "
        "nichts wurde geschrieben",
        "1 von 9 geprüften Szenen liegt in Ordnern, die keine Bibliothek in Plex hat: /data",
        "Bibliothek Films (movie): ein Eintrag in /films",
    ]


def _errors() -> list[SyncError]:
    return [
        not_plex("status 405"),
        not_plex("no machineIdentifier"),
        translate_plex_exception(TypeError("'NoneType' object is not subscriptable")),
    ]


def test_what_no_table_knows_stays_as_it_is(make_page_rig: Make, open_window: Open) -> None:
    """Be it new, somebody's title, or markup; and English pages need no table."""
    window = open_window(make_page_rig(count=2), answers=Canned(), host=GERMAN)
    window.open()
    window.settle()
    said = ["Something new: {of} no 'table'.", "<b>is</b>", "", "…", "Plex refuses the token now"]
    said += ["Nobody failed", "All synced", "What they restored", "Murder, he failed"]
    script = "([locale, said]) => said.map((each) => PlexSyncPage.textsIn(locale).said(each))"
    assert window.page.evaluate(script, ["de-DE", said]) == said
    assert window.page.evaluate(script, ["en-GB", said]) == said
    known = ["Plex refuses the token"]
    assert window.page.evaluate(script, ["en-GB", known]) == known
    assert window.page.evaluate(script, ["fr-FR", known]) == known
    held = ["Plex failed: <img src=x> {what} 'it'"]
    told = ["Plex ist gescheitert: <img src=x> {what} 'it'"]
    assert window.page.evaluate(script, ["de-DE", held]) == told
