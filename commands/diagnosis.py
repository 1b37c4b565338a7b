"""What the check of the set-up found: facts and problems as values, each problem with a remedy.

Pure: `commands.doctor` asks the servers, this says what the answers mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errors import SyncError
from matching.evidence import Mapping as FolderMapping
from matching.lookup import Search
from matching.sections import possible_paths, sections_holding
from pictures.photos import NEEDS_LOGIN, NEEDS_LOGIN_ADVICE
from pipeline.outcome import Skipped
from plex.client import PlexSection
from plex.matcher import PATH_MAP, SAME_PATH, Ambiguous, NotFound, PathRule
from plex.paths import folder, moved
from stash.public_access import LoginNeeded, Openness, Unclear
from storage import token_file
from validation.config import PathMapping

OLDEST_STASH = (0, 28)
OLDEST_PLEX = (1, 40)
SHOWN_FOLDERS = 5


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is as it should be, or that is good to know."""

    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to change, and how."""

    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Note:
    """Nothing wrong, but it could be better: how."""

    text: str
    advice: str


Finding = Fact | Problem | Note


def finding_lines(findings: Iterable[Finding]) -> list[str]:
    """For people, one line a finding."""
    return [_line(each) for each in findings]


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """For scripts and pages. `ok` is null where nothing is wrong, but something could be better."""
    match finding:
        case Problem(text, advice):
            return {"ok": False, "text": text, "advice": advice}
        case Note(text, advice):
            return {"ok": None, "text": text, "advice": advice}
    return {"ok": True, "text": finding.text, "advice": ""}


def _line(finding: Finding) -> str:
    match finding:
        case Problem(text, remedy):
            return f"PROBLEM: {text}. {remedy}"
        case Note(text, advice):
            return f"note: {text}. {advice}"
    return f"ok: {finding.text}"


def verdict(findings: Iterable[Finding]) -> str:
    """What it comes to, in one line."""
    problems = sum(isinstance(each, Problem) for each in findings)
    if not problems:
        return "Everything is in order."
    return f"{problems} problem{'s' if problems > 1 else ''} found; see above what to change."


def failure(error: SyncError) -> Problem:
    """An error that kept the check from going on."""
    return Problem(str(error), error.advice)


def version_finding(product: str, version: str, oldest: tuple[int, ...]) -> Finding:
    """Whether a server is new enough; `version` like v0.28.1 or 1.41.3.9314-a0b1."""
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[: len(oldest)])
    needed = ".".join(str(part) for part in oldest)
    if not numbers:
        return Fact(f"{product} answers, but doesn't tell its version; {needed} is needed")
    if numbers < oldest:
        return Problem(
            f"{product} is {version}, PlexSync needs {needed} or newer", f"Update {product}."
        )
    return Fact(f"{product} answers, version {version}")


def token_finding(source: str, path: str, mode: str) -> Finding:
    """Where the token that counts is; see `storage.token_file`. `path`: of its file, which others
    can read if there is a `mode`."""
    if source == token_file.IN_SETTINGS:
        return Note(
            "the Plex token is in Stash's settings, which every script in Stash's page can read",
            "Move it to a file that only the user who runs Stash can read: on PlexSync's page, or "
            "by the command login --move. Signing in anew does the same.",
        )
    if mode:
        return Problem(
            f"others than its owner can read the Plex token in {path} (mode {mode})",
            f"Run chmod 600 {path}. On a share or a mount that shows one mode for all, set that of "
            "the mount.",
        )
    return Fact(f"the Plex token is in {path}, which only its owner can read")


def photo_finding(openness: Openness) -> Finding:
    """Whether Plex can fetch the performers' pictures, which is what cast_photos asks of it."""
    match openness:
        case LoginNeeded():
            return Problem(NEEDS_LOGIN, NEEDS_LOGIN_ADVICE)
        case Unclear(because):
            return Problem(
                f"cast_photos is on, but no photos are given to Plex, since {because}",
                "Open a performer's picture in a browser that isn't logged in.",
            )
    return Fact("performers' pictures can be fetched without a login")


def pillow_finding(style: str, why_missing: str, *, is_needed: bool) -> Finding:
    """Whether pictures can be drawn; `why_missing` with what to do, "" if Pillow is there."""
    if not why_missing:
        return Fact("Pillow is there, so that posters can be drawn and covers converted")
    if is_needed:
        return Problem(f"poster_style {style} needs Pillow, which is missing", why_missing)
    return Fact(
        "Pillow is not installed; only poster_style fit and crop, and a cover that Plex "
        "does not take as it is, would need it"
    )


def section_findings(sections: Sequence[PlexSection], counts: Mapping[str, int]) -> Iterator[Fact]:
    """The libraries that are synced; `counts` of items by section key."""
    for section in sections:
        places = ", ".join(section.locations) or "no folder"
        yield Fact(
            f"library {section.title} ({section.type}): {counts[section.key]} items in {places}"
        )


def rule_findings(
    path_map: Sequence[PathMapping], learned: Sequence[FolderMapping], sample: Sequence[Search]
) -> Iterator[Finding]:
    """The mappings in force, those that were learned, and settings that match nothing."""
    paths = [file.path for each in sample for file in each.scene.files]
    for given in path_map:
        if paths and not any(moved(path, given.stash, given.plex) for path in paths):
            yield Problem(
                f"path_map: no file of the sample lies below {given.stash}",
                "Write the folder as Stash shows it on a scene's page under File Info.",
            )
    for mapping in learned:
        if mapping.is_believed:
            yield Fact(
                f"learned: Stash's {mapping.source} is Plex's {mapping.target}, confirmed by "
                f"{mapping.confirmed} files; to make it permanent, set path_map to {mapping.rule}"
            )


def skipped_findings(skipped: Sequence[Skipped], total: int) -> Iterator[Fact]:
    """How many of the sampled scenes are not synced, and need not be found."""
    for because, number in Counter(each.because for each in skipped).most_common():
        yield Fact(f"{number} of {total} sampled scenes are not synced: {because}")


def sample_findings(
    sample: Sequence[Search], sections: Sequence[PlexSection], rules: Sequence[PathRule]
) -> Iterator[Finding]:
    """How many scenes were found by which rule, and why the others weren't."""
    if not sample:
        yield Problem("Stash has no scenes", "Scan your folders in Stash first.")
        return
    found = Counter(each.found[0].because for each in sample if each.found)
    for because, number in found.most_common():
        yield Fact(f"{number} of {len(sample)} sampled scenes found in Plex by: {because}")
    unclear = [each for each in sample if any(isinstance(x, Ambiguous) for x in each.matches)]
    if unclear:
        yield Problem(
            f"{len(unclear)} of {len(sample)} sampled scenes could be any of several Plex files, "
            f"e.g. {unclear[0].error()}",
            "Set path_map, so that the whole path decides.",
        )
    yield from _lost_findings([each for each in sample if each.is_lost], sections, rules, sample)


def proposals(
    mappings: Sequence[FolderMapping], sample: Sequence[Search] = ()
) -> Iterator[Problem]:
    """A path_map line from what single files hint at, where too few confirm it for learning, and
    no file of the sample is where both see it: then those were moved, and a mapping made of them
    would lead all others astray."""
    hints = proposed_mappings(mappings, sample)
    if hints and not hints[0].is_believed:
        line = "; ".join(str(each.rule) for each in hints[:SHOWN_FOLDERS])
        yield Problem(
            f"Plex seems to see Stash's folders elsewhere, but only {hints[0].confirmed} file(s) "
            "say so",
            f"If this is right, set path_map to: {line}",
        )


def proposed_mappings(
    mappings: Sequence[FolderMapping], sample: Sequence[Search]
) -> list[FolderMapping]:
    """Those that are believed; if there are none, those that single files hint at, unless other
    files of the sample are where both see them."""
    believed = [each for each in mappings if each.is_believed]
    if believed or any(_is_by_path(each) for each in sample):
        return believed
    return [each for each in mappings if not each.contradicted]


def _is_by_path(search: Search) -> bool:
    return bool(search.found) and search.found[0].because in (SAME_PATH, PATH_MAP)


def _lost_findings(
    lost: Sequence[Search],
    sections: Sequence[PlexSection],
    rules: Sequence[PathRule],
    sample: Sequence[Search],
) -> Iterator[Problem]:
    """Scenes that aren't in Plex, by whether a library covers their folder."""
    outside: Counter[str] = Counter()
    unscanned: Counter[str] = Counter()
    for each in lost:
        path = each.scene.files[0].path
        holding = sections_holding(sections, possible_paths(path, rules))
        (unscanned if holding else outside)[folder(path)] += 1
    places = ", ".join(place for section in sections for place in section.locations)
    if outside:
        yield Problem(
            f"{outside.total()} of {len(sample)} sampled scenes lie in folders that no Plex "
            f"library has: {_shown(outside)}",
            f"Add the folder to a library in Plex. If Plex sees it under another path (its "
            f"libraries have {places}), set path_map to: {_common_folder(outside)} => "
            "the same folder as Plex sees it.",
        )
    if unscanned:
        yield Problem(
            f"{unscanned.total()} of {len(sample)} sampled scenes lie in a library's folder, but "
            f"Plex has no such file: {_shown(unscanned)}",
            "Scan the library in Plex. Files that Plex skips: samples, files that it takes for "
            "extras, folders with a .plexignore.",
        )
    doubted = sum(
        isinstance(match, NotFound) and bool(match.doubted) for x in lost for match in x.matches
    )
    if doubted:
        yield Problem(
            f"{doubted} sampled files are in Plex under the same path, but with another size and "
            "duration",
            "If Plex sees the folder elsewhere, set path_map; if the files were replaced, scan.",
        )


def _shown(folders: Counter[str]) -> str:
    shown = [f"{place} ({number})" for place, number in folders.most_common(SHOWN_FOLDERS)]
    return ", ".join(shown) + (" …" if len(folders) > SHOWN_FOLDERS else "")


def _common_folder(folders: Iterable[str]) -> str:
    """The folder that has all of these."""
    parts = [place.split("/") for place in folders]
    alike = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        alike.append(level[0])
    return "/".join(alike) or "/"
