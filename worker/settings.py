"""The plugin's settings as they are in Stash right now."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from errors import SettingsError
from logs.redact import redact, remember_secret
from net.trust import also_trust
from rest.idle import digest
from storage.token_file import GIVEN, SETTING, TokenFile, completed, in_settings, where
from validation.config import PlexSyncConfig, ca_file_of, check_token, load_config
from worker.plugin_enabled import Wanted

log = logging.getLogger(__name__)


class Settings:
    """A configuration that is fixed, or read by `read` whenever `refresh` is called.

    `write` replaces all that is stored. `overrides` count before what is stored, and are never
    stored. `wanted`: whether they are still there to be read, for whoever writes to Plex.
    `keep_ca_file` gets the setting of that name whenever it was read. `token_file` has the token
    that counts where the settings have none.
    """

    def __init__(
        self,
        config: PlexSyncConfig | None = None,
        read: Callable[[], Mapping[str, Any]] | None = None,
        write: Callable[[Mapping[str, Any]], None] | None = None,
        overrides: Mapping[str, Any] | None = None,
        wanted: Wanted | None = None,
        keep_ca_file: Callable[[str], None] | None = None,
        token_file: TokenFile | None = None,
    ) -> None:
        self.wanted = wanted
        self._config = config
        self._read = read
        self._write = write
        self._overrides = overrides or {}
        self._keep_ca_file = keep_ca_file
        self.token_file = token_file
        self._stored: Mapping[str, Any] | None = None
        self._told: set[str] = set()
        self.token_source = ""
        """Where the token of the last `refresh` that read one is: see `storage.token_file`."""
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

    @property
    def digest(self) -> str:
        """See `rest.idle.digest`."""
        return digest(self._stored or {})

    def refresh(self) -> bool:
        """Read the settings again; True if they changed. Problems are logged once.

        Raises SettingsError when they don't do, and what reading them raises.
        """
        if self._read is None:
            return False
        read = self._read()
        stored = completed({**read, **self._overrides}, self.token_file)
        is_given = in_settings(self._overrides)
        self.token_source = GIVEN if is_given else where(read, self.token_file)
        if self.wanted:
            self.wanted.answered()
        if self._config is not None and stored == self._stored:
            return False
        self._stored, self._config = stored, None
        # Typed into another setting it would be repeated by what is wrong with that.
        remember_secret(str(stored.get("plex_token") or "").strip())
        self._trust(stored)
        self._config, problems = load_config(stored)
        self.problems = [redact(each) for each in problems]
        for problem in self.problems:
            if problem not in self._told:
                log.warning("%s", problem)
                self._told.add(problem)
        return True

    def stored(self) -> dict[str, Any]:
        """What is stored right now and what overrides it, unchecked; but its `ca_file` is trusted
        from now on."""
        stored = {**(self._read() if self._read else {}), **self._overrides}
        self._trust(stored)
        return stored

    def sign_in(self, url: str, token: str) -> None:
        """Keep this token for the server at `url`: in its file, and no longer in the settings,
        where another one would count before it. Raises SettingsError, StorageError."""
        self.keep_token(token, {"plex_url": url})

    def move_token(self) -> bool:
        """Move the token from the settings to its file; False if there is none in them. Raises
        SettingsError, StorageError."""
        token = in_settings(self._read() if self._read else {})
        if not token:
            return False
        self.keep_token(check_token(token))
        return True

    def keep_token(self, token: str, changes: Mapping[str, Any] | None = None) -> None:
        """Keep a token in its file, and none in the settings, together with these changes of them.
        Raises SettingsError, StorageError."""
        if self._read is None or self.token_file is None:
            raise SettingsError("these settings are fixed")
        # Whatever ends this process, one of the two has a token.
        self.token_file.write(token)
        emptied = {SETTING: ""} if in_settings(self._read()) else {}
        if changes or emptied:
            self.change({**(changes or {}), **emptied})

    def change(self, changes: Mapping[str, Any]) -> None:
        """Store these and leave all others as they are; None stands for a setting that is to be
        unset. Raises SettingsError if Stash doesn't keep them."""
        if self._read is None or self._write is None:
            raise SettingsError("these settings are fixed")
        # Read last: what the user has changed meanwhile mustn't be lost.
        wanted = {**self._read(), **changes}
        self._write({key: value for key, value in wanted.items() if value is not None})
        kept = self._read()
        lost = sorted(key for key in wanted if kept.get(key) != wanted[key])
        if lost:
            raise SettingsError(
                f"Stash did not keep the settings {', '.join(lost)}",
                advice="Is its config file writable? Look at them under Settings > Plugins.",
            )

    def _trust(self, stored: Mapping[str, Any]) -> None:
        """Also where other settings are wrong or missing: signing in brings those."""
        path = ca_file_of(stored)
        also_trust(path)
        if self._keep_ca_file:
            self._keep_ca_file(path)
