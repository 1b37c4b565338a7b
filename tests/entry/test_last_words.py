"""Lines that wait in the job store for a process with a way to Stash's log."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from entry.last_words import hand_over, leave
from jobs.inbox import LINES_AT_ONCE
from jobs.schema import FILE_NAME
from jobs.store import JobStore, open_job_database
from storage.sqlite import StorageError


def test_all_that_waits_is_written_once_and_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The newest lines, such as a worker's last words, come last."""
    number = LINES_AT_ONCE * 2 + 1
    leave(str(tmp_path), [("i", f"line {each}") for each in range(number)])
    leave(str(tmp_path), [("w", "last words")])
    assert hand_over(str(tmp_path)) == number + 1
    assert capsys.readouterr().err.splitlines() == [
        *(f"\x01i\x02line {each}" for each in range(number)),
        "\x01w\x02last words",
    ]
    assert hand_over(str(tmp_path)) == 0
    assert capsys.readouterr().err == ""


def test_nothing_is_made_where_nothing_waits(tmp_path: Path) -> None:
    folder = tmp_path / "plex_sync"
    leave(str(folder), [])
    assert hand_over(str(folder)) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_used_costs_the_lines_and_no_more(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    leave(str(tmp_path), [("e", "not kept")])
    with pytest.raises(StorageError):
        hand_over(str(tmp_path))


def test_what_is_left_is_kept_for_the_next_process(tmp_path: Path) -> None:
    leave(str(tmp_path), [("e", "one"), ("w", "two")])
    with closing(open_job_database(str(tmp_path))) as database:
        assert JobStore(database).take_log_lines() == [("e", "one"), ("w", "two")]
