"""The plugin's sentences have a translation, and no translation is of a sentence that is gone."""

from __future__ import annotations

import re

from simulators.rig import TREE
from tests.ui.sentences import as_read, in_short, sentences

GERMAN = as_read(TREE / "ui" / "texts" / "de_sentences.js")
KNOWN = {in_short(wording) for wording in GERMAN}

# What the sources put together, or others say: the browser's tests meet it.
COMPOSED = {
    # Of a scene: what fits it goes on after a comma, or stands before it.
    *("scene {}: {}", "no file", "nothing to sync", "left alone by {}, {}"),
    *("not in Plex, and needn't be, {}", "which names the {} {} above its {} {}"),
    *("path_map ({})", "learned mapping ({})", "same path in other case ({})", "… and {} more"),
    # pydantic's, and what is added to them.
    *("{} is not valid; {}", "input should be {}", "input should be a finite number"),
    *("input should be greater than or equal to {}", "input should be less than or equal to {}"),
    "input should be a valid integer, got a number with a fractional part",
    # The system's, and the library's.
    "Connection refused",
    # Signing in.
    *("{} ({}): {}", "it has no address"),
    "Start it again and enter the code as the owner of the server",
    "Start it again and enter the code as the owner of the server. It may only use {}",
    # What an operation was given wrong that a person may have brought about.
    *("{} can't have the entry {}", "Expected texts without {}"),
    *("the last preview has no change of {}", "Compute it anew, then look"),
    "{} ended because of a bug; see the log",
    # How runs came out.
    *("{} synced", "{} already in sync", "{} not in Plex", "{} skipped ({})", "{} failed"),
    *("{} failed ({})", "{} restored", "{} handed over", "{} as before already"),
    *("{} with fields left", "Restore", "Forget", "Process queue", "Sync recent changes"),
    *("Retry failed", "Sync of {} scene(s)", "{} more are left to the background worker"),
    "{} of them waited in the queue or came meanwhile",
    "nothing was ever written to any item of this Plex",
    "nothing was ever written to scene {} of this Plex",
    "Preview: {} item(s) would change, {} would not, {} scene(s) not synced; nothing was written",
    # Pillow, first writes, libraries, runs.
    *("It is being installed", "It is not installed", "It could not be installed: {}"),
    *("It is installed, but this process cannot load it", "no folder"),
    *("What was written to {} item(s) is taken back", "{}: expected {}, came {}"),
    *("What was written to {} item(s) is taken back, but not all of it: {}", "lock of {}: {}"),
    "{}; and {} more",
    "{}, begun by a task",
}
# One of the above, of which only the beginning can be read.
BEGUN = {"{} is not valid;", "Start it again and enter the code as the owner of the server.{}"}


def test_every_sentence_of_the_plugin_is_in_the_table() -> None:
    said = {in_short(each): files for each, files in sentences().items()}
    assert len(said) > 200
    missing = {each: files for each, files in said.items() if each not in KNOWN | BEGUN}
    assert missing == {}, "ui/texts/de_sentences.js lacks them"


def test_no_translation_is_of_a_sentence_that_is_gone() -> None:
    said = {in_short(each) for each in sentences()} | COMPOSED
    assert sorted(KNOWN - said) == []


def test_what_a_sentence_holds_has_the_same_name_in_the_translation() -> None:
    differing = {
        wording
        for wording, text in GERMAN.items()
        # How a command is called is nothing for the page, which has a button for it.
        if _holds(text) != _holds(wording) and "the command restore --scene" not in wording
    }
    assert differing == set()


def test_no_wording_is_there_twice() -> None:
    """One would hide the other."""
    texts = (TREE / "ui" / "texts" / "de_sentences.js").read_text(encoding="utf-8")
    entries = re.findall(r'^    "', texts, re.MULTILINE)
    assert len(entries) == len(GERMAN) == len(KNOWN)


def _holds(text: str) -> set[str]:
    # Not the texts within a plural.
    return set(re.findall(r"(?<!one )(?<!other )\{(\w+)[,}]", text))
