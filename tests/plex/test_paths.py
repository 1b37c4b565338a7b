"""Paths of other machines as text."""

from __future__ import annotations

import unicodedata

import pytest

from plex.generic_names import is_generic
from plex.paths import base_name, below, folded, folder, moved, path_key, plain, prefix_pair


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("D:\\Films\\a.mp4", "D:/Films/a.mp4", id="separators"),
        pytest.param("d:\\Films\\a.mp4", "D:\\Films\\a.mp4", id="drive-letter"),
        pytest.param("\\\\nas\\films\\a.mp4", "//nas/films/a.mp4", id="unc"),
        pytest.param("\\\\nas\\films\\A\\a.mp4", "//nas/films\\A\\a.mp4", id="unc-mixed"),
        pytest.param("/data/Mod\u00e8ne.mp4", "/data/Mode\u0300ne.mp4", id="unicode-form"),
    ],
)
def test_spellings_of_one_path_have_one_key(one: str, other: str) -> None:
    assert path_key(one) == path_key(other)


def test_a_backslash_in_a_posix_name_is_a_letter() -> None:
    assert path_key("/data/a\\b.mp4") != path_key("/data/a/b.mp4")
    assert base_name("/data/a\\b.mp4") == "a\\b.mp4"


def test_case_is_kept_except_when_folded() -> None:
    assert path_key("/Data/A.mp4") == "/Data/A.mp4"
    assert folded("/Data/A.mp4") == folded("/data/a.MP4")


def test_the_plain_path_keeps_the_unicode_form() -> None:
    nfd = unicodedata.normalize("NFD", "/data/Modène.mp4")
    assert plain(nfd) == nfd


def test_name_and_folder_of_a_windows_path() -> None:
    assert (folder("D:\\Films\\a.mp4"), base_name("D:\\Films\\a.mp4")) == ("D:/Films", "a.mp4")


@pytest.mark.parametrize(
    ("path", "source", "target", "expected"),
    [
        pytest.param("/data/x/a.mp4", "/data", "/m", "/m/x/a.mp4", id="posix"),
        pytest.param("/data/x/a.mp4", "/data/", "/m/", "/m/x/a.mp4", id="trailing-slashes"),
        pytest.param("/database/a.mp4", "/data", "/m", None, id="whole-folder-names-only"),
        pytest.param("/Data/a.mp4", "/data", "/m", None, id="case-counts-on-posix"),
        pytest.param("D:\\V\\x\\a.mp4", "d:\\v\\", "/m", "/m/x/a.mp4", id="windows-any-case"),
        pytest.param("/data/a.mp4", "/data", "\\\\nas\\f", "//nas/f/a.mp4", id="to-unc"),
        pytest.param("\\\\NAS\\f\\a.mp4", "\\\\nas\\f", "/m", "/m/a.mp4", id="from-unc"),
        pytest.param("/a.mp4", "/", "/mnt", "/mnt/a.mp4", id="from-the-root"),
        pytest.param("/mnt/a.mp4", "/mnt", "/", "/a.mp4", id="to-the-root"),
        pytest.param("/data/a.mp4", "/data", "E:\\", "E:/a.mp4", id="to-a-drive"),
    ],
)
def test_moving_a_path(path: str, source: str, target: str, expected: str | None) -> None:
    assert moved(path, source, target) == expected


def test_a_folder_is_below_itself() -> None:
    assert below("/data", "/data/") == ""


@pytest.mark.parametrize(
    ("path", "other", "expected"),
    [
        pytest.param("/data/f/a.mp4", "/media/f/a.mp4", ("/data", "/media"), id="posix"),
        pytest.param("/data/a.mp4", "/media/films/a.mp4", ("/data", "/media/films"), id="flat"),
        pytest.param("/data/f/a.mp4", "/data/data/f/a.mp4", ("/", "/data"), id="longer"),
        pytest.param("/f/a.mp4", "D:\\f\\a.mp4", ("/", "D:"), id="the-drive-stays"),
        pytest.param("/s/f/a.mp4", "\\\\n\\s\\f\\a.mp4", ("/s", "//n/s"), id="the-share-stays"),
        pytest.param("/data/a.mp4", "/data/b.mp4", None, id="other-names"),
        pytest.param("/data/a.mp4", "/data/a.mp4", None, id="the-same"),
    ],
)
def test_the_folders_that_differ(path: str, other: str, expected: tuple[str, str] | None) -> None:
    assert prefix_pair(path, other) == expected
    if expected:
        assert moved(path, *expected) == path_key(other)


@pytest.mark.parametrize(
    "name", ["scene.mp4", "VTS_01_1.VOB", "2023-05-01 12.30.mp4", "Video 3.mkv", "a1.mp4", ".mp4"]
)
def test_a_name_that_says_nothing_is_generic(name: str) -> None:
    assert is_generic(name)


@pytest.mark.parametrize("name", ["The General (1926).mp4", "Nosferatu.mkv", "羅生門の夜.mp4"])
def test_a_name_that_says_something_is_not(name: str) -> None:
    assert not is_generic(name)
