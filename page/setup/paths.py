"""Whether scenes are found in Plex, by a sample; and which folders may be the same where not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any

from commands.diagnosis import proposed_mappings
from commands.doctor import sampled_scenes
from matching.evidence import Mapping as FolderMapping
from matching.lookup import Search
from page.arguments import number
from page.operation import Answer, Operation, Operations
from page.servers import opened
from plex.matcher import KnownFile, Matched
from plex.paths import moved, path_key
from stash.protocol import Invocation
from validation.config import PathMapping
from worker.connect import plex_client

USUAL_SAMPLE, MOST_SAMPLE = 50, 500
SHOWN_EXAMPLES = 5
SHOWN_PROPOSALS = 10


def paths(invocation: Invocation, sample: int) -> Answer:
    """How many of so many scenes, spread over the library, are found, by which rule; what a
    path_map would be that finds more; and files that aren't found."""
    with opened(invocation) as context:
        context.settings.refresh()
        config = context.settings.config
        locator = context.stores.locator(config, context.stash)
        scenes = list(sampled_scenes(context, config, sample))
        with closing(plex_client(config, context.stores.client_id)) as plex:
            searches = list(locator.look(plex, scenes, at_once=True).values())
        mappings = proposed_mappings(context.stores.index.learned.all(), searches)
        folders = [place for section in locator.sections for place in section.locations]
    rules = Counter(each.found[0].because for each in searches if each.found)
    return {
        "sampled": len(searches),
        "found": rules.total(),
        "rules": [{"because": because, "files": number} for because, number in rules.most_common()],
        "proposals": [_proposal(each, searches) for each in _new(mappings, config.path_map)],
        "not_found": [each.scene.files[0].path for each in _lost(searches)][:SHOWN_EXAMPLES],
        "folders": folders,
    }


def _new(mappings: Sequence[FolderMapping], given: Iterable[PathMapping]) -> list[FolderMapping]:
    """Those that the setting path_map doesn't have."""
    known = {(path_key(each.stash), path_key(each.plex)) for each in given}
    new = [each for each in mappings if (each.source, each.target) not in known]
    return new[:SHOWN_PROPOSALS]


def _proposal(mapping: FolderMapping, searches: Iterable[Search]) -> dict[str, Any]:
    examples = [
        {"stash": path, "plex": file.path}
        for path, file in _pairs(searches)
        if moved(path, mapping.source, mapping.target) == path_key(file.path)
    ]
    return {
        "stash": mapping.source,
        "plex": mapping.target,
        "files": mapping.confirmed,
        "examples": examples[:SHOWN_EXAMPLES],
    }


def _pairs(searches: Iterable[Search]) -> Iterator[tuple[str, KnownFile]]:
    """A file as Stash sees it, and as Plex does."""
    for search in searches:
        for file, match in zip(search.scene.files, search.matches, strict=True):
            if isinstance(match, Matched):
                yield from ((file.path, each) for each in match.files)


def _lost(searches: Iterable[Search]) -> list[Search]:
    return [each for each in searches if not each.found and each.scene.files]


QUERIES: Operations = {"paths": Operation(paths, {"sample": number(1, MOST_SAMPLE, USUAL_SAMPLE)})}
