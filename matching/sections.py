"""Which libraries are meant: by the names in the settings, and by the folders that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plex.client import PlexSection
from plex.exceptions import PlexSettingsError
from plex.matcher import PathRule
from plex.paths import below, moved, plain, spelt_as
from validation.config import is_whole_path


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a section: `names` below its location `place`."""

    section_key: str
    place: str
    names: tuple[str, ...]

    @property
    def path(self) -> str:
        """As Plex spells it."""
        if not self.names:
            return self.place
        between = "\\" if "\\" in self.place and not self.place.startswith("/") else "/"
        return between.join((self.place.rstrip("/\\"), *self.names))

    def contains(self, other: Folder) -> bool:
        """Whether the other one is this folder or in it."""
        return (self.section_key, self.place, self.names) == (
            other.section_key,
            other.place,
            other.names[: len(self.names)],
        )


def chosen_sections(sections: Sequence[PlexSection], names: Sequence[str]) -> list[PlexSection]:
    """The sections with these names, in any case; all if there are none. Names needn't be unique.

    Raises PlexSettingsError if one doesn't exist, or if there is no section at all.
    """
    wanted = {name.casefold() for name in names}
    existing = {section.title.casefold() for section in sections}
    missing = [name for name in names if name.casefold() not in existing]
    if missing:
        titles = ", ".join(section.title for section in sections) or "none"
        raise PlexSettingsError(
            f"Plex has no movie or show library called {missing[0]!r}",
            advice=f"Correct plex_libraries; Plex has: {titles}.",
        )
    if not sections:
        raise PlexSettingsError(
            "Plex has no movie or show library",
            advice="Add Stash's folders to Plex as a library of type Movies or Other Videos.",
        )
    return [each for each in sections if not wanted or each.title.casefold() in wanted]


def sections_holding(sections: Sequence[PlexSection], paths: Iterable[str]) -> list[PlexSection]:
    """The sections in one of whose folders a file of one of these paths can lie; `paths` as Plex
    may see them."""
    paths = list(paths)
    return [
        section
        for section in sections
        if any(below(path, place) is not None for path in paths for place in section.locations)
    ]


def partial_place(
    paths: Sequence[str],
    places: Iterable[str],
    sections: Sequence[PlexSection],
    rules: Sequence[PathRule],
) -> str:
    """The one of `places`, folders as Stash sees them or names of libraries, in which a file of
    these `paths` of Stash's lies; "" if none."""
    for place in places:
        if is_whole_path(place):
            is_there = any(below(path, place) is not None for path in paths)
        else:
            named = [each for each in sections if each.title.casefold() == place.casefold()]
            seen = (each for path in paths for each in possible_paths(path, rules))
            is_there = bool(sections_holding(named, seen))
        if is_there:
            return place
    return ""


def possible_paths(path: str, rules: Iterable[PathRule]) -> list[str]:
    """Where Plex may see a file of Stash's: as it is, and as each of the rules says."""
    targets = [moved(path, rule.source, rule.target) for rule in rules]
    return [path, *(spelt_as(target, path) for target in targets if target)]


def folders_of(sections: Sequence[PlexSection], paths: Iterable[str]) -> list[Folder]:
    """The folders of the sections in which these files lie; `paths` as Plex may see them."""
    paths = list(paths)
    found: dict[Folder, None] = {}
    for section in sections:
        for place in section.locations:
            for path in paths:
                rest = below(path, place)
                if rest:
                    # The end of the path itself, since `rest` is not spelt as the disk spells it.
                    names = plain(path).split("/")[-rest.count("/") : -1]
                    found[Folder(section.key, place, tuple(names))] = None
    return list(found)


def fewer_folders(folders: Iterable[Folder], most: int) -> list[Folder]:
    """At most so many folders that hold all of these: the deepest give way to those they lie in.
    More only where there are more locations than that."""
    kept = dict.fromkeys(folders)
    while len(kept) > most and (deepest := max(len(each.names) for each in kept)):
        kept = dict.fromkeys(
            Folder(each.section_key, each.place, each.names[: deepest - 1]) for each in kept
        )
    return list(kept)
