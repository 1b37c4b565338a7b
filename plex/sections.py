"""Which libraries are meant: by the names in the settings, and by the folders that they hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plex.client import PlexSection
from plex.exceptions import PlexSettingsError
from plex.paths import below


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
