"""The ladder, rung by rung."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest

from plex.matcher import (
    ANY_CASE,
    LEARNED,
    NAME_AND_DURATION,
    NAME_AND_DURATION_ANY_CASE,
    NAME_AND_SIZE,
    NAME_AND_SIZE_ANY_CASE,
    OTHER_CONTENT,
    PATH_MAP,
    SAME_PATH,
    Ambiguous,
    KnownFile,
    Match,
    Matched,
    NotFound,
    PathRule,
    find_plex_item_by_path,
)
from tests.plex.shelf import Shelf, known

TO_MEDIA = PathRule("/data", "/media")


def find(
    files: list[KnownFile],
    path: str = "/data/x/Nosferatu.mp4",
    size: int = 700,
    duration_s: float = 5640.0,
    rules: tuple[PathRule, ...] = (),
) -> Match:
    return find_plex_item_by_path(Shelf(files), path, size=size, duration_s=duration_s, rules=rules)


@pytest.mark.parametrize(
    ("file", "rules", "because"),
    [
        pytest.param(known("/data/x/Nosferatu.mp4", 700), (), SAME_PATH, id="same-path"),
        pytest.param(known("/media/x/Nosferatu.mp4", 700), (TO_MEDIA,), PATH_MAP, id="path-map"),
        pytest.param(
            known("/media/x/Nosferatu.mp4", 700),
            (PathRule("/data", "/media", LEARNED),),
            LEARNED,
            id="learned",
        ),
        pytest.param(known("/DATA/x/nosferatu.MP4", 700), (), ANY_CASE, id="other-case"),
        pytest.param(
            known("/Media/x/nosferatu.mp4", 700), (TO_MEDIA,), ANY_CASE, id="path-map-other-case"
        ),
        pytest.param(known("/y/Nosferatu.mp4", 700), (), NAME_AND_SIZE, id="size"),
        pytest.param(known("/y/NOSFERATU.mp4", 700), (), NAME_AND_SIZE_ANY_CASE, id="size-case"),
        pytest.param(known("/y/Nosferatu.mp4", 9, 5641.9), (), NAME_AND_DURATION, id="duration"),
        pytest.param(
            known("/y/nosferatu.mp4", 9, 5638.1), (), NAME_AND_DURATION_ANY_CASE, id="dur-case"
        ),
    ],
)
def test_each_rung_finds_its_file_and_says_so(
    file: KnownFile, rules: tuple[PathRule, ...], because: str
) -> None:
    assert find([file], rules=rules) == Matched((file,), because)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(known("/y/Nosferatu.mp4", 701), id="other-size"),
        pytest.param(known("/y/Nosferatu.mp4", 701, 5642.1), id="other-duration"),
        pytest.param(known("/y/Nosferatu 2.mp4", 700, 5640), id="other-name"),
        pytest.param(known("/data/x/nosferatu.mp4", 701), id="other-case-and-size"),
        pytest.param(known("/y/Nosferatu.mp4"), id="nothing-known"),
    ],
)
def test_a_file_that_no_rule_vouches_for_is_not_found(file: KnownFile) -> None:
    match = find([file], rules=(TO_MEDIA,))
    assert match == NotFound(("/data/x/Nosferatu.mp4", "/media/x/Nosferatu.mp4"))


def test_the_whole_path_decides_between_files_of_one_name() -> None:
    right = known("/data/x/Nosferatu.mp4", 700, key=2)
    assert find([known("/data/y/Nosferatu.mp4", 700), right]) == Matched((right,), SAME_PATH)


def test_an_unknown_size_does_not_hinder_a_path() -> None:
    file = known("/data/x/Nosferatu.mp4")
    assert find([file]) == Matched((file,), SAME_PATH)


def test_a_file_in_two_libraries_is_both_items() -> None:
    files = [known("/data/x/Nosferatu.mp4", 700, key=key, section=str(key)) for key in (1, 2)]
    assert find(files) == Matched(tuple(files), SAME_PATH)


def test_several_files_of_one_name_and_size_are_a_question() -> None:
    files = [known(f"/{folder}/Nosferatu.mp4", 700, key=n) for n, folder in enumerate("ab")]
    assert find(files) == Ambiguous(tuple(files), NAME_AND_SIZE)


def test_a_name_that_several_files_bear_is_not_found_by_duration() -> None:
    files = [known("/y/Nosferatu.mp4", 9, 5640), known("/z/Nosferatu.mp4", 8, 60, key=2)]
    assert isinstance(find(files), NotFound)


def test_the_longest_prefix_is_tried_first() -> None:
    files = [known("/media/x/Nosferatu.mp4", 700), known("/other/Nosferatu.mp4", 700, key=2)]
    match = find([files[1]], rules=(TO_MEDIA, PathRule("/data/x", "/other")))
    assert match == Matched((files[1],), PATH_MAP)
    match = find([files[0]], rules=(TO_MEDIA, PathRule("/data/x", "/other")))
    assert match == Matched((files[0],), PATH_MAP)


def test_of_two_prefixes_that_both_lead_to_a_file_only_the_longer_counts() -> None:
    files = [known("/media/x/Nosferatu.mp4"), known("/other/Nosferatu.mp4", key=2)]
    match = find(files, rules=(TO_MEDIA, PathRule("/data/x", "/other")))
    assert match == Matched((files[1],), PATH_MAP)


@pytest.mark.parametrize("size", [0, 700])
def test_two_mounts_of_one_folder_are_both_items(size: int) -> None:
    files = [known("/a/x/Nosferatu.mp4", size), known("/b/x/Nosferatu.mp4", size, key=2)]
    rules = (PathRule("/data", "/a"), PathRule("/data", "/b"))
    assert find(files, rules=rules) == Matched(tuple(files), PATH_MAP)


def test_a_mount_beside_the_same_path_is_found_as_well() -> None:
    files = [known("/data/x/Nosferatu.mp4", 700), known("/media/x/Nosferatu.mp4", 700, key=2)]
    assert find(files, rules=(TO_MEDIA,)) == Matched(tuple(files), SAME_PATH)


def test_another_file_on_the_other_mount_is_left_alone() -> None:
    files = [known("/data/x/Nosferatu.mp4", 700), known("/media/x/Nosferatu.mp4", 701, key=2)]
    assert find(files, rules=(TO_MEDIA,)) == Matched((files[0],), SAME_PATH)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_forms_are_the_same_path(form: Literal["NFC", "NFD"]) -> None:
    file = known(unicodedata.normalize(form, "/data/Modène.mp4"), 5)
    assert find([file], path="/data/Modène.mp4", size=5) == Matched((file,), SAME_PATH)


def test_two_files_whose_names_differ_in_unicode_form_only_are_told_apart() -> None:
    paths = [unicodedata.normalize(form, "/data/Modène.mp4") for form in ("NFC", "NFD")]
    by_size = [known(path, 5 + n, key=n) for n, path in enumerate(paths)]
    assert find(by_size, path=paths[0], size=6) == Matched((by_size[1],), SAME_PATH)
    by_form = [known(path, 5, key=n) for n, path in enumerate(paths)]
    assert find(by_form, path=paths[1], size=5) == Matched((by_form[1],), SAME_PATH)
    assert find(by_form, path=paths[1], size=0) == Matched((by_form[1],), SAME_PATH)


def test_a_windows_path_is_found_with_a_rule_in_any_spelling() -> None:
    file = known("/films/x/Nosferatu.mp4", 700)
    match = find([file], path="D:\\V\\x\\Nosferatu.mp4", rules=(PathRule("d:/v/", "/films"),))
    assert match == Matched((file,), PATH_MAP)


# Other content at the same path


def test_a_converted_file_is_still_the_same() -> None:
    file = known("/data/x/Nosferatu.mp4", 300, 5641)
    assert find([file]) == Matched((file,), SAME_PATH)


def test_other_content_at_the_path_gives_way_to_the_file_itself() -> None:
    files = [known("/data/x/Nosferatu.mp4", 300, 60), known("/y/Nosferatu.mp4", 700, key=2)]
    assert find(files) == Matched((files[1],), NAME_AND_SIZE)


def test_other_content_at_the_path_is_taken_for_a_replaced_file_if_nothing_else_is_there() -> None:
    file = known("/data/x/Nosferatu.mp4", 300, 60)
    assert find([file]) == Matched((file,), OTHER_CONTENT)


@pytest.mark.parametrize("name", [PATH_MAP, LEARNED])
def test_other_content_at_the_path_is_refused_if_the_folder_is_elsewhere(name: str) -> None:
    file = known("/data/x/Nosferatu.mp4", 300, 60)
    match = find([file], rules=(PathRule("/data", "/media", name),))
    assert isinstance(match, NotFound)
    assert match.doubted == (file,)


def test_other_content_where_path_map_says_is_taken_for_a_replaced_file() -> None:
    file = known("/media/x/Nosferatu.mp4", 300, 60)
    assert find([file], rules=(TO_MEDIA,)) == Matched((file,), OTHER_CONTENT)


def test_other_content_where_a_learned_mapping_leads_is_refused() -> None:
    file = known("/media/x/Nosferatu.mp4", 300, 60)
    match = find([file], rules=(PathRule("/data", "/media", LEARNED),))
    assert isinstance(match, NotFound)


# Names that say nothing


def test_a_generic_name_needs_more_than_its_size() -> None:
    path = "/data/dvd 1/VTS_01_1.VOB"
    other = known("/media/dvd 2/VTS_01_1.VOB", 1073739776, 900)
    assert isinstance(find([other], path, 1073739776, 1200), NotFound)
    same = known("/media/dvd 1/VTS_01_1.VOB", 1073739776, 1201)
    assert find([same], path, 1073739776, 1200) == Matched((same,), NAME_AND_SIZE)


def test_a_generic_name_and_a_duration_prove_nothing() -> None:
    assert isinstance(find([known("/y/scene.mp4", 1, 600)], "/x/scene.mp4", 2, 600), NotFound)
