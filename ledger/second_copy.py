"""A second copy of the ledger, the one file that can't be had again, and its use.

Every step leaves either the former state or the next one: what is made is made beside its place,
checked, and moved there in one step.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from ledger.rows import dump_pictures, load_pictures
from ledger.schema import FILE_NAME, MIGRATIONS
from storage.sqlite import PRIVATE_FILE, StorageError, open_database, patiently
from storage.times import is_recent
from sync.pictures import PictureMemory

log = logging.getLogger(__name__)

COPY_NAME = "ledger-copy.db"
COPY_EVERY_S = 86_400.0
_DRAFT = ".draft"
_DRAFT_STALE_S = 3_600.0


def keep_copy(data_dir: str, *, at_once: bool = False) -> bool:
    """Copy the ledger if something was written since it was copied last, `at_once` or once a day;
    whether it was. One that can't be copied is told in the log; the former copy stays."""
    source, target = (os.path.join(data_dir, name) for name in (FILE_NAME, COPY_NAME))
    began = time.time()
    if not _is_due(source, target, began, at_once=at_once):
        return False
    try:
        with _draft(target) as draft:
            _back_up(source, draft)
            if not _count(draft):
                return False
            os.utime(draft, (began, began))
            patiently(lambda: os.replace(draft, target))
    except (OSError, sqlite3.Error, StorageError) as error:
        log.warning("the ledger was not copied to %s: %s", target, error)
        return False
    return True


def recover(data_dir: str) -> bool:
    """Put the copy in the place of a ledger that is gone or empty; whether that was done.

    The copy is older than what is gone: see `ledger.doubts`. Raises StorageError.
    """
    path, copy = (os.path.join(data_dir, name) for name in (FILE_NAME, COPY_NAME))
    if _size(path) or not _size(copy):
        return False
    try:
        copied_at = os.stat(copy).st_mtime
        with _draft(path) as draft:
            _back_up(copy, draft)
            _mark(draft, copied_at)
            _move_remains(path)
            placed = _place(draft, path)
    except (OSError, sqlite3.Error) as error:
        log.error(  # noqa: TRY400 - it is its own explanation
            "the ledger is gone, and its copy %s cannot be used: %s", copy, error
        )
        return False
    if placed:
        log.error(
            "the ledger was lost; its copy of %s is used instead. What was first written to Plex "
            "after that can't be restored to what was there before",
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(copied_at)),
        )
    return placed


def _is_due(source: str, target: str, now: float, *, at_once: bool) -> bool:
    if not _size(source):
        return False
    copied_at = _time(target)
    if max(_time(source), _time(f"{source}-wal")) <= copied_at:
        return False
    return at_once or not is_recent(copied_at, now, COPY_EVERY_S)


@contextlib.contextmanager
def _draft(target: str) -> Iterator[str]:
    """A new file beside `target` that only its owner can read; gone in the end, wherever it was
    left."""
    _clear_drafts(target)
    draft = f"{target}.{os.urandom(16).hex()}{_DRAFT}"
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE))
    try:
        yield draft
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                os.unlink(draft + suffix)


def _clear_drafts(target: str) -> None:
    """Of processes that were killed."""
    folder, prefix = os.path.split(target)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith(f"{prefix}.") and _DRAFT in name:
            with contextlib.suppress(OSError):
                if abs(time.time() - os.stat(path).st_mtime) > _DRAFT_STALE_S:
                    os.unlink(path)


def _back_up(source: str, draft: str) -> None:
    """SQLite's online backup: a state that was committed, whoever writes meanwhile."""
    # Not read-only: a log that a crash has left may have to be taken in first.
    with (
        closing(sqlite3.connect(source, timeout=10.0)) as there,
        closing(sqlite3.connect(draft)) as here,
    ):
        there.backup(here)
        # One file, without a log beside it.
        here.execute("PRAGMA journal_mode=DELETE")
        found = here.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(f"{source} is damaged: {found}")
    _to_disk(draft)


def _count(path: str) -> int:
    """What can't be had again."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM exclusions)"
        ).fetchone()
        return int(found[0])


def _mark(draft: str, copied_at: float) -> None:
    """All that the copy knows may have been written since."""
    with closing(open_database(draft, MIGRATIONS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT OR IGNORE INTO doubts SELECT server, rating_key FROM items")
        _doubt_pictures(connection)
        connection.execute("INSERT INTO recoveries VALUES (?, ?)", (copied_at, time.time()))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=DELETE")
    _to_disk(draft)


def _doubt_pictures(connection: sqlite3.Connection) -> None:
    """Another picture may have been sent since: the next look asks Plex before it decides."""
    rows = connection.execute(
        "SELECT server, rating_key, pictures FROM items WHERE pictures != '{}'"
    ).fetchall()
    connection.executemany(
        "UPDATE items SET pictures = ? WHERE server = ? AND rating_key = ?",
        [
            (dump_pictures(_unsure(load_pictures(pictures))), server, rating_key)
            for server, rating_key, pictures in rows
        ],
    )


def _unsure(pictures: Mapping[str, PictureMemory]) -> dict[str, PictureMemory]:
    return {name: replace(each, unsure=True) for name, each in pictures.items()}


def _move_remains(path: str) -> None:
    """A log without its database would be played into the new one."""
    name = f"{path}.damaged-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    for suffix in ("-wal", "-shm", ""):
        # Another process may have placed one meanwhile, with a log of its own.
        if os.path.exists(path + suffix) and not _size(path):
            os.replace(path + suffix, name + suffix)


def _place(draft: str, path: str) -> bool:
    """Whether the draft has become the ledger: another process may have been faster."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without links.
        if os.path.exists(path):
            return False
        os.replace(draft, path)
    return True


def _to_disk(path: str) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _time(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
