"""The job database from nothing, and from every version that people may have on disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobs.schema import FILE_NAME, LIVE, MIGRATIONS, TASK
from jobs.store import JobStore, open_job_database
from storage.sqlite import StorageError
from tests.jobs.released import RELEASED, write_released


def schema_of(path: Path) -> list[tuple[str, str]]:
    """Names and SQL of everything in the database, without its line breaks."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL")
        return sorted((name, " ".join(sql.split())) for name, sql in rows)


@pytest.mark.parametrize("version", RELEASED)
def test_jobs_of_a_released_version_are_all_there(tmp_path: Path, version: int) -> None:
    write_released(tmp_path, version)
    with closing(open_job_database(str(tmp_path))) as database:
        store = JobStore(database)
        store.release_claims("worker-1-abc")
        live = store.claim("new", [LIVE], now=3000.0)
        assert [(job.object_id, job.attempts, job.created_at) for job in live] == [
            (1, 0, 1000.0),
            (2, 3, 1000.0),
        ]
        assert [job.object_id for job in store.claim("new", [TASK], now=3000.0)] == [4]
        assert [(each.object_id, each.reason) for each in store.failures()] == [(3, "no file")]
        assert store.note("last_sync") == '{"at": 1400, "summary": "3 synced"}'


@pytest.mark.parametrize("version", RELEASED)
def test_an_updated_database_is_like_a_new_one(tmp_path: Path, version: int) -> None:
    """Fails when a migration that was released has been edited instead of a new one appended."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    write_released(old, version)
    for folder in (old, new):
        open_job_database(str(folder)).close()
    assert schema_of(old / FILE_NAME) == schema_of(new / FILE_NAME)


def test_every_version_of_the_schema_is_kept_for_these_tests() -> None:
    assert list(RELEASED) == list(range(1, len(MIGRATIONS) + 1))


def test_a_newer_database_is_refused_with_a_clear_message(tmp_path: Path) -> None:
    open_job_database(str(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    with pytest.raises(StorageError, match=r"jobs\.db was written by a newer PlexSync") as refused:
        open_job_database(str(tmp_path))
    assert "Update the plugin" in str(refused.value)
