"""Which Plex file is this file of a scene? A ladder of rules, first hit wins, each with its name.

Pure: it asks a `FileSource` (the path index, or a fake) and answers with a value that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from plex.paths import base_name, folded, moved, path_key

SAME_PATH = "same path"
PATH_MAP = "path_map"
LEARNED = "learned mapping"
SAME_PATH_ANY_CASE = "same path in other case"
NAME_AND_SIZE = "same name and size"
NAME_AND_DURATION = "same name and duration"

DURATION_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a Plex item. `path` as Plex spells it, `size` in bytes, 0 = unknown."""

    rating_key: int
    section_key: str
    path: str
    size: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file of a scene. `path` as Stash spells it, `size` in bytes, 0 = unknown."""

    path: str
    size: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PathRule:
    """Files below `source` in Stash's view are below `target` in Plex's view."""

    source: str
    target: str
    name: str = PATH_MAP


@dataclass(frozen=True, slots=True)
class Matched:
    """The file, once for every item and section that has it, and the rule that found it."""

    files: tuple[KnownFile, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several different files fit equally well, so none is taken."""

    candidates: tuple[KnownFile, ...]
    because: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No rule found anything; `tried` lists the paths that were looked for."""

    tried: tuple[str, ...]


Match = Matched | Ambiguous | NotFound


class FileSource(Protocol):
    """Where Plex's files are looked up: one section of the path index, or several."""

    def files_at(self, folded_path: str) -> list[KnownFile]:
        """The files whose `folded` path is this one."""

    def files_named(self, folded_name: str) -> list[KnownFile]:
        """The files whose folded base name is this one."""


def find_plex_item_by_path(
    section: FileSource,
    file_path: str,
    *,
    size: int = 0,
    duration_s: float = 0.0,
    rules: Sequence[PathRule] = (),
) -> Match:
    """Find a scene's file in a section (or whatever `section` looks through).

    `file_path` is Stash's view of it, `size` in bytes, `duration_s` in seconds; 0 means unknown
    and rules that need them are skipped. `rules` translate Stash's folders into Plex's.
    """
    wanted = WantedFile(file_path, size, duration_s)
    spellings = _spellings(file_path, rules)
    for path, because in spellings:
        exact = [each for each in section.files_at(folded(path)) if path_key(each.path) == path]
        if exact:
            return Matched(tuple(exact), because)
    rungs: tuple[Callable[[], Match | None], ...] = (
        lambda: _any_case(section, spellings),
        lambda: _by_name(section, wanted, NAME_AND_SIZE, _same_size),
        lambda: _by_name(section, wanted, NAME_AND_DURATION, _same_duration),
    )
    for rung in rungs:
        match = rung()
        if match is not None:
            return match
    return NotFound(tuple(path for path, _ in spellings))


def _spellings(path: str, rules: Sequence[PathRule]) -> list[tuple[str, str]]:
    """The path as Plex may know it, with the rule that says so, in the order to try.

    The longest prefix is the most particular one, so it goes first.
    """
    found = [(path_key(path), SAME_PATH)]
    for rule in sorted(rules, key=lambda rule: (rule.name == LEARNED, -len(rule.source))):
        target = moved(path, rule.source, rule.target)
        if target is not None and target not in (known for known, _ in found):
            found.append((target, rule.name))
    return found


def _any_case(section: FileSource, spellings: Iterable[tuple[str, str]]) -> Match | None:
    for path, _ in spellings:
        found = section.files_at(folded(path))
        if found:
            return _unique(found, SAME_PATH_ANY_CASE)
    return None


def _by_name(
    section: FileSource,
    wanted: WantedFile,
    because: str,
    fits: Callable[[WantedFile, KnownFile], bool],
) -> Match | None:
    name = base_name(wanted.path)
    found = [
        each
        for each in section.files_named(name.casefold())
        if base_name(each.path) == name and fits(wanted, each)
    ]
    return _unique(found, because) if found else None


def _same_size(wanted: WantedFile, known: KnownFile) -> bool:
    return wanted.size > 0 and wanted.size == known.size


def _same_duration(wanted: WantedFile, known: KnownFile) -> bool:
    return (
        wanted.duration_s > 0
        and known.duration_s > 0
        and abs(wanted.duration_s - known.duration_s) <= DURATION_TOLERANCE_S
    )


def _unique(found: Sequence[KnownFile], because: str) -> Match:
    """One file may be several items (two sections); several files are a question."""
    paths = {path_key(each.path) for each in found}
    return Matched(tuple(found), because) if len(paths) == 1 else Ambiguous(tuple(found), because)
