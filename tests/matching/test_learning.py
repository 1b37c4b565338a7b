"""Learning folder pairs from files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from matching.evidence import Evidence, Mapping, weigh
from matching.index_store import open_index
from matching.learned_store import MOST_PAIRS, MOST_PER_MAPPING, LearnedMappings
from matching.learning import confirmations, contradictions
from plex.matcher import (
    LEARNED,
    NAME_AND_DURATION,
    NAME_AND_SIZE,
    Ambiguous,
    Match,
    Matched,
    NotFound,
    PathRule,
    WantedFile,
    path_rungs,
)
from tests.plex.shelf import Shelf, known

WANTED = WantedFile("/data/x/Nosferatu.mp4", 700, 5640.0)


def votes(match: Match, wanted: WantedFile = WANTED) -> set[tuple[str, str]]:
    return {(each.source, each.target) for each in confirmations(wanted, match)}


def test_a_file_found_by_name_and_size_confirms_the_widest_pair() -> None:
    match = Matched((known("/media/x/Nosferatu.mp4", 700),), NAME_AND_SIZE)
    assert votes(match) == {("/data", "/media")}


@pytest.mark.parametrize(
    "match",
    [
        pytest.param(Matched((known("/m/x/Nosferatu.mp4"),), NAME_AND_DURATION), id="duration"),
        pytest.param(NotFound(()), id="not-found"),
    ],
)
def test_weaker_finds_confirm_nothing(match: Match) -> None:
    assert votes(match) == set()


def test_a_generic_name_confirms_nothing() -> None:
    match = Matched((known("/media/x/scene.mp4", 700),), NAME_AND_SIZE)
    assert votes(match, WantedFile("/data/x/scene.mp4", 700)) == set()


def test_a_file_on_two_mounts_confirms_both() -> None:
    files = tuple(known(f"/mnt/{place}/x/Nosferatu.mp4", 700) for place in "ab")
    assert votes(Ambiguous(files, NAME_AND_SIZE)) == {("/data", "/mnt/a"), ("/data", "/mnt/b")}


def test_a_copy_in_a_less_similar_folder_confirms_nothing() -> None:
    files = (known("/mnt/x/Nosferatu.mp4", 700), known("/backup/y/Nosferatu.mp4", 700))
    assert votes(Ambiguous(files, NAME_AND_SIZE)) == {("/data", "/mnt")}


def test_many_copies_confirm_nothing() -> None:
    files = tuple(known(f"/mnt/{place}/x/Nosferatu.mp4", 700) for place in "abcde")
    assert votes(Ambiguous(files, NAME_AND_SIZE)) == set()


def against(*files: object) -> list[Evidence]:
    rungs = path_rungs(Shelf(files), WANTED, [PathRule("/data", "/m", LEARNED)])  # type: ignore[arg-type]
    return list(contradictions(WANTED, rungs))


def test_other_content_where_a_learned_mapping_leads_contradicts_it() -> None:
    assert against(known("/m/x/Nosferatu.mp4", 1, 60)) == [
        Evidence("/data", "/m", WANTED.path, agrees=False)
    ]


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(known("/m/x/Nosferatu.mp4", 700, 5640), id="the-file"),
        pytest.param(known("/m/x/Nosferatu.mp4", 1, 5641), id="the-file-converted"),
        pytest.param(known("/m/x/Nosferatu.mp4", 1), id="a-file-not-analysed-yet"),
        pytest.param(known("/m/y/Nosferatu.mp4", 1, 60), id="nothing-there"),
    ],
)
def test_what_may_be_the_same_file_contradicts_nothing(file: object) -> None:
    assert against(file) == []


def evidence(*names: str, agrees: bool = True, folder: str = "/data") -> list[Evidence]:
    return [Evidence("/data", "/m", f"{folder}/{name}.mp4", agrees) for name in names]


def test_three_files_make_a_mapping() -> None:
    assert not weigh(evidence("a", "b"))[0].is_believed
    assert weigh(evidence("a", "b", "c")) == [Mapping("/data", "/m", 3, 0)]
    assert weigh(evidence("a", "b", "c"))[0].is_believed


def test_three_files_of_one_name_do_not() -> None:
    same = [each for folder in "xyz" for each in evidence("a", folder=f"/data/{folder}")]
    assert not weigh(same)[0].is_believed


def test_one_contradiction_unmakes_a_mapping() -> None:
    assert not weigh([*evidence("a", "b", "c", "d"), *evidence("e", agrees=False)])[0].is_believed


# Kept in the index


@pytest.fixture
def learned(tmp_path: Path) -> Iterator[LearnedMappings]:
    store = open_index(str(tmp_path), lambda: 0.0)
    yield LearnedMappings(store)
    store.close()


def test_a_believed_mapping_becomes_a_rule(learned: LearnedMappings) -> None:
    learned.remember(evidence("a", "b"))
    assert learned.rules() == []
    learned.remember(evidence("b", "c"))
    assert learned.rules() == [PathRule("/data", "/m", LEARNED)]


def test_a_contradicted_mapping_is_no_rule_until_the_file_agrees(learned: LearnedMappings) -> None:
    learned.remember(evidence("a", "b", "c"))
    learned.remember(evidence("d", agrees=False))
    assert learned.rules() == []
    learned.remember(evidence("d"))
    assert [each.confirmed for each in learned.all()] == [4]
    assert learned.rules() == [PathRule("/data", "/m", LEARNED)]


def test_the_evidence_stays_small(learned: LearnedMappings) -> None:
    learned.remember(evidence(*(f"film {n}" for n in range(MOST_PER_MAPPING * 2))))
    assert learned.all()[0].confirmed == MOST_PER_MAPPING
    learned.remember(Evidence(f"/{n}", "/m", f"/{n}/a.mp4", True) for n in range(MOST_PAIRS + 5))
    assert [each.source for each in learned.all()] == ["/data"]
