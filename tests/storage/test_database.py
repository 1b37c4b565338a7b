"""One connection for the threads of a process."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from storage.database import Database
from storage.sqlite import DatabaseDamaged, StorageError

SCHEMA = ("CREATE TABLE numbers (number INTEGER UNIQUE);",)


def open_numbers(folder: Path) -> Database:
    return Database(str(folder), "numbers.db", SCHEMA)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(open_numbers(tmp_path / "data")) as opened:
        yield opened


def insert(database: Database, number: int) -> None:
    with database.write() as connection:
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))


def numbers(database: Database) -> list[int]:
    with database.read() as connection:
        found = connection.execute("SELECT number FROM numbers ORDER BY number").fetchall()
    return [row[0] for row in found]


def test_the_folder_is_made_private(database: Database) -> None:
    assert stat.S_IMODE(Path(database.data_dir).stat().st_mode) == 0o700


def test_a_write_is_seen_by_other_connections_once_it_is_committed(database: Database) -> None:
    with closing(open_numbers(Path(database.data_dir))) as other:
        with database.write() as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            assert numbers(other) == []
        assert numbers(other) == [1]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt], ids=lambda each: each.__name__)
def test_a_write_that_fails_is_rolled_back(database: Database, error: type[BaseException]) -> None:

    def fail_halfway() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO numbers VALUES (1)")
            raise error

    with pytest.raises(error):
        fail_halfway()
    assert numbers(database) == []
    insert(database, 2)  # and the connection is as good as before


def test_sqlites_errors_come_out_as_ours(database: Database) -> None:
    insert(database, 1)
    with pytest.raises(StorageError, match="UNIQUE constraint failed"):
        insert(database, 1)
    with pytest.raises(StorageError, match="no such table"), database.read() as connection:
        connection.execute("SELECT * FROM letters")


def test_threads_take_turns(database: Database) -> None:
    barrier = threading.Barrier(8)

    def add(start: int) -> None:
        barrier.wait()
        for number in range(start, start + 5):
            insert(database, number)

    threads = [threading.Thread(target=add, args=(10 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers(database)) == 40


def test_the_data_version_moves_with_others_commits_and_not_with_our_own(
    database: Database,
) -> None:
    before = database.data_version()
    insert(database, 1)
    assert database.data_version() == before
    with closing(open_numbers(Path(database.data_dir))) as other:
        insert(other, 2)
    assert database.data_version() != before


def test_a_closed_database_says_so_and_may_be_closed_again(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(StorageError, match="closed"):
        numbers(database)


def test_damage_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "numbers.db").write_bytes(b"garbage" * 100)
    with pytest.raises(DatabaseDamaged):
        open_numbers(tmp_path)


def test_a_file_that_was_set_aside_is_noticed(database: Database) -> None:
    assert database.is_in_place()
    path = Path(database.path)
    path.rename(f"{path}.damaged")
    assert not database.is_in_place()
    with closing(open_numbers(path.parent)) as newer:
        assert not database.is_in_place()
        assert newer.is_in_place()
