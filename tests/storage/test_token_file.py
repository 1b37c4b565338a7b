"""The Plex token in a file of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from storage.files import StorageError
from storage.token_file import IN_FILE, IN_SETTINGS, NOWHERE, TokenFile, completed, where


@pytest.fixture
def kept(tmp_path: Path) -> TokenFile:
    return TokenFile(str(tmp_path / "plex_sync"))


def test_the_newest_is_read_by_anybody_with_the_folder(kept: TokenFile) -> None:
    assert kept.read() == ""
    for token in ("first-token", "second-token"):
        kept.write(token)
        assert TokenFile(os.path.dirname(kept.path)).read() == token
    assert os.listdir(os.path.dirname(kept.path)) == ["plex-token"]


@pytest.mark.skipif(sys.platform == "win32", reason="access lists are the folder's there")
def test_nobody_else_can_read_it_whatever_was_there_before(kept: TokenFile) -> None:
    kept.write("first-token")
    os.chmod(kept.path, 0o644)
    kept.write("second-token")
    assert os.stat(kept.path).st_mode & 0o777 == 0o600


def test_a_folder_that_takes_no_file_is_told_and_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "plex_sync" / "plex-token").mkdir(parents=True)
    with pytest.raises(StorageError, match="plex-token cannot be written"):
        TokenFile(str(tmp_path / "plex_sync")).write("a-token")
    assert os.listdir(tmp_path / "plex_sync") == ["plex-token"]


@pytest.mark.parametrize(
    ("settings", "token", "found", "source"),
    [
        ({}, "", None, NOWHERE),
        ({"plex_token": " "}, "", " ", NOWHERE),
        ({}, "kept", "kept", IN_FILE),
        ({"plex_token": ""}, "kept", "kept", IN_FILE),
        ({"plex_token": "typed"}, "kept", "typed", IN_SETTINGS),
        ({"plex_token": 7}, "kept", "kept", IN_FILE),
    ],
    ids=str,
)
def test_what_somebody_typed_counts_before_it(
    kept: TokenFile, settings: dict[str, Any], token: str, found: str | None, source: str
) -> None:
    if token:
        kept.write(token)
    assert completed({**settings, "x": 1}, kept).get("plex_token") == found
    assert where(settings, kept) == source
