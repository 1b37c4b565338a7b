"""That what is asked of many scenes at once takes no longer for each of them than for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from jobs.anew import open_jobs
from jobs.schema import BACKGROUND
from jobs.store import JobStore
from ledger.ledger import Ledger
from ledger.rows import dump_state
from page.syncing.sync import queue
from sync.values import ItemState

ITEMS, SCENES = 2000, 200
# Of SQLite's machine, which counts what it does whatever else the computer is busy with.
STEPS = 1000


@contextmanager
def large_ledger(folder: Path) -> Iterator[tuple[Ledger, list[int]]]:
    """Of many items, each of another scene, all of them undone; and what asking it costs."""
    ticks: list[int] = []
    with closing(Ledger(str(folder))) as ledger:
        with ledger.database.write() as connection:
            connection.executemany(
                "INSERT INTO items (server, rating_key, scene_id, path, original, answers,"
                " released) VALUES ('a-server', ?, ?, '', ?, '{\"title\": [\"\", \"\"]}', 1)",
                [(number, number, dump_state(ItemState({}))) for number in range(1, ITEMS + 1)],
            )
        with ledger.database.read() as connection:
            connection.set_progress_handler(lambda: ticks.append(1), STEPS)
        yield ledger, ticks


def test_one_scene_of_a_large_ledger_is_found_without_reading_all(tmp_path: Path) -> None:
    with large_ledger(tmp_path) as (ledger, ticks):
        for scene_id in range(1, SCENES + 1):
            assert [
                [each.rating_key for each in page] for page in ledger.entries("a-server", scene_id)
            ] == [[scene_id]]
    assert len(ticks) < SCENES


def test_managing_many_scenes_again_does_not_read_the_whole_ledger_for_each(tmp_path: Path) -> None:
    with large_ledger(tmp_path) as (ledger, ticks):
        assert ledger.manage_scenes([*range(1, SCENES + 1), ITEMS + 1]) == [*range(1, SCENES + 1)]
        assert ledger.manage_scenes([1]) == []
        assert ledger.manage(SCENES + 1) == 1
        assert ledger.manage() == ITEMS - SCENES - 1
    assert len(ticks) < SCENES


def test_a_sync_of_many_scenes_does_not_read_the_whole_ledger_for_each(tmp_path: Path) -> None:
    with closing(open_jobs(str(tmp_path))) as jobs, large_ledger(tmp_path) as (ledger, ticks):
        queue(JobStore(jobs), ledger, range(1, SCENES + 1))
        with ledger.database.read() as connection:
            left = connection.execute("SELECT count(*) FROM items WHERE answers != '{}'").fetchone()
        assert left == (ITEMS - SCENES,)
        assert JobStore(jobs).count([BACKGROUND]) == SCENES
    assert len(ticks) < SCENES
