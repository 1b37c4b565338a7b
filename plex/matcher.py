"""Which Plex file is this file of a scene? A ladder of rules, first hit wins, each with its name.

Pure: it asks a `FileSource` (the path index, or a fake) and answers with a value that says why.
docs/matching.md explains the ladder to users; keep it in step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from plex.generic_names import is_generic
from plex.paths import base_name, folded, moved, path_key, plain

SAME_PATH = "same path"
PATH_MAP = "path_map"
LEARNED = "learned mapping"
ANY_CASE = "same path in other case"
NAME_AND_SIZE = "same name and size"
NAME_AND_SIZE_ANY_CASE = "same name in other case and same size"
NAME_AND_DURATION = "same name and duration"
NAME_AND_DURATION_ANY_CASE = "same name in other case and same duration"
OTHER_CONTENT = "same path, but other size and duration"

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

    def __str__(self) -> str:
        return f"{self.source} => {self.target}"


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
    """No rule found anything; `tried` lists the paths that were looked for, `doubted` the files
    that are at one of them but have another size and duration."""

    tried: tuple[str, ...]
    doubted: tuple[KnownFile, ...] = ()


Match = Matched | Ambiguous | NotFound


@dataclass(frozen=True, slots=True)
class Rung:
    """One rule tried. `looked_for`: the path or name; `doubted`: files that are where the rule
    says but whose size and duration say otherwise; `rule`: the mapping, if one was used."""

    because: str
    looked_for: str
    fits: tuple[KnownFile, ...]
    doubted: tuple[KnownFile, ...] = ()
    rule: PathRule | None = None


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
    by_path = list(path_rungs(section, wanted, rules))
    first = next((rung for rung in by_path if rung.fits), None)
    if first:
        return _on_every_mount(first, by_path, wanted)
    for rung in fallback_rungs(section, wanted, by_path):
        if rung.fits:
            return _single(rung, wanted)
    return _replaced(by_path, wanted) or NotFound(
        tuple(rung.looked_for for rung in by_path),
        tuple(dict.fromkeys(file for rung in by_path for file in rung.doubted)),
    )


def path_rungs(
    section: FileSource, wanted: WantedFile, rules: Sequence[PathRule]
) -> Iterator[Rung]:
    """The same path, then as path_map says, then as learned mappings say.

    The longest prefix is the most particular one, so it goes first.
    """
    own = path_key(wanted.path)
    yield _path_rung(section, wanted, own, SAME_PATH, None)
    seen = {own}
    for rule in sorted(rules, key=lambda rule: (rule.name == LEARNED, -len(rule.source))):
        target = moved(wanted.path, rule.source, rule.target)
        if target is not None and target not in seen:
            seen.add(target)
            yield _path_rung(section, wanted, target, rule.name, rule)


def fallback_rungs(
    section: FileSource, wanted: WantedFile, by_path: Sequence[Rung]
) -> Iterator[Rung]:
    """What is tried when no path fits: case ignored, then the name with size, with duration."""
    for rung in by_path:
        found = section.files_at(folded(rung.looked_for))
        # Where case counts, X and x are two files: here the size must not say otherwise.
        fits = [
            each
            for each in found
            if path_key(each.path) != rung.looked_for and not _other_size(wanted, each)
        ]
        yield Rung(ANY_CASE, rung.looked_for, tuple(fits), rule=rung.rule)
    name = base_name(wanted.path)
    in_any_case = section.files_named(name.casefold())
    in_this_case = [each for each in in_any_case if base_name(each.path) == name]
    for because, any_case, fit in _NAME_RUNGS:
        named = in_any_case if any_case else in_this_case
        yield Rung(because, name, tuple(fit(wanted, named)))


def _path_rung(
    section: FileSource, wanted: WantedFile, path: str, because: str, rule: PathRule | None
) -> Rung:
    found = [each for each in section.files_at(folded(path)) if path_key(each.path) == path]
    doubted = tuple(each for each in found if _is_other_content(wanted, each))
    fits = tuple(each for each in found if each not in doubted)
    return Rung(because, path, fits, doubted, rule)


def _on_every_mount(first: Rung, by_path: Sequence[Rung], wanted: WantedFile) -> Match:
    """The hit, and the same file wherever another mapping of the same folder shows it again."""
    match = _single(first, wanted)
    if not isinstance(match, Matched):
        return match
    files = dict.fromkeys(match.files)
    for rung in by_path:
        if rung is first:
            continue
        twin = _single(rung, wanted) if rung.fits else None
        if isinstance(twin, Matched):
            files.update(
                dict.fromkeys(
                    each
                    for each in twin.files
                    if _same_size(wanted, each) or _share_source(first, rung)
                )
            )
    return Matched(tuple(files), match.because)


def _share_source(first: Rung, other: Rung) -> bool:
    return (
        first.rule is not None
        and other.rule is not None
        and (first.rule.name, first.rule.source) == (other.rule.name, other.rule.source)
    )


def _single(rung: Rung, wanted: WantedFile) -> Match:
    """One file may be several items (two sections); several files are a question.

    Paths that differ in Unicode form only are still two files on most disks.
    """
    for fits in (
        rung.fits,
        [each for each in rung.fits if _same_size(wanted, each)],
        [each for each in rung.fits if plain(each.path) == plain(wanted.path)],
    ):
        if len({plain(each.path) for each in fits}) == 1:
            return Matched(tuple(fits), rung.because)
    return Ambiguous(rung.fits, rung.because)


def _replaced(by_path: Sequence[Rung], wanted: WantedFile) -> Match | None:
    """The file at the same path although size and duration differ: one server may not have seen
    yet that it was replaced.

    Not if a mapping says that the path means another folder in Plex, and never on the word of a
    mapping that was only learned.
    """
    said = next((rung for rung in by_path if rung.because == PATH_MAP), None)
    learned = any(rung.because == LEARNED for rung in by_path)
    rung = said or (None if learned else by_path[0])
    if rung is None or not rung.doubted:
        return None
    return _single(Rung(OTHER_CONTENT, rung.looked_for, rung.doubted), wanted)


def _of_same_size(wanted: WantedFile, named: Sequence[KnownFile]) -> list[KnownFile]:
    # DVDs are cut into files of one size and name, so such a name needs the duration as well.
    is_doubtful = is_generic(base_name(wanted.path))
    return [
        each
        for each in named
        if _same_size(wanted, each) and not (is_doubtful and _other_duration(wanted, each))
    ]


def _of_same_duration(wanted: WantedFile, named: Sequence[KnownFile]) -> list[KnownFile]:
    # Among many films called alike some last equally long: only a name of its own proves it.
    if is_generic(base_name(wanted.path)) or len({plain(each.path) for each in named}) > 1:
        return []
    return [each for each in named if _same_duration(wanted, each)]


_NAME_RUNGS: tuple[
    tuple[str, bool, Callable[[WantedFile, Sequence[KnownFile]], list[KnownFile]]], ...
] = (
    (NAME_AND_SIZE, False, _of_same_size),
    (NAME_AND_SIZE_ANY_CASE, True, _of_same_size),
    (NAME_AND_DURATION, False, _of_same_duration),
    (NAME_AND_DURATION_ANY_CASE, True, _of_same_duration),
)


def _is_other_content(wanted: WantedFile, known: KnownFile) -> bool:
    """A file that was converted in place has another size, but still lasts as long."""
    return _other_size(wanted, known) and not _same_duration(wanted, known)


def _same_size(wanted: WantedFile, known: KnownFile) -> bool:
    return wanted.size > 0 and wanted.size == known.size


def _other_size(wanted: WantedFile, known: KnownFile) -> bool:
    return wanted.size > 0 and known.size > 0 and wanted.size != known.size


def _same_duration(wanted: WantedFile, known: KnownFile) -> bool:
    return (
        wanted.duration_s > 0
        and known.duration_s > 0
        and abs(wanted.duration_s - known.duration_s) <= DURATION_TOLERANCE_S
    )


def _other_duration(wanted: WantedFile, known: KnownFile) -> bool:
    return wanted.duration_s > 0 and known.duration_s > 0 and not _same_duration(wanted, known)
