"""Data folders on file systems that lack something SQLite relies on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jobs.schema import FILE_NAME, MIGRATIONS
from simulators.rig import TREE, Rig
from storage.sqlite import StorageError, open_database

# Stands before the C library's: shared writable maps of files fail as on FUSE with direct I/O, and
# with PLEXSYNC_NO_LOCKS in the environment so do locks, as on NFS without its lock service.
_PRELOADED = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>

#define MMAP(NAME) \
  void *NAME(void *at, size_t size, int rights, int flags, int file, off_t start) { \
    static void *(*real)(void *, size_t, int, int, int, off_t); \
    if (!real) real = dlsym(RTLD_NEXT, #NAME); \
    if (file >= 0 && (flags & MAP_SHARED) && (rights & PROT_WRITE)) { \
      errno = ENODEV; \
      return MAP_FAILED; \
    } \
    return real(at, size, rights, flags, file, start); \
  }
MMAP(mmap)
MMAP(mmap64)

#define FCNTL(NAME) \
  int NAME(int file, int command, ...) { \
    static int (*real)(int, int, void *); \
    va_list rest; \
    va_start(rest, command); \
    void *argument = va_arg(rest, void *); \
    va_end(rest); \
    if (!real) real = dlsym(RTLD_NEXT, #NAME); \
    if (getenv("PLEXSYNC_NO_LOCKS") && (command == F_SETLK || command == F_SETLKW)) { \
      errno = ENOLCK; \
      return -1; \
    } \
    return real(file, command, argument); \
  }
FCNTL(fcntl)
FCNTL(fcntl64)
"""

_OPEN = """
import sys
from jobs.schema import MIGRATIONS
from storage.sqlite import StorageError, open_database
try:
    with open_database(sys.argv[1], MIGRATIONS) as connection:
        connection.execute("INSERT INTO notes VALUES (?, 'x')", (sys.argv[2],))
        print(connection.execute("SELECT count(*) FROM notes").fetchone()[0])
except StorageError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The library's path, for LD_PRELOAD."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("preloaded")
    source, library = folder / "lacking.c", folder / "lacking.so"
    source.write_text(_PRELOADED, encoding="utf-8")
    command = [compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"the C compiler can't make it: {made.stderr[:300]}")
    return str(library)


def start(path: Path, preloaded: str, note: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _OPEN, str(path), note],
        cwd=TREE,
        env={**os.environ, "LD_PRELOAD": preloaded, **more},
        stdout=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=60)[0].strip()


def test_without_shared_maps_another_journal_does(tmp_path: Path, preloaded: str) -> None:
    path = tmp_path / FILE_NAME
    assert told(start(path, preloaded, "a")) == "1"
    assert told(start(path, preloaded, "b")) == "2"
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_processes_that_come_at_once_all_get_the_database(tmp_path: Path, preloaded: str) -> None:
    begun = [start(tmp_path / FILE_NAME, preloaded, str(n)) for n in range(8)]
    assert max(int(told(each)) for each in begun) == 8


def test_a_folder_that_comes_there_keeps_what_it_holds(tmp_path: Path, preloaded: str) -> None:
    path = tmp_path / FILE_NAME
    with closing(open_database(str(path), MIGRATIONS)) as connection:
        connection.execute("INSERT INTO notes VALUES ('before', 'x')")
        # As a process leaves it that was killed: with a log that nobody has taken over.
        shutil.copytree(tmp_path, tmp_path / "moved")
    moved = tmp_path / "moved" / FILE_NAME
    begun = [start(moved, preloaded, str(n)) for n in range(4)]
    assert max(int(told(each)) for each in begun) == 5
    with closing(sqlite3.connect(moved)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_without_locks_one_sentence_names_the_cause(tmp_path: Path, preloaded: str) -> None:
    said = told(start(tmp_path / FILE_NAME, preloaded, "a", PLEXSYNC_NO_LOCKS="1"))
    assert f"The file system of {tmp_path} refuses file locks (No locks available)" in said
    assert "disk is not full" not in said


def test_elsewhere_the_log_stays_and_nothing_of_the_trial_does(tmp_path: Path) -> None:
    with closing(open_database(str(tmp_path / FILE_NAME), MIGRATIONS)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_a_saved_scene_reaches_plex(make_rig: Callable[..., Rig], preloaded: str) -> None:
    rig = make_rig(environment={"LD_PRELOAD": preloaded})
    hook = rig.start_hook(1)
    hook.communicate(timeout=60)
    assert hook.returncode == 0
    rig.until(lambda: rig.title(1) == rig.films[0].title, "the scene in Plex")
    assert "disk I/O error" not in rig.log_file() + rig.stash.log_text()


@pytest.mark.skipif(sys.platform == "win32" or os.name != "posix", reason="users have no numbers")
def test_a_folder_of_another_user_is_named_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE_NAME
    path.mkdir()  # what can't be opened
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_001)
    monkeypatch.setattr(os, "access", lambda *_args, **_options: False)
    with pytest.raises(
        StorageError, match=r"belongs to .+, and PlexSync runs here as user 4000001"
    ):
        open_database(str(path), MIGRATIONS)
