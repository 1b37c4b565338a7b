"""The counts that triggers keep: after whatever has happened, what a full count finds."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jobs.job import Done, Failed, Job, Later, LookAgain, Retry, Verdict
from jobs.schema import BACKGROUND, CHECK, FILE_NAME, LIVE, PERFORMER, SCENE, TASK
from jobs.states import EXCLUDED, IN_STEP, NOT_IN_PLEX, UNKNOWN, WAITING, Look, States
from jobs.store import JobStore, open_job_database
from storage.database import Database
from tests.jobs.released import RELEASED

LANES = (LIVE, BACKGROUND, TASK, CHECK)
TOKENS = ("one", "two")
STEPS = 150
OBJECTS = range(1, 30)


def counted(database: Database) -> Counter[tuple[str, int, str]]:
    """Jobs by (kind, lane, state), from their rows."""
    found: Counter[tuple[str, int, str]] = Counter()
    with database.read() as connection:
        rows = connection.execute(
            "SELECT kind, lane, state, attempts, reason, claimed_by FROM jobs"
        ).fetchall()
    for kind, lane, state, attempts, reason, claimed_by in rows:
        waits = "retrying" if attempts else "queued" if reason is None else "put off"
        shown = "claimed" if claimed_by else "failed" if state == "failed" else waits
        found[kind, lane, shown] += 1
    return found


def failures_counted(database: Database) -> Counter[str]:
    with database.read() as connection:
        rows = connection.execute("SELECT reason FROM jobs WHERE state = 'failed'").fetchall()
    return Counter(row[0] for row in rows)


def states_counted(database: Database) -> Counter[str]:
    """Scenes by what is said of each, one by one."""
    with database.read() as connection:
        rows = connection.execute(
            "SELECT scene_id FROM states UNION SELECT object_id FROM jobs WHERE kind = 'scene'"
            " AND (state = 'failed' OR attempts > 0 OR reason IS NULL)"
        ).fetchall()
    said = States(database).of(row[0] for row in rows)
    return Counter(each.state for each in said.values())


def agree(database: Database) -> None:
    store, truth = JobStore(database), counted(database)
    by_lane: Counter[tuple[int, str]] = Counter()
    for (_, lane, shown), number in truth.items():
        by_lane[lane, shown] += number
    assert store.counts() == by_lane
    waiting = {key: n for key, n in truth.items() if key[2] not in ("failed", "put off")}
    assert store.count() == sum(waiting.values())
    of_performers = [n for (kind, lane, _), n in waiting.items() if (kind, lane) == (PERFORMER, 0)]
    assert store.count([LIVE], PERFORMER) == sum(of_performers)
    assert store.failure_counts() == failures_counted(database)
    assert States(database).counts() == states_counted(database)


class History:
    """What may happen to a job store, one thing after another, by chance."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self.store = JobStore(database)
        self.states = States(database)
        self.chance = chance
        self.now = 1000.0
        self.claims: list[tuple[str, Job]] = []

    def step(self) -> None:
        self.now += self.chance.choice((0.0, 1.0, 100.0))
        self.chance.choices(
            (self.enqueue, self.enqueue_absent, self.claim, self.settle, self.others),
            (4, 1, 4, 6, 1),
        )[0]()

    def some(self) -> list[int]:
        return self.chance.sample(OBJECTS, self.chance.randint(1, 6))

    def enqueue(self) -> None:
        kind = self.chance.choice((SCENE, SCENE, SCENE, PERFORMER))
        self.store.enqueue(kind, self.some(), self.chance.choice(LANES), self.now)

    def enqueue_absent(self) -> None:
        self.store.enqueue_absent(SCENE, self.some(), CHECK, self.now, note=("check", "1"))

    def claim(self) -> None:
        token = self.chance.choice(TOKENS)
        lanes = self.chance.sample(LANES, 2)
        self.claims += [(token, each) for each in self.store.claim(token, lanes, self.now, 4)]

    def settle(self) -> None:
        self.chance.shuffle(self.claims)
        ended, self.claims = self.claims[:3], self.claims[3:]
        for token, job in ended:
            verdict, look = self.end()
            self.store.settle(token, {job: verdict}, self.now, {job: look})

    def end(self) -> tuple[Verdict, Look]:
        reason = self.chance.choice(("not in Plex", "plex refused"))
        return self.chance.choice(
            (
                (Done(), Look(IN_STEP)),
                (Done(), Look(EXCLUDED, "by a tag")),
                (Done(), Look(UNKNOWN)),
                (Later(self.now + 1.0), Look(UNKNOWN)),
                (LookAgain(self.now + 2.0, "no cover yet"), Look(IN_STEP)),
                (Retry(self.now + 3.0, reason, "error"), Look(IN_STEP)),
                (Retry(self.now + 3.0, reason, "error"), Look(UNKNOWN)),
                (Failed(reason, "error"), Look(UNKNOWN)),
            )
        )

    def others(self) -> None:
        store, now = self.store, self.now
        self.chance.choice(
            (
                lambda: store.release_claims(self.chance.choice(TOKENS)),
                lambda: store.retry_failed(now, TASK),
                lambda: store.retry_failed(now, LIVE, reason="not in Plex"),
                lambda: store.retry_failed(now, LIVE, scene_ids=self.some()),
                lambda: store.move(TASK, BACKGROUND),
                lambda: store.clear(self.chance.choice((None, ["one"]))),
                lambda: self.states.forget(self.chance.choice((None, self.some()))),
            )
        )()


@pytest.mark.parametrize("seed", range(12))
def test_counts_stay_right_whatever_happens(database: Database, seed: int) -> None:
    history = History(database, random.Random(seed))
    seen: set[str] = set()
    for _ in range(STEPS):
        history.step()
        agree(database)
        seen |= {shown for _, _, shown in counted(database)} | {*states_counted(database)}
    assert seen >= {"queued", "retrying", "put off", "claimed", "failed", NOT_IN_PLEX, WAITING}


def test_claims_of_the_dead_are_counted_as_what_they_were(store: JobStore) -> None:
    store.enqueue(SCENE, [1, 2, 3], LIVE, 1.0)
    (job,) = store.claim("dead", [LIVE], 1.0, 1)
    store.settle("dead", {job: Retry(2.0, "plex error", "error")}, 1.0)
    store.claim("dead", [LIVE], 3.0, 2)
    store.claim("alive", [LIVE], 3.0, 1)
    assert sum(store.counts(["alive"]).values()) == 3
    assert store.counts(["alive"])[LIVE, "claimed"] == 1
    assert store.counts([]) == {(LIVE, "queued"): 2, (LIVE, "retrying"): 1}


def test_what_an_update_finds_is_counted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.executescript(RELEASED[4].schema)
        connection.executemany(
            "INSERT INTO jobs (kind, object_id, lane, created_at, state, attempts, reason,"
            " claimed_by) VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
            [
                (SCENE, 1, LIVE, "queued", 0, None, None),
                (SCENE, 2, TASK, "queued", 0, None, "one"),
                (SCENE, 3, BACKGROUND, "queued", 2, "not in Plex", None),
                (SCENE, 4, BACKGROUND, "queued", 0, "no cover yet", None),
                (SCENE, 5, LIVE, "failed", 3, "not in Plex", None),
                (PERFORMER, 1, LIVE, "queued", 0, None, None),
                (PERFORMER, 2, LIVE, "failed", 1, "plex refused", None),
            ],
        )
        connection.executemany(
            "INSERT INTO states VALUES (?, ?, '')",
            [(1, IN_STEP), (3, IN_STEP), (4, IN_STEP), (6, IN_STEP), (7, EXCLUDED)],
        )
        connection.execute("PRAGMA user_version=4")
        connection.commit()
    with closing(open_job_database(str(tmp_path))) as database:
        agree(database)
        assert States(database).counts() == {
            IN_STEP: 2,
            EXCLUDED: 1,
            WAITING: 2,
            NOT_IN_PLEX: 2,
        }
        # From then on as ever.
        history = History(database, random.Random(99))
        for _ in range(STEPS):
            history.step()
            agree(database)


def steps_of(database: Database, ask: Callable[[], object]) -> int:
    """How many times SQLite took another hundred steps for it."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    with database.read() as connection:
        connection.set_progress_handler(count, 100)
        try:
            ask()
        finally:
            connection.set_progress_handler(None, 0)
    return steps


def test_no_row_is_counted_for_an_answer(store: JobStore, database: Database) -> None:
    """Else a page that asks every few seconds is slow where the library is large."""
    store.enqueue(SCENE, range(1, 3001), TASK, 1.0)
    jobs = store.claim("one", [TASK], 1.0, 1000)
    ends: dict[Job, Verdict] = dict.fromkeys(jobs, Failed("not in Plex", "error"))
    store.settle("one", ends | dict.fromkeys(jobs[:500], Done()), 1.0)
    States(database).forget()
    for ask in (
        store.counts,
        store.count,
        store.failure_counts,
        store.retries,
        store.put_off,
        States(database).counts,
    ):
        assert steps_of(database, ask) < 10, ask
