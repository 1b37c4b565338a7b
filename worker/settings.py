"""The plugin's settings as they are in Stash right now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from validation.config import PlexSyncConfig, load_config
from worker.errors import SettingsError

log = logging.getLogger(__name__)


class Settings:
    """A configuration that is fixed, or read by `read` whenever `refresh` is called."""

    def __init__(
        self,
        config: PlexSyncConfig | None = None,
        read: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self._config = config
        self._read = read
        self._stored: Mapping[str, Any] | None = None
        self._told: set[str] = set()
        self.problems: list[str] = []
        """What was wrong with optional settings at the last `refresh` that read them."""

    @property
    def is_known(self) -> bool:
        """Whether the last `refresh` found settings that will do."""
        return self._config is not None

    @property
    def config(self) -> PlexSyncConfig:
        """The configuration of the last `refresh`. Raises SettingsError if there is none."""
        if self._config is None:
            raise SettingsError("the settings have not been read")
        return self._config

    def refresh(self) -> bool:
        """Read the settings again; True if they changed. Problems are logged once.

        Raises SettingsError when they don't do, and what reading them raises.
        """
        if self._read is None:
            return False
        stored = self._read()
        if self._config is not None and stored == self._stored:
            return False
        self._stored, self._config = stored, None
        self._config, self.problems = load_config(stored)
        for problem in self.problems:
            if problem not in self._told:
                log.warning("%s", problem)
                self._told.add(problem)
        return True
