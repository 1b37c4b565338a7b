"""Open a SQLite database of ours, create or migrate it, and set a damaged one aside."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator

# Also for those who use a database: what is said of files is said of databases too.
from storage.files import DATA_FOLDER as DATA_FOLDER
from storage.files import PRIVATE_FILE as PRIVATE_FILE
from storage.files import PRIVATE_FOLDER as PRIVATE_FOLDER
from storage.files import StorageError as StorageError
from storage.files import make_private_folder as make_private_folder
from storage.files import patiently as patiently

ASIDE_LOCK_STALE_S = 30.0


class DatabaseDamaged(StorageError):
    """The file at `path` is not a sound SQLite database (any more)."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} is damaged: {why}")
        self.path = path


def open_database(
    path: str,
    migrations: tuple[str, ...],
    *,
    synchronous: str = "FULL",
    busy_timeout_s: float = 10.0,
) -> sqlite3.Connection:
    """A connection in autocommit mode, its file at the newest schema version.

    `migrations[n]` is the script that takes version n to n + 1; the version is `user_version`.
    With `synchronous` FULL a commit is on the disk when it returns; with NORMAL a power cut may
    lose the last ones. On macOS it may still be in the disk's cache, which fsync doesn't empty
    there (https://www.sqlite.org/pragma.html#pragma_fullfsync): a user who saves would wait for it.
    Raises DatabaseDamaged, or StorageError for everything else that keeps it from being used.
    """
    try:
        if not os.path.exists(path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
        connection = _connect(path, busy_timeout_s)
    except (OSError, sqlite3.OperationalError) as error:
        raise StorageError(f"cannot open {path}: {error}. {_advice(path)}") from error
    try:
        try:
            connection.execute(f"PRAGMA synchronous={synchronous}")
        except sqlite3.OperationalError:
            # The folder may have come to a file system without what the write-ahead log needs.
            if _shares_maps(os.path.dirname(path)):
                raise
            connection.close()
            connection = _without_wal(path, busy_timeout_s)
            connection.execute(f"PRAGMA synchronous={synchronous}")
        version = _version(connection)
        if version < len(migrations):
            # Once it is set, nobody can open the file where the log doesn't work.
            if _shares_maps(os.path.dirname(path)):
                _use_wal(connection, busy_timeout_s)
            version = _migrate(connection, migrations)
        if version > len(migrations):
            raise StorageError(
                f"{path} was written by a newer PlexSync (schema {version}, this one knows "
                f"{len(migrations)}). Update the plugin, or delete the file and run a full sync."
            )
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise storage_error(path, error) from error
        raise
    return connection


def storage_error(path: str, error: sqlite3.Error) -> StorageError:
    """What a SQLite error means for the user."""
    # OperationalError (locked, full, read-only) is a subclass; damage comes as the base class.
    if type(error) is sqlite3.DatabaseError:
        return DatabaseDamaged(path, str(error))
    return StorageError(f"cannot use {path}: {error}. {_advice(path)}")


def set_aside(path: str, now: float) -> str | None:
    """Rename a damaged database so that a new one can be made; the new name, None if not needed.

    Several processes may find the damage at once: one of them renames, the others find a sound
    file. Raises StorageError when the file can't be renamed.
    """
    lock = path + ".aside"
    if not _take_lock_file(lock):
        return None
    try:
        if _is_sound(path):
            return None
        name = f"{path}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}"
        for suffix in ("-wal", "-shm", ""):
            if os.path.exists(path + suffix):
                os.replace(path + suffix, name + suffix)
        return name
    except OSError as error:
        raise StorageError(
            f"{path} is damaged and cannot be renamed: {error.strerror}. "
            "Stop Stash and what still runs of PlexSync, delete the file, start Stash and run a "
            "full sync."
        ) from error
    finally:
        _release_lock_file(lock)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _connect(path: str, busy_timeout_s: float) -> sqlite3.Connection:
    # The worker's threads share one connection under a lock of their own.
    return sqlite3.connect(
        path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
    )


def _migrate(connection: sqlite3.Connection, migrations: tuple[str, ...]) -> int:
    """The version that the database has then."""
    connection.execute("BEGIN IMMEDIATE")
    # Another process may have migrated while we waited for the lock.
    version = _version(connection)
    if version >= len(migrations):
        connection.execute("ROLLBACK")
        return version
    for script in migrations[version:]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(migrations)}")
    connection.execute("COMMIT")
    return len(migrations)


def _statements(script: str) -> Iterator[str]:
    """A trigger holds statements of its own, so not every semicolon ends one."""
    statement = ""
    for part in script.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _use_wal(connection: sqlite3.Connection, busy_timeout_s: float) -> None:
    end_m = time.monotonic() + busy_timeout_s
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError:
            # SQLite's own waiting doesn't cover this statement: of the first fifty hooks some
            # would be told that the database is locked.
            if time.monotonic() >= end_m:
                raise
            time.sleep(0.005)
            continue
        if mode != "wal":
            # A file system without shared memory.
            connection.execute("PRAGMA journal_mode=TRUNCATE")
        return


def _without_wal(path: str, busy_timeout_s: float) -> sqlite3.Connection:
    """Take what is in the write-ahead log into the database, and go on without one. A process that
    has the file to itself needs no shared memory for it (https://www.sqlite.org/wal.html#noshm)."""
    end_m = time.monotonic() + busy_timeout_s
    while True:
        # Whoever waited here would keep the others from having the file to themselves.
        connection = _connect(path, 0.0)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            # Others may be at the same.
            if time.monotonic() >= end_m:
                raise
        finally:
            connection.close()
        connection = _connect(path, busy_timeout_s)
        try:
            _version(connection)
        except sqlite3.OperationalError:
            connection.close()
            if time.monotonic() >= end_m:
                raise
        else:
            return connection
        time.sleep(0.005 + os.urandom(1)[0] / 5_000)


def _is_sound(path: str) -> bool:
    if not os.path.exists(path):
        return True
    try:
        connection = sqlite3.connect(path, timeout=1.0)
    except sqlite3.OperationalError:
        return True
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError:
        # Locked, say: another process is just making a new one. No reason to call it damaged.
        return True
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


def _take_lock_file(lock: str) -> bool:
    refused: OSError | None = None
    for _ in range(20):
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
            return True
        except FileExistsError:
            refused = None
            _remove_if_stale(lock)
        except PermissionError as error:
            # On Windows also for one that is being removed.
            refused = error
        except OSError as error:
            raise StorageError(f"cannot write {lock}: {error.strerror}") from error
        time.sleep(0.05)
    if refused:
        raise StorageError(f"cannot write {lock}: {refused.strerror}") from refused
    return False


def _release_lock_file(lock: str) -> None:
    try:
        patiently(lambda: os.unlink(lock))
    except OSError:
        return  # somebody thought it stale and removed it, or will


def _remove_if_stale(lock: str) -> None:
    try:
        if time.time() - os.stat(lock).st_mtime > ASIDE_LOCK_STALE_S:
            os.unlink(lock)
    except OSError:
        return  # another process is at it, or will be


def _advice(path: str) -> str:
    folder = os.path.dirname(path)
    return (
        _whose(path)
        or _what_is_lacking(folder)
        or f"Check that the disk is not full and that {folder} is writable."
    )


# Only where something is made or goes wrong: what is started often imports as little as it can.


def _shares_maps(folder: str) -> bool:
    from storage.file_system import shares_maps  # noqa: PLC0415 - see above

    return shares_maps(folder)


def _what_is_lacking(folder: str) -> str:
    from storage.file_system import what_is_lacking  # noqa: PLC0415 - see above

    return what_is_lacking(folder)


def _whose(path: str) -> str:
    from storage.owner import whose  # noqa: PLC0415 - see above

    return whose(path)
