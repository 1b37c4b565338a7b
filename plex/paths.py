"""Paths of two machines compared as text. Neither machine is this one, so os.path is no help."""

from __future__ import annotations

import unicodedata


def path_key(path: str) -> str:
    """What two spellings of the same path have in common: Unicode form and separators."""
    return unicodedata.normalize("NFC", path).replace("\\", "/")


def folded(path: str) -> str:
    """The key without regard to case."""
    return path_key(path).casefold()


def base_name(path: str) -> str:
    return path_key(path).rpartition("/")[2]


def folder(path: str) -> str:
    return path_key(path).rpartition("/")[0]


def below(path: str, prefix: str) -> str | None:
    """What follows `prefix` in `path`, whole folder names only; None if it isn't below it."""
    key, start = path_key(path), path_key(prefix).rstrip("/")
    if key == start:
        return ""
    return key[len(start) :] if key.startswith(start + "/") else None


def moved(path: str, source: str, target: str) -> str | None:
    """`path` with the folder `source` replaced by `target`; None if it isn't below it."""
    rest = below(path, source)
    return None if rest is None else path_key(target).rstrip("/") + rest
