"""Opening, migrating and setting aside SQLite files, with real files and real processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from storage import files, sqlite
from storage.sqlite import (
    DatabaseDamaged,
    StorageError,
    make_private_folder,
    open_database,
    set_aside,
    storage_error,
)
from tests.storage.files import FIRST, SECOND, at_the_same_moment, locked, make_damaged


def mode(path: Path | str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


# Opening


def test_a_new_database_is_private_and_survives_power_cuts(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with closing(open_database(str(path), (FIRST,))) as connection:
        connection.execute("INSERT INTO notes VALUES ('a')")
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert {mode(each) for each in tmp_path.iterdir()} == {0o600}
        assert len(list(tmp_path.iterdir())) == 3  # with -wal and -shm


def test_a_cache_may_be_opened_with_less_care(tmp_path: Path) -> None:
    with closing(open_database(str(tmp_path / "x.db"), (FIRST,), synchronous="NORMAL")) as opened:
        assert opened.execute("PRAGMA synchronous").fetchone() == (1,)


def test_the_private_folder_is_its_owners_alone_and_may_exist_already(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "plex_sync"
    make_private_folder(str(folder))
    make_private_folder(str(folder))
    assert mode(folder) == 0o700


def test_on_windows_a_folder_has_the_access_list_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer Pythons make another of the mode 0o700."""
    monkeypatch.setattr(files, "_WINDOWS", True)
    make_private_folder(str(tmp_path / "plex_sync"))
    (tmp_path / "usual").mkdir()
    assert mode(tmp_path / "plex_sync") == mode(tmp_path / "usual")


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Make the folder of Stash's config file writable"):
        make_private_folder(str(tmp_path / "file" / "plex_sync"))


def test_a_folder_in_the_place_of_the_file_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    with pytest.raises(StorageError, match=r"cannot .* x\.db.*is writable|cannot .*is writable"):
        open_database(str(tmp_path / "x.db"), (FIRST,))


def test_a_missing_folder_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is writable"):
        open_database(str(tmp_path / "gone" / "x.db"), (FIRST,))


def test_processes_that_create_the_same_database_at_once_all_succeed(tmp_path: Path) -> None:
    script = """
from storage.sqlite import open_database
from tests.storage.files import FIRST, SECOND
connection = open_database(sys.argv[1], (FIRST, SECOND))
connection.execute("INSERT INTO notes (name) VALUES (?)", (sys.argv[2],))
print(connection.execute("PRAGMA user_version").fetchone()[0])
"""
    path = tmp_path / "x.db"
    assert at_the_same_moment(script, [str(path)], count=6) == ["2"] * 6
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (6,)


def test_a_new_database_waits_for_whoever_else_looks_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own waiting doesn't cover the change to WAL: of fifty first hooks some would find
    the database locked."""
    path = tmp_path / "x.db"
    path.touch()
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as reader,
        closing(sqlite3.connect(path, isolation_level=None, timeout=0.0)) as connection,
    ):
        reader.execute("CREATE TABLE something (id)")
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM something").fetchall()
        monkeypatch.setattr(time, "sleep", lambda _seconds: reader.execute("ROLLBACK"))
        sqlite._use_wal(connection, busy_timeout_s=5.0)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# Migrations


@pytest.mark.parametrize("start", [0, 1, 2], ids=["new", "from-version-1", "newest"])
def test_a_database_of_every_version_ends_at_the_newest(tmp_path: Path, start: int) -> None:
    path = tmp_path / "x.db"
    scripts = (FIRST, SECOND)
    open_database(str(path), scripts[:start]).close()
    with closing(open_database(str(path), scripts)) as connection:
        connection.execute("INSERT INTO notes VALUES ('a', 'b')")
    assert version(path) == 2


def test_migrating_keeps_the_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    with closing(open_database(path, (FIRST,))) as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    with closing(open_database(path, (FIRST, SECOND))) as connection:
        assert connection.execute("SELECT * FROM notes").fetchall() == [("kept", "")]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(str(path), (FIRST,)).close()
    with pytest.raises(StorageError, match="no such table"):
        open_database(str(path), (FIRST, f"{SECOND} DROP TABLE never_made;"))
    assert version(path) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert len(connection.execute("PRAGMA table_info(notes)").fetchall()) == 1


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(str(path), (FIRST, SECOND)).close()
    with pytest.raises(StorageError, match="written by a newer PlexSync") as refused:
        open_database(str(path), (FIRST,))
    assert not isinstance(refused.value, DatabaseDamaged)
    assert "schema 2, this one knows 1" in str(refused.value)
    assert version(path) == 2


def test_a_newer_process_that_migrates_meanwhile_is_not_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked at an empty file; the newer one got the lock first."""
    path = tmp_path / "x.db"
    look = sqlite._use_wal

    def overtaken(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
        monkeypatch.setattr(sqlite, "_use_wal", look)
        open_database(str(path), (FIRST, SECOND)).close()
        look(connection, busy_timeout_s)

    monkeypatch.setattr(sqlite, "_use_wal", overtaken)
    with pytest.raises(StorageError, match="newer PlexSync"):
        open_database(str(path), (FIRST,))
    assert version(path) == 2


# What goes wrong


@pytest.mark.parametrize(
    ("error", "damaged"),
    [
        (sqlite3.DatabaseError("database disk image is malformed"), True),
        (sqlite3.DatabaseError("file is not a database"), True),
        (sqlite3.OperationalError("database is locked"), False),
        (sqlite3.OperationalError("database or disk is full"), False),
        (sqlite3.OperationalError("attempt to write a readonly database"), False),
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), False),
    ],
    ids=lambda value: str(value).replace(" ", "-"),
)
def test_only_damage_counts_as_damage(error: sqlite3.Error, damaged: bool) -> None:
    told = storage_error("/data/x.db", error)
    assert isinstance(told, DatabaseDamaged) is damaged
    assert "/data/x.db" in str(told)
    assert str(error) in str(told)


@pytest.mark.parametrize("size", [50, 99, 100, 1000, 4096 + 17], ids="{}-bytes".format)
def test_a_file_of_garbage_is_damaged(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.db"
    path.write_bytes((b"garbage " * 1000)[:size])
    with pytest.raises(DatabaseDamaged, match=r"x\.db is damaged"):
        open_database(str(path), (FIRST,))


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    """A process that was killed between making the file and its first transaction left it."""
    path = tmp_path / "x.db"
    path.touch()
    open_database(str(path), (FIRST,)).close()
    assert version(path) == 1


def test_a_locked_database_is_reported_after_the_timeout(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.touch()
    with locked(path), pytest.raises(StorageError, match="database is locked"):
        open_database(str(path), (FIRST,), busy_timeout_s=0.01)


# Setting aside


def test_a_damaged_database_is_kept_under_a_name_with_the_time(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make_damaged(path)
    content = path.read_bytes()
    (tmp_path / "x.db-wal").write_bytes(b"unsaved pages")
    name = set_aside(str(path), now=1_700_000_000.0)
    assert name == f"{path}.damaged-20231114-221320"
    assert Path(name).read_bytes() == content
    # A log that stayed behind would be taken for the new database's.
    assert not (tmp_path / "x.db-wal").exists()


def test_a_sound_database_is_not_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(str(path), (FIRST,)).close()
    assert set_aside(str(path), now=0.0) is None
    assert [each.name for each in tmp_path.iterdir()] == ["x.db"]


def test_a_missing_database_is_not_set_aside(tmp_path: Path) -> None:
    assert set_aside(str(tmp_path / "x.db"), now=0.0) is None


def test_a_locked_database_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    """The next process may be just making the new one that replaces a damaged one."""
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE jobs (id)")
    with locked(path):
        assert set_aside(str(path), now=0.0) is None
    assert path.exists()


def test_damage_deep_inside_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(open_database(str(path), (FIRST,))) as connection:
        connection.executemany("INSERT INTO notes VALUES (?)", [(f"{n:0200}",) for n in range(200)])
    overwrite(path, 2 * 4096, b"\xff" * 4096)
    assert set_aside(str(path), now=0.0) is not None


def test_of_several_processes_one_sets_aside_and_the_others_find_a_sound_file(
    tmp_path: Path,
) -> None:
    script = """
from storage.sqlite import DatabaseDamaged, open_database, set_aside
from tests.storage.files import FIRST
try:
    open_database(sys.argv[1], (FIRST,))
    name = None
except DatabaseDamaged:
    name = set_aside(sys.argv[1], float(sys.argv[2]))
connection = open_database(sys.argv[1], (FIRST,))
connection.execute("INSERT INTO notes VALUES (?)", (sys.argv[2],))
print(name is not None)
"""
    path = tmp_path / "x.db"
    make_damaged(path)
    renamed = at_the_same_moment(script, [str(path)], count=6)
    assert sorted(renamed) == ["False"] * 5 + ["True"]
    assert len(list(tmp_path.glob("x.db.damaged-*[0-9]"))) == 1
    assert not (tmp_path / "x.db.aside").exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (6,)


def test_the_lock_of_a_process_that_died_is_not_respected_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    make_damaged(path)
    lock = tmp_path / "x.db.aside"
    lock.touch()
    os.utime(lock, (1.0, 1.0))
    assert set_aside(str(path), now=0.0) is not None
    assert not lock.exists()


def test_setting_aside_is_left_to_whoever_is_at_it_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    path = tmp_path / "x.db"
    make_damaged(path)
    (tmp_path / "x.db.aside").touch()
    assert set_aside(str(path), now=0.0) is None
    assert path.exists()


def test_a_lock_that_somebody_removed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.db"
    open_database(str(path), (FIRST,)).close()

    def slow_check(_path: str) -> bool:
        (tmp_path / "x.db.aside").unlink()
        return True

    monkeypatch.setattr(sqlite, "_is_sound", slow_check)
    assert set_aside(str(path), now=0.0) is None


def test_a_damaged_file_that_cannot_be_renamed_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.db"
    make_damaged(path)

    def refuse(_source: str, _target: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StorageError, match="Stop Stash and what still runs of PlexSync"):
        set_aside(str(path), now=0.0)
    assert not (tmp_path / "x.db.aside").exists()


# Files that another program has open, on Windows


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.mark.usefixtures("no_sleep")
def test_what_a_virus_scanner_refuses_is_tried_again() -> None:
    turns = iter([PermissionError(13, "Access is denied")] * 3)

    def act() -> str:
        for refused in turns:
            raise refused
        return "done"

    assert sqlite.patiently(act) == "done"


@pytest.mark.usefixtures("no_sleep")
@pytest.mark.parametrize("name", ["unlink", "stat"])
def test_a_lock_that_somebody_has_open_is_left_to_become_stale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What is open can't be removed, and what is being removed can't be asked."""
    path, lock = tmp_path / "x.db", tmp_path / "x.db.aside"
    real = getattr(os, name)

    def refuse(given: str, *options: Any, **named: Any) -> Any:
        if str(given) == str(lock):
            raise PermissionError(13, "Access is denied")
        return real(given, *options, **named)

    monkeypatch.setattr(os, name, refuse)
    make_damaged(path)
    assert set_aside(str(path), now=0.0) is not None
    make_damaged(path)
    lock.touch()
    assert set_aside(str(path), now=0.0) is None


@pytest.mark.usefixtures("no_sleep")
@pytest.mark.parametrize("refusals", [3, 100], ids=["for a moment", "for good"])
def test_a_lock_that_is_being_removed_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    path = tmp_path / "x.db"
    make_damaged(path)
    real, turns = os.open, iter(range(refusals))

    def refuse(given: str, *options: int) -> int:
        for _ in turns:
            raise PermissionError(13, "Access is denied")
        return real(given, *options)

    monkeypatch.setattr(os, "open", refuse)
    if refusals > 20:
        with pytest.raises(StorageError, match=r"cannot write .*x\.db\.aside: Access is denied"):
            set_aside(str(path), now=0.0)
    else:
        assert set_aside(str(path), now=0.0) is not None


def test_what_cannot_be_opened_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    (tmp_path / "x.db").mkdir()
    assert set_aside(str(tmp_path / "x.db"), now=0.0) is None
