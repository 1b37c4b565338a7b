"""A few Plex files in memory, as the matcher sees them."""

from __future__ import annotations

from collections.abc import Iterable

from plex.matcher import KnownFile
from plex.paths import base_name, folded


class Shelf:
    """A `plex.matcher.FileSource`."""

    def __init__(self, files: Iterable[KnownFile]) -> None:
        self.files = list(files)

    def files_at(self, folded_path: str) -> list[KnownFile]:
        return [each for each in self.files if folded(each.path) == folded_path]

    def files_named(self, folded_name: str) -> list[KnownFile]:
        return [each for each in self.files if base_name(each.path).casefold() == folded_name]


def known(
    path: str, size: int = 0, duration_s: float = 0.0, *, key: int = 1, section: str = "1"
) -> KnownFile:
    return KnownFile(key, section, path, size, duration_s)
