"""People by name, which is all that Plex knows of them: performers and directors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sync.text import MAX_LINE, one_line
from validation.scene import Performer, Scene

_SEPARATOR = re.compile(r"\s*[,;]\s*")
# What follows a comma and is still the same person.
_SUFFIX = re.compile(r"(?:jr|sr|jnr|snr|esq|ph\.?d|m\.?d|i{2,3}|iv)\.?", re.IGNORECASE)
_INITIAL = re.compile(r"\w\.?")


@dataclass(frozen=True, slots=True)
class ShownPerformer:
    """A performer as Plex shows them: a name that nobody else in Stash has, and a role text."""

    performer: Performer
    name: str
    role: str


def shown_performers(scene: Scene) -> list[ShownPerformer]:
    """The scene's performers that have a name, by id: Stash's own order means nothing, and
    optimising its database turns it around.

    Those who share their name get their disambiguation in brackets: to Plex two people of one name
    are one. For the others it is the role text.
    """
    found = []
    for each in sorted(scene.performers, key=lambda performer: performer.id):
        name, besides = one_line(each.name), one_line(each.disambiguation)
        if name and each.namesakes and besides:
            found.append(ShownPerformer(each, _in_brackets(name, besides), ""))
        elif name:
            found.append(ShownPerformer(each, name, besides))
    return found


def _in_brackets(name: str, besides: str) -> str:
    """As Stash itself shows it. Of a name that is too long what tells it apart stays."""
    besides = one_line(besides, MAX_LINE // 2)
    return f"{one_line(name, MAX_LINE - len(besides) - 3)} ({besides})"


def directors(text: str) -> list[str]:
    """The people in Stash's one text, at commas and semicolons, but for the commas within a name:
    "Douglas Fairbanks, Jr." is one person, and so is "Fairbanks, Douglas, Jr."."""
    return [", ".join(parts) for parts in _people(_SEPARATOR.split(text.strip()))]


def _people(parts: list[str]) -> Iterator[list[str]]:
    """The parts of each person's name."""
    person: list[str] = []
    for at, part in enumerate(parts):
        if person and not _SUFFIX.fullmatch(part) and not _is_surname(person, parts[at:]):
            yield person
            person = []
        if part:
            person = [*person, part]
    if person:
        yield person


def _is_surname(person: list[str], rest: list[str]) -> bool:
    """Whether `rest` goes on with the given name of what is only a surname so far: a single word
    before a suffix is nobody's full name."""
    has_suffix = len(rest) > 1 and bool(_SUFFIX.fullmatch(rest[1]))
    return has_suffix and len(person) == 1 and _is_single(person[0]) and _is_single(rest[0])


def _is_single(name: str) -> bool:
    return sum(not _INITIAL.fullmatch(word) for word in name.split()) == 1
