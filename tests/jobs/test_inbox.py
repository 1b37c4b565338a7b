"""What a hook leaves in the inbox: one whole file for each event, or none and an error."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from jobs import inbox
from storage.files import StorageError

NOW = 1_700_000_000.0


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in (folder / inbox.FOLDER).iterdir())


def test_an_event_is_one_file_as_it_came(tmp_path: Path) -> None:
    path = inbox.put(str(tmp_path), b"{}", NOW)
    assert inbox.waiting(str(tmp_path)) == (path,)
    assert Path(path).read_bytes() == b"{}"
    assert inbox.oldest(str(tmp_path)) == NOW


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_first_event_makes_the_folders_and_all_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "plex_sync"
    path = Path(inbox.put(str(folder), b"{}", NOW))
    for each in (folder, path.parent):
        assert stat.S_IMODE(each.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_event_costs_one_fsync_and_has_it_before_it_can_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, ...]] = []
    real = os.fsync

    def fsync(file: int) -> None:
        seen.append(inbox.waiting(str(tmp_path)))
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    inbox.put(str(tmp_path), b"{}", NOW)
    assert seen == [()]


def test_events_wait_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    later, sooner = (inbox.put(str(tmp_path), b"{}", NOW + at) for at in (2.0, 1.0))
    assert inbox.waiting(str(tmp_path)) == (sooner, later)


def test_where_nothing_ever_came_nothing_waits(tmp_path: Path) -> None:
    assert inbox.waiting(str(tmp_path)) == ()
    assert inbox.oldest(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["nan 1", "inf 1", "-5 1", "x", "", "1e30 1"])
def test_a_name_that_tells_no_time_tells_none(name: str) -> None:
    assert inbox.written_at(name) == 0.0


def test_a_full_disk_is_told_as_that_and_nothing_seems_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: int, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match=r"No space left on device.*was not recorded"):
        inbox.put(str(tmp_path), b"{}", NOW)
    assert inbox.waiting(str(tmp_path)) == ()


def test_a_file_in_the_way_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / inbox.FOLDER).touch()
    with pytest.raises(StorageError, match="was not recorded"):
        inbox.put(str(tmp_path), b"{}", NOW)
    (tmp_path / "data").touch()
    with pytest.raises(StorageError, match=r"Make the folder .* writable|was not recorded"):
        inbox.put(str(tmp_path / "data"), b"{}", NOW)
