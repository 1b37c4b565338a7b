"""A data folder with much in it, filled by the plugin's own stores: for whoever measures or tests
what a page asks and what a worker does beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from commands.preview import keep_page
from commands.preview_text import Change, ItemPreview
from jobs.hold import begin_hold
from jobs.job import Failed, Verdict
from jobs.schema import BACKGROUND, SCENE, TASK
from jobs.states import States
from jobs.store import JobStore, open_job_database
from ledger.ledger import Ledger
from ledger.preview_store import PreviewStore
from ledger.writes import NewWrite, keep
from sync.plan import Kept
from sync.values import Before, Credit, Value

# In a script whose letters take six bytes each in an answer.
LONG_TITLE = "Человек с киноаппаратом " * 12
LONG_TEXT = "Эксперимент в передаче зримых явлений. " * 40

REASONS = ("not in Plex", "plex refused", "ambiguous", "no file")
# Which of these ten scenes in a row have.
OF_TEN = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)
FIELDS = ("title", "summary", "genres", "cast")
ROWS_AT_ONCE = 5000
# Of the changes; the others are of usual size, or all of them would take a gigabyte.
LARGE = 500
TOKEN, SERVER, RUN = "filling", "a-server", 7


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many scenes failed, wait (in a `lane`), and would change by the last preview; `written`:
    lines of what was written. The failed ones begin with the id `first`, those that wait follow;
    whatever else would change is in step so far."""

    failed: int = 10_000
    waiting: int = 30_000
    changed: int = 100_000
    written: int = 2_000
    first: int = 1
    lane: int = BACKGROUND


def fill(data_dir: str, backlog: Backlog, *, paused: bool = True) -> None:
    """`paused`: as by a person, so that it stays as it is. Raises StorageError."""
    first, now = backlog.first, time.time()
    with closing(open_job_database(data_dir)) as database:
        store = JobStore(database)
        _fail(store, range(first, first + backlog.failed), now)
        rest = range(first + backlog.failed, first + backlog.changed)
        store.enqueue(SCENE, rest[: backlog.waiting], backlog.lane, now)
        States(database).presume_in_step(rest[backlog.waiting :])
        if paused:
            begin_hold(database, now, None)
    with closing(PreviewStore(data_dir)) as previews:
        number = previews.begin(now)
        for page in _pages(range(first, first + backlog.changed)):
            keep_page(previews, number, [_preview(each, each - first < LARGE) for each in page])
        previews.finish(number, now)
    with closing(Ledger(data_dir)) as ledger, ledger.database.write() as connection:
        # The last one is the newest: the first scenes are in Stash for sure.
        scenes = reversed(range(first, first + backlog.written))
        keep(connection, SERVER, RUN, now, map(_write, scenes))


def _fail(store: JobStore, scenes: Sequence[int], now: float) -> None:
    for number, reason in enumerate(REASONS):
        # The newest are shown first.
        mine = [each for each in reversed(scenes) if OF_TEN[each % 10] == number]
        for page in _pages(mine):
            store.enqueue(SCENE, page, TASK, now)
            jobs = store.claim(TOKEN, [TASK], now, len(page))
            verdict: Verdict = Failed(reason, LONG_TITLE, LONG_TITLE)
            store.settle(TOKEN, dict.fromkeys(jobs, verdict), now)


def _preview(scene_id: int, is_large: bool) -> ItemPreview:
    title, length, number = (LONG_TITLE, 1, 60) if is_large else (f"Film {scene_id}", 10, 5)
    names = [f"{LONG_TITLE[:40]} {each}" for each in range(number)]
    text, people = LONG_TEXT[::length], tuple(map(Credit, names))
    changes = (
        Change("title", f"film.{scene_id}", title),
        Change("summary", "", text),
        Change("genres", [], names),
        Change("cast", names[:2], names),
    )
    left = (Kept("poster", "", title),)
    stash: dict[str, Value] = {"title": title, "summary": text, "genres": people, "cast": people}
    # Not all change in every field.
    return ItemPreview(scene_id, scene_id, title, changes[: 1 + scene_id % 4], left, stash)


def _write(scene_id: int) -> NewWrite:
    return NewWrite(scene_id, scene_id, LONG_TITLE, {each: Before("", False) for each in FIELDS})


def _pages(scenes: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(scenes), ROWS_AT_ONCE):
        yield scenes[start : start + ROWS_AT_ONCE]
