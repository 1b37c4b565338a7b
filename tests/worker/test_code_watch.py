"""Seeing that the plugin was updated or removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rest.code_watch import SETTLE_S, CodeWatch


class Watched:
    """A file under watch, in a time that passes when told."""

    def __init__(self, folder: Path) -> None:
        self.now_m = 100.0
        self.path = folder / "plex_sync.py"
        self.path.write_text("old")
        os.utime(self.path, (0, 0))
        self.code = CodeWatch(str(self.path), lambda: self.now_m)

    def is_outdated_after(self, seconds: float) -> bool:
        self.now_m += seconds
        return self.code.is_outdated()


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_that_stays_is_not_outdated(watched: Watched) -> None:
    assert not watched.is_outdated_after(0.0)
    assert not watched.is_outdated_after(100 * SETTLE_S)


def test_a_new_file_counts_when_it_has_settled(watched: Watched) -> None:
    watched.path.unlink()
    assert not watched.is_outdated_after(SETTLE_S)
    watched.path.write_text("newer")
    assert not watched.is_outdated_after(SETTLE_S - 1)
    assert not watched.is_outdated_after(SETTLE_S - 1)
    assert watched.is_outdated_after(1)


def test_a_removed_file_counts_too(watched: Watched) -> None:
    watched.path.unlink()
    assert not watched.is_outdated_after(0)
    assert watched.is_outdated_after(SETTLE_S)


def test_a_new_file_of_the_same_size_and_time_counts(watched: Watched) -> None:
    watched.path.unlink()
    watched.path.write_text("new")
    os.utime(watched.path, (0, 0))
    assert not watched.is_outdated_after(0)
    assert watched.is_outdated_after(SETTLE_S)
