"""A person's pause lasts, whatever becomes of the queue's database."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from jobs.anew import open_jobs
from jobs.hold import FILE_NAME, Hold, begin_hold, end_hold, hold_of
from jobs.schema import FILE_NAME as JOBS
from storage.files import StorageError

LONG = time.time() + 1e6


def damaged(folder: Path) -> None:
    (folder / JOBS).write_bytes(b"not a database" * 1000)
    gone(folder, "-wal", "-shm")


def gone(folder: Path, *suffixes: str) -> None:
    for suffix in suffixes or ("", "-wal", "-shm"):
        (folder / (JOBS + suffix)).unlink(missing_ok=True)


def found(folder: Path) -> Hold | None:
    with closing(open_jobs(str(folder))) as database:
        return hold_of(database, time.time())


def paused(folder: Path, until: float | None) -> Hold:
    with closing(open_jobs(str(folder))) as database:
        return begin_hold(database, time.time(), until)


@pytest.mark.parametrize("until", [None, LONG], ids=["open end", "until then"])
@pytest.mark.parametrize("happens", [damaged, gone])
def test_a_pause_outlives_the_database(
    tmp_path: Path, happens: Callable[[Path], None], until: float | None
) -> None:
    hold = paused(tmp_path, until)
    happens(tmp_path)
    assert found(tmp_path) == hold
    assert found(tmp_path) == hold


@pytest.mark.parametrize("happens", [damaged, gone])
def test_a_pause_that_was_ended_stays_ended(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    paused(tmp_path, None)
    with closing(open_jobs(str(tmp_path))) as database:
        assert end_hold(database)
        assert not end_hold(database)
    happens(tmp_path)
    assert found(tmp_path) is None


def test_a_pause_that_is_over_does_not_come_back(tmp_path: Path) -> None:
    paused(tmp_path, time.time() + 0.01)
    gone(tmp_path)
    time.sleep(0.02)
    assert found(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[1]", '{"until": 1}', '{"since": 1, "more": 2}'),
        *('{"since": 1, "until": "later"}', '{"since": [], "until": null}'),
    ],
)
def test_a_file_that_holds_no_pause_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    assert found(tmp_path) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    paused(tmp_path, None)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_without_the_file_the_pause_stands_as_ever(tmp_path: Path) -> None:
    """As where a process ended while it ended the pause, and before its transaction did."""
    hold = paused(tmp_path, None)
    (tmp_path / FILE_NAME).unlink()
    assert found(tmp_path) == hold


def test_a_pause_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with closing(open_jobs(str(tmp_path))) as database:
        with pytest.raises(StorageError, match="cannot write"):
            begin_hold(database, time.time(), None)
        assert hold_of(database, time.time()) is None


def test_a_pause_that_the_database_refuses_does_not_come_later(tmp_path: Path) -> None:
    with closing(open_jobs(str(tmp_path))) as database:
        real = database.write

        @contextmanager
        def full() -> Iterator[sqlite3.Connection]:
            """A disk that has room for the file, and none for the transaction."""
            with real() as connection:
                yield connection
                connection.execute("ROLLBACK")
                connection.execute("BEGIN")
            raise StorageError("disk full")

        with patch.object(database, "write", full), pytest.raises(StorageError, match="disk full"):
            begin_hold(database, time.time(), None)
    assert found(tmp_path) is None
