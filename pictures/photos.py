"""Photos of the cast: Plex gets their addresses only where Stash shows them to anybody."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from stash.client import StashClient
from stash.public_access import LoginNeeded, Open, Openness, Unclear
from validation.config import PlexSyncConfig
from validation.scene import Scene

log = logging.getLogger(__name__)

NEEDS_LOGIN = (
    "cast_photos is on, but Stash asks for a login, and Plex fetches the pictures without one"
)
NEEDS_LOGIN_ADVICE = "Turn cast_photos off: no photos are given to Plex."


class CastPhotos:
    """The answer of Stash, asked for once per configuration (and so per process)."""

    def __init__(self, stash: StashClient) -> None:
        self._stash = stash
        self._asked_for: PlexSyncConfig | None = None
        self._possible: PlexSyncConfig | None = None

    def possible(self, config: PlexSyncConfig, scenes: Iterable[Scene]) -> PlexSyncConfig:
        """The configuration, without photos where Plex could not fetch them. What can't be had is
        told once. Raises StashUnavailable."""
        if not config.cast_photos:
            return config
        if self._possible is None or config is not self._asked_for:
            performer_id = next((each.id for scene in scenes for each in scene.performers), None)
            if performer_id is None:
                return config
            openness = self._stash.performer_pictures(performer_id)
            _tell(openness)
            is_open = isinstance(openness, Open)
            self._asked_for = config
            self._possible = config.model_copy(update={"cast_photos": is_open})
        return self._possible


def _tell(openness: Openness) -> None:
    match openness:
        case LoginNeeded():
            log.warning("%s. %s", NEEDS_LOGIN, NEEDS_LOGIN_ADVICE)
        case Unclear(because):
            log.warning("cast_photos: no photos are given to Plex, since %s", because)
