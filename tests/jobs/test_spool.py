"""Events in files, for the time in which the database can't take them."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import spool
from storage.sqlite import StorageError


def waiting(folder: Path) -> list[tuple[str, int]]:
    return [(kind, object_id) for _, kind, object_id in spool.waiting(str(folder))]


def test_events_wait_in_their_order(tmp_path: Path) -> None:
    for seconds, object_id in ((3.5, 30), (1.25, 10), (2.0, 20)):
        spool.put(str(tmp_path), "scene", object_id, 1_700_000_000 + seconds)
    assert waiting(tmp_path) == [("scene", 10), ("scene", 20), ("scene", 30)]


def test_an_event_is_its_owners_alone(tmp_path: Path) -> None:
    spool.put(str(tmp_path), "scene", 7, 1.0)
    ((path, _, _),) = spool.waiting(str(tmp_path))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_without_a_folder_nothing_waits(tmp_path: Path) -> None:
    assert waiting(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        ".event",
        "1.0 2 scene x.event",
        "1.0 2 scene 7.event.new",
        "1.0 2 scene 7 8.event",
    ],
)
def test_files_that_are_no_events_are_passed_over(tmp_path: Path, name: str) -> None:
    spool.put(str(tmp_path), "scene", 7, 1.0)
    (tmp_path / spool.FOLDER / name).touch()
    assert waiting(tmp_path) == [("scene", 7)]


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ("1 1700000015.0\n8\n9\n", (1, 1700000015.0, [8, 9])),
        ("0 0.0\n", (0, 0.0, [])),
        ("", (0, 0.0, [])),
        ("1", (0, 0.0, [])),
        ("99 0.0\n8\n", (0, 0.0, [8])),
        ("x y\n8\nz\n\xff\n", (0, 0.0, [8])),
    ],
)
def test_what_a_file_does_not_tell_is_live_and_at_once(
    tmp_path: Path, content: str, known: tuple[int, float, list[int]]
) -> None:
    path = tmp_path / "1.0 2 scene 7.event"
    path.write_text(content, encoding="utf-8")
    assert spool.read(str(path)) == known
    path.unlink()
    assert spool.read(str(path)) == (0, 0.0, [])


def test_an_event_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / spool.FOLDER
    folder.mkdir()
    with pytest.raises(StorageError, match="this change was not recorded"):
        spool.put(str(tmp_path), "x" * 300, 7, 1.0)  # longer than a file name may be


def test_a_file_in_the_folders_place_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / spool.FOLDER).touch()
    with pytest.raises(StorageError, match="cannot create"):
        spool.put(str(tmp_path), "scene", 7, 1.0)
    assert waiting(tmp_path) == []


# Files that another program has open, on Windows


class Refusals:
    """Takes the place of a function of the system: refuses so many calls, then does it."""

    def __init__(self, do: Callable[..., object], count: int) -> None:
        self.do, self.left = do, count

    def __call__(self, *arguments: Any, **options: Any) -> object:
        if self.left:
            self.left -= 1
            raise PermissionError(13, "Access is denied")
        return self.do(*arguments, **options)


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.mark.usefixtures("no_sleep")
def test_a_file_that_is_looked_at_is_written_read_and_removed_a_moment_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", Refusals(os.replace, 3))
    path = spool.put(str(tmp_path), "scene", 7, 1.0, others=[8])
    monkeypatch.setattr(spool, "open", Refusals(open, 3), raising=False)
    assert spool.read(path) == (0, 0.0, [8])
    monkeypatch.setattr(os, "unlink", Refusals(os.unlink, 3))
    spool.remove(path)
    assert waiting(tmp_path) == []


@pytest.mark.usefixtures("no_sleep")
@pytest.mark.parametrize(("name", "do"), [("open", spool.read), ("os.unlink", spool.remove)])
def test_a_file_that_is_kept_from_us_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, do: Callable[[str], object]
) -> None:
    path = spool.put(str(tmp_path), "scene", 7, 1.0)
    monkeypatch.setattr(f"jobs.spool.{name}", Refusals(open, 1000), raising=False)
    with pytest.raises(StorageError, match=r"scene 7\.event: Access is denied\. It must belong"):
        do(path)
