"""What must hold for every library: never another file, and always the file that is findable.

Folders and names are drawn from few, so that copies, twins and false friends are common. Contents
differ in size and duration, or two different files could not be told apart by anybody.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from plex.generic_names import is_generic
from plex.matcher import (
    ANY_CASE,
    LEARNED,
    NAME_AND_SIZE,
    OTHER_CONTENT,
    PATH_MAP,
    Ambiguous,
    KnownFile,
    Match,
    Matched,
    PathRule,
    find_plex_item_by_path,
)
from plex.paths import base_name, moved, path_key, plain
from tests.plex.shelf import Shelf

Form = Literal["NFC", "NFD"]

FORMS: st.SearchStrategy[Form] = st.sampled_from(["NFC", "NFD"])
FOLDERS = st.sampled_from(["a", "b", "data", "Data", "é", "e\u0301", "A"])
NAMES = st.sampled_from(
    ["Nosferatu.mp4", "nosferatu.MP4", "scene.mp4", "Modène.mp4", "Mode\u0300ne.mp4", "x y.mp4"]
)
PREFIXES = st.sampled_from(["", "/data", "/data/data", "/mnt/a", "D:\\Films", "\\\\nas\\films"])


PLACES = st.tuples(st.lists(FOLDERS, max_size=3), NAMES).map(lambda drawn: [*drawn[0], drawn[1]])


@dataclass(frozen=True)
class Disk:
    """Files of Plex with the content of each, by path; and a scene's file."""

    contents: dict[str, int]
    wanted: str
    wanted_content: int

    def shelf(self) -> Shelf:
        return Shelf(
            KnownFile(key, "1", path, *facts(content))
            for key, (path, content) in enumerate(self.contents.items(), start=1)
        )

    def with_only_wanted_at(self, path: str) -> Disk:
        """The same with the scene's file at this path, and no twin in another spelling."""
        others = {
            each: content
            for each, content in self.contents.items()
            if path_key(each) != path_key(path)
        }
        return replace(self, contents={**others, path: self.wanted_content})

    def find(self, rules: list[PathRule]) -> Match:
        size, duration_s = facts(self.wanted_content)
        return find_plex_item_by_path(
            self.shelf(), self.wanted, size=size, duration_s=duration_s, rules=rules
        )


def facts(content: int) -> tuple[int, float]:
    """Size in bytes and duration in seconds."""
    return 1000 + content, 600.0 + 10 * content


@st.composite
def paths(draw: st.DrawFn) -> str:
    prefix = draw(PREFIXES)
    separator = "\\" if "\\" in prefix else "/"
    return separator.join([prefix, *draw(PLACES)])


@st.composite
def disks(draw: st.DrawFn) -> Disk:
    content = st.integers(0, 6)
    return Disk(draw(st.dictionaries(paths(), content, max_size=12)), draw(paths()), draw(content))


RULES = st.lists(
    st.builds(PathRule, PREFIXES, PREFIXES, st.sampled_from([PATH_MAP, LEARNED])), max_size=3
)


@given(disks(), RULES)
def test_what_is_matched_holds_the_file_whatever_the_rules_say(
    disk: Disk, rules: list[PathRule]
) -> None:
    match = disk.find(rules)
    for file in match.files if isinstance(match, Matched) else ():
        same_content = disk.contents[file.path] == disk.wanted_content
        # Other content is only taken where nothing but the path decides: a replaced file.
        assert same_content or getattr(match, "because", "") == OTHER_CONTENT


@given(disks(), RULES)
def test_other_content_is_only_taken_at_the_very_path(disk: Disk, rules: list[PathRule]) -> None:
    match = disk.find(rules)
    if not (isinstance(match, Matched) and match.because == OTHER_CONTENT):
        return
    given_rules = [rule for rule in rules if rule.name == PATH_MAP]
    targets = [moved(disk.wanted, rule.source, rule.target) for rule in given_rules]
    for file in match.files:
        assert path_key(file.path) in {path_key(disk.wanted), *(t for t in targets if t)}
    assert disk.wanted_content not in [
        content
        for path, content in disk.contents.items()
        if base_name(path) == base_name(disk.wanted)
    ]


@given(disks(), RULES, FORMS)
def test_a_file_at_the_same_path_is_always_found(
    disk: Disk, rules: list[PathRule], form: Form
) -> None:
    path = unicodedata.normalize(form, disk.wanted)
    disk = disk.with_only_wanted_at(path)
    match = disk.find(rules)
    assert isinstance(match, Matched)
    assert path in [file.path for file in match.files]


@given(disks(), RULES, st.sampled_from([PATH_MAP, LEARNED]), st.data())
def test_a_file_where_a_mapping_leads_is_always_found(
    disk: Disk, others: list[PathRule], name: str, data: st.DataObject
) -> None:
    rule = PathRule(data.draw(PREFIXES.filter(bool)), data.draw(PREFIXES), name)
    separator = "\\" if "\\" in rule.source else "/"
    disk = replace(disk, wanted=separator.join([rule.source, *data.draw(PLACES)]))
    target = moved(disk.wanted, rule.source, rule.target)
    assert target is not None
    disk = disk.with_only_wanted_at(target)
    match = disk.find([rule, *others])
    # Twins at a path that is tried earlier are a question; anything else must find the content.
    assert isinstance(match, (Matched, Ambiguous))
    if isinstance(match, Matched):
        assert {disk.contents[file.path] for file in match.files} == {disk.wanted_content}
    else:
        assert target not in {plain(file.path) for file in match.candidates}


@given(disks())
def test_a_file_of_unique_name_and_size_is_found_anywhere(disk: Disk) -> None:
    same = [
        path
        for path, content in disk.contents.items()
        if base_name(path) == base_name(disk.wanted) and content == disk.wanted_content
    ]
    match = disk.find([])
    if len(same) == 1:
        assert isinstance(match, Matched)
        assert {disk.contents[file.path] for file in match.files} == {disk.wanted_content}
        # A copy at the same path in other case stands higher on the ladder.
        assert match.because == ANY_CASE or [file.path for file in match.files] == same
    elif len(same) > 1 and not (isinstance(match, Matched) and match.because != NAME_AND_SIZE):
        assert isinstance(match, Ambiguous)


@given(disks(), RULES)
def test_the_answer_does_not_depend_on_the_order_of_the_files(
    disk: Disk, rules: list[PathRule]
) -> None:
    backwards = Disk(dict(reversed(disk.contents.items())), disk.wanted, disk.wanted_content)
    one, other = disk.find(rules), backwards.find(rules)
    assert type(one) is type(other)
    if isinstance(one, Matched) and isinstance(other, Matched):
        assert {file.path for file in one.files} == {file.path for file in other.files}


@given(st.sampled_from(["scene.mp4", "VTS_01_1.VOB"]), st.integers(0, 5), st.integers(0, 5))
def test_a_generic_name_never_matches_by_size_alone(name: str, one: int, other: int) -> None:
    """Files of one size but other durations, as on DVDs."""
    assert is_generic(name)
    shelf = Shelf([KnownFile(1, "1", f"/media/{other}/{name}", 1_073_739_776, 600.0 + 10 * other)])
    match = find_plex_item_by_path(
        shelf, f"/data/{one}/{name}", size=1_073_739_776, duration_s=600.0 + 10 * one
    )
    assert isinstance(match, Matched) == (one == other)
