"""What the answers of the servers mean for the set-up, without any server."""

from __future__ import annotations

import pytest

from commands import diagnosis
from commands.diagnosis import Fact, Finding, Problem
from matching.evidence import Mapping
from matching.lookup import Search
from plex.client import PlexSection
from plex.matcher import LEARNED, Ambiguous, KnownFile, Match, Matched, NotFound, PathRule
from validation.config import PathMapping
from validation.scene import Scene, VideoFile

FILMS = PlexSection("1", "Films", "movie", "u1", ("/media",))
KNOWN = KnownFile(1, "1", "/media/a.mp4")


def searched(path: str, match: Match) -> Search:
    return Search(Scene(id=1, files=(VideoFile(path=path),)), (match,))


def texts(findings: list[Finding]) -> str:
    return "\n".join(diagnosis.finding_lines(findings))


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v0.28.0", Fact),
        ("v0.28.1-12-gabc", Fact),
        ("v0.30.0", Fact),
        ("1.0", Fact),
        ("", Fact),
        ("v0.27.9", Problem),
    ],
)
def test_versions_are_compared_as_numbers(version: str, kind: type[Finding]) -> None:
    assert isinstance(diagnosis.version_finding("Stash", version, (0, 28)), kind)


def test_a_mapping_that_is_believed_is_shown_as_a_setting() -> None:
    found = list(diagnosis.rule_findings((), [Mapping("/data", "/media", 7, 0)], []))
    advice = "confirmed by 7 files; to make it permanent, set path_map to /data => /media"
    assert advice in texts(found)


@pytest.mark.parametrize("mapping", [Mapping("/d", "/m", 2, 0), Mapping("/d", "/m", 9, 1)])
def test_a_mapping_that_is_not_believed_is_not_shown(mapping: Mapping) -> None:
    assert list(diagnosis.rule_findings((), [mapping], [])) == []


def test_a_setting_that_leads_nowhere_is_a_problem() -> None:
    sample = [searched("/data/a.mp4", NotFound(()))]
    given = (PathMapping(stash="/data", plex="/m"), PathMapping(stash="/old", plex="/m"))
    found = list(diagnosis.rule_findings(given, [], sample))
    assert len(found) == 1
    assert "no file of the sample lies below /old" in texts(found)


def test_a_few_hints_become_a_proposal_only_while_nothing_was_learned() -> None:
    hint, believed = Mapping("/data", "/media", 1, 0), Mapping("/x", "/y", 3, 0)
    assert "set path_map to: /data => /media" in texts(list(diagnosis.proposals([hint])))
    assert list(diagnosis.proposals([believed, hint])) == []
    assert list(diagnosis.proposals([Mapping("/data", "/media", 1, 1)])) == []


def sampled(*sample: Search, rules: tuple[PathRule, ...] = ()) -> str:
    return texts(list(diagnosis.sample_findings(sample, [FILMS], rules)))


def test_scenes_are_counted_by_rule() -> None:
    text = sampled(
        searched("/data/a.mp4", Matched((KNOWN,), LEARNED)),
        searched("/data/b.mp4", Matched((KNOWN,), LEARNED)),
    )
    assert text == "ok: 2 of 2 sampled scenes found in Plex by: learned mapping"


def test_an_ambiguous_scene_is_shown_with_its_candidates() -> None:
    text = sampled(searched("/data/a.mp4", Ambiguous((KNOWN, KNOWN), "same name and size")))
    assert "1 of 1 sampled scenes could be any of several Plex files" in text
    assert "item 1: /media/a.mp4" in text


def test_lost_scenes_are_told_apart_by_whether_a_library_has_their_folder() -> None:
    text = sampled(
        searched("/data/x/a.mp4", NotFound(())),
        searched("/data/y/b.mp4", NotFound(())),
        searched("/stash/c.mp4", NotFound(())),
        rules=(PathRule("/stash", "/media"),),
    )
    assert "2 of 3 sampled scenes lie in folders that no Plex library has" in text
    assert "libraries have /media), set path_map to: /data => " in text
    assert "1 of 3 sampled scenes lie in a library's folder, but Plex has no such file" in text


def test_other_files_at_the_same_paths_are_told() -> None:
    text = sampled(searched("/media/a.mp4", NotFound((), (KNOWN,))))
    assert "1 sampled files are in Plex under the same path, but with another size" in text


def test_an_empty_stash_is_a_problem() -> None:
    assert sampled().startswith("PROBLEM: Stash has no scenes")
