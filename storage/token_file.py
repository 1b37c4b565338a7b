"""The Plex token that signing in brought, in a file that only its owner may read: Stash's settings
can be read by every script in Stash's page. A token in the settings counts before it.

Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from storage.files import StorageError, make_private_folder, write_private

FILE_NAME = "plex-token"
SETTING = "plex_token"
IN_SETTINGS, IN_FILE, NOWHERE = "settings", "file", "none"
# By an argument or a variable of the command line, which count before both.
GIVEN = "given"


class TokenFile:
    """Of one data folder."""

    def __init__(self, data_dir: str) -> None:
        self._data_dir = data_dir
        self.path = os.path.join(data_dir, FILE_NAME)

    def read(self) -> str:
        """The token; "" if there is none, or none that can be read."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                return file.read().strip()
        except OSError:
            return ""

    def write(self, token: str) -> None:
        """Keep the token, durably, in the place of any other. Raises StorageError."""
        make_private_folder(self._data_dir)
        try:
            write_private(self.path, token)
        except OSError as error:
            raise self._error("written", error) from error
        if self.read() != token:
            raise StorageError(f"{self.path} does not hold what was written to it")

    def remove(self) -> None:
        """Raises StorageError."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._error("removed", error) from error

    def _error(self, what: str, error: OSError) -> StorageError:
        return StorageError(
            f"{self.path} cannot be {what}: {error.strerror}. The folder must belong to the user "
            "that runs Stash."
        )


def in_settings(settings: Mapping[str, Any]) -> str:
    """The token that somebody typed into Stash's settings; "" if nobody did."""
    given = settings.get(SETTING)
    return given.strip() if isinstance(given, str) else ""


def completed(settings: Mapping[str, Any], kept: TokenFile | None) -> dict[str, Any]:
    """The settings with the kept token where they have none."""
    token = kept.read() if kept and not in_settings(settings) else ""
    return {**settings, SETTING: token} if token else dict(settings)


def where(settings: Mapping[str, Any], kept: TokenFile | None) -> str:
    """Which token counts: IN_SETTINGS, IN_FILE or NOWHERE."""
    if in_settings(settings):
        return IN_SETTINGS
    return IN_FILE if kept and kept.read() else NOWHERE
