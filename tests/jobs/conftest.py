"""A real job store in a folder of its own, and others that open the same one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jobs.registry import Registry
from jobs.store import JobStore, open_job_database
from storage.database import Database


@pytest.fixture
def open_another(tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Opens the same job database once more, as another process does."""
    with ExitStack() as stack:

        def open_database() -> Database:
            database = open_job_database(str(tmp_path))
            stack.callback(database.close)
            return database

        yield open_database


@pytest.fixture
def database(open_another: Callable[[], Database]) -> Database:
    return open_another()


@pytest.fixture
def store(database: Database) -> JobStore:
    return JobStore(database)


@pytest.fixture
def make_registry(open_another: Callable[[], Database]) -> Callable[[str], Registry]:
    """A registry of another process of the given role, with a connection of its own."""
    return lambda role: Registry(open_another(), role)
