"""That what is asked of many scenes at once takes no longer for each of them than for one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from jobs.anew import open_jobs
from jobs.schema import BACKGROUND
from jobs.store import JobStore
from ledger.ledger import Ledger
from page.syncing.sync import queue

ITEMS, SCENES = 2000, 200
# Of SQLite's machine, which counts what it does whatever else the computer is busy with.
STEPS = 1000


def test_a_sync_of_many_scenes_does_not_read_the_whole_ledger_for_each(tmp_path: Path) -> None:
    ticks: list[int] = []
    with closing(open_jobs(str(tmp_path))) as jobs, closing(Ledger(str(tmp_path))) as ledger:
        with ledger.database.write() as connection:
            connection.executemany(
                "INSERT INTO items (server, rating_key, scene_id, path, original, answers)"
                " VALUES ('a-server', ?, ?, '', '{}', '{\"title\": []}')",
                [(number, number) for number in range(1, ITEMS + 1)],
            )
        with ledger.database.read() as connection:
            connection.set_progress_handler(lambda: ticks.append(1), STEPS)
        queue(JobStore(jobs), ledger, range(1, SCENES + 1))
        with ledger.database.read() as connection:
            left = connection.execute("SELECT count(*) FROM items WHERE answers != '{}'").fetchone()
        assert left == (ITEMS - SCENES,)
        assert JobStore(jobs).count([BACKGROUND]) == SCENES
    assert len(ticks) < SCENES
