"""Paths of two machines compared as text. Neither machine is this one, so os.path is no help."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_DRIVE = re.compile(r"[A-Za-z]:(?=[\\/]|$)")


def plain(path: str) -> str:
    """The path with / between folders and a capital drive letter; letters as they are spelt.

    A path that begins with one / is not Windows': there a backslash is part of a name. Two begin
    a share, which Plex on Windows lists as \\\\host\\share and as //host/share.
    """
    if path.startswith("/") and not path.startswith("//"):
        return path
    text = path.replace("\\", "/")
    return text[0].upper() + text[1:] if _DRIVE.match(text) else text


def path_key(path: str) -> str:
    """What two spellings of one path have in common: separators, drive letter, Unicode form."""
    return unicodedata.normalize("NFC", plain(path))


def folded(path: str) -> str:
    """The key without regard to case."""
    return path_key(path).casefold()


def base_name(path: str) -> str:
    return path_key(path).rpartition("/")[2]


def folder(path: str) -> str:
    return path_key(path).rpartition("/")[0]


def below(path: str, prefix: str) -> str | None:
    """What follows `prefix` in `path`, whole folder names only; None if it isn't below it.

    Case counts, except on Windows' paths: there the user types what they please.
    """
    key, start = path_key(path), path_key(prefix).rstrip("/")
    parts, wanted = key.split("/"), start.split("/")
    head = parts[: len(wanted)]
    same = head == wanted or (_is_windows(start) and _lower(head) == _lower(wanted))
    return "".join(f"/{part}" for part in parts[len(wanted) :]) if same else None


def moved(path: str, source: str, target: str) -> str | None:
    """`path` with the folder `source` replaced by `target`; None if it isn't below it."""
    rest = below(path, source)
    return None if rest is None else path_key(target).rstrip("/") + rest


def spelt_as(path: str, original: str) -> str:
    """`path` with the names that it ends in spelt as `original` spells them: a disk may know a
    folder by that Unicode form only."""
    names, others = path.split("/"), plain(original).split("/")
    for n in range(1, min(len(names), len(others)) + 1):
        if names[-n] != unicodedata.normalize("NFC", others[-n]):
            break
        names[-n] = others[-n]
    return "/".join(names)


def prefix_pair(path: str, other: str) -> tuple[str, str] | None:
    """The folders that differ between two paths of one file: what is left of both when the
    folders and the name that they end in alike are taken away.

    None if not even the names are alike, or the paths are the same. A drive letter and the server
    and share of a UNC path always stay in the prefix.
    """
    parts, others = path_key(path).split("/"), path_key(other).split("/")
    if parts == others:
        return None
    most = min(len(parts) - _rooted(parts), len(others) - _rooted(others))
    alike = 0
    while alike < most and parts[-1 - alike] == others[-1 - alike]:
        alike += 1
    if not alike:
        return None
    return "/".join(parts[:-alike]) or "/", "/".join(others[:-alike]) or "/"


def _rooted(parts: Sequence[str]) -> int:
    """How many parts make the root: "", "D:" or "", "", server, share."""
    return 4 if len(parts) > 4 and parts[:2] == ["", ""] else 1


def _is_windows(key: str) -> bool:
    return key.startswith("//") or _DRIVE.match(key) is not None


def _lower(parts: Sequence[str]) -> list[str]:
    return [part.casefold() for part in parts]
