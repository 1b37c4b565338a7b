"""Databases as accidents leave them, and other processes at work on them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

TREE = Path(__file__).parents[2]

FIRST = "CREATE TABLE notes (name TEXT PRIMARY KEY); CREATE INDEX by_name ON notes (name);"
SECOND = "ALTER TABLE notes ADD COLUMN value TEXT NOT NULL DEFAULT '';"


def make_damaged(path: Path) -> None:
    path.write_bytes(b"this was a database once " * 100)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process's transaction that writes and doesn't end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def at_the_same_moment(script: str, arguments: Sequence[str], *, count: int) -> list[str]:
    """What each of `count` Python processes prints, started up first and then let go together."""
    gate = "import sys; sys.stdout.write('?'); sys.stdout.flush(); sys.stdin.read(1)\n"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", gate + script, *arguments, str(number)],
            cwd=TREE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    for process in processes:
        assert process.stdout
        process.stdout.read(1)
    for process in processes:
        assert process.stdin
        process.stdin.write("!")
        process.stdin.flush()
    answers = [process.communicate(timeout=30) for process in processes]
    assert [err for _, err in answers] == [""] * count
    return [out.strip() for out, _ in answers]
