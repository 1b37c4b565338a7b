"""When a worker without anything to do may rest, and when it leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from jobs import inbox
from jobs.job import Later
from jobs.registry import TASK_ROLE, WORKER, Registry
from jobs.schema import LIVE, SCENE, TASK
from jobs.store import JobStore, open_job_database
from pipeline.stores import Databases
from rest.idle import LOOK_AGAIN_S, REST_AFTER_S, Idle, digest
from tests.jobs.events import save

NOW = 1_700_000_000.0
EXIT_S = 600.0


class Worker:
    """One that is idle, in a time that passes when told."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.database = open_job_database(str(folder))
        self.store, self.registry = JobStore(self.database), Registry(self.database, WORKER)
        self.registry.enter(NOW, 0.0)
        self.passed_s = 0.0
        self.can_rest = True
        nobody = cast("Any", None)
        stores = Databases(self.store, self.registry, nobody, nobody, nobody, nobody)
        self.idle = Idle(
            cast("Any", stores),
            [LIVE],
            changes.get("exit_s", EXIT_S),
            changes.get("rest_after_s", REST_AFTER_S),
            lambda: self.can_rest,
            lambda: NOW + self.passed_s,
            lambda: self.passed_s,
        )

    def rests_after(self, seconds: float, next_check_s: float = math.inf) -> bool:
        self.passed_s = seconds
        return self.idle.rests(next_check_s)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path)
    with closing(made.database):
        yield made


def put_off(worker: Worker, seconds: float) -> None:
    worker.store.enqueue(SCENE, [1], LIVE, NOW)
    (job,) = worker.store.claim(worker.registry.token, [LIVE], NOW)
    worker.store.settle(worker.registry.token, {job: Later(NOW + seconds)}, NOW)


def test_it_rests_after_its_time_for_as_long_as_nothing_happens(worker: Worker) -> None:
    assert not worker.rests_after(REST_AFTER_S - 1)
    assert worker.rests_after(REST_AFTER_S)
    assert worker.idle.rests_until == math.inf


def test_the_time_counts_from_the_last_work(worker: Worker) -> None:
    worker.passed_s = 20.0
    worker.idle.begin()
    assert not worker.rests_after(REST_AFTER_S)
    assert worker.rests_after(20.0 + REST_AFTER_S)


def test_a_retry_ends_the_rest(worker: Worker) -> None:
    put_off(worker, 3600)
    assert worker.rests_after(REST_AFTER_S)
    assert worker.idle.rests_until == NOW + 3600


def test_a_check_that_comes_first_ends_it(worker: Worker) -> None:
    put_off(worker, 3600)
    assert worker.rests_after(REST_AFTER_S, next_check_s=100.0)
    assert worker.idle.rests_until == NOW + REST_AFTER_S + 100.0


def test_what_is_due_soon_is_waited_for(worker: Worker) -> None:
    put_off(worker, 2 * REST_AFTER_S - 1)
    assert not worker.rests_after(REST_AFTER_S)


def test_what_waits_for_a_task_is_no_matter(worker: Worker) -> None:
    worker.store.enqueue(SCENE, [1], TASK, NOW)
    assert worker.rests_after(REST_AFTER_S)


def test_it_does_not_rest_while_an_event_waits(worker: Worker) -> None:
    save(worker.folder, 1, NOW)
    assert not worker.rests_after(REST_AFTER_S)


def test_what_a_hook_has_not_finished_wakes_it_later(worker: Worker) -> None:
    path = Path(save(worker.folder, 1, NOW))
    path.rename(f"{path}{inbox.UNFINISHED}")
    assert worker.rests_after(REST_AFTER_S)
    assert not worker.rests_after(inbox.WRITTEN_WITHIN_S + 1)


def test_nor_while_a_task_is_registered(worker: Worker) -> None:
    task = Registry(worker.database, TASK_ROLE)
    task.enter(NOW, 0.0)
    assert not worker.rests_after(REST_AFTER_S)
    task.leave()
    assert worker.rests_after(REST_AFTER_S + 1)


def test_nor_while_lines_wait_for_stashs_log(worker: Worker) -> None:
    worker.store.add_log_lines([("i", "a line")])
    assert not worker.rests_after(REST_AFTER_S)


def test_nor_while_the_process_has_something_to_see_to(worker: Worker) -> None:
    worker.can_rest = False
    assert not worker.rests_after(REST_AFTER_S)
    assert worker.idle.look_within_s() <= REST_AFTER_S


def test_it_looks_again_when_a_term_is_reached(worker: Worker) -> None:
    assert worker.idle.look_within_s() == REST_AFTER_S
    worker.passed_s = EXIT_S - 1
    assert worker.idle.look_within_s() == 1.0


def test_one_that_rests_at_once_does_not_look_all_the_time(tmp_path: Path) -> None:
    hasty = Worker(tmp_path, rest_after_s=0.0)
    with closing(hasty.database):
        assert hasty.idle.look_within_s() == LOOK_AGAIN_S


def test_one_that_never_rests_leaves(tmp_path: Path) -> None:
    wakeful = Worker(tmp_path, rest_after_s=None)
    with closing(wakeful.database):
        assert not wakeful.rests_after(EXIT_S)
        assert wakeful.idle.leaves()
        assert not wakeful.registry.is_entered()


def test_it_does_not_leave_while_a_job_waits(worker: Worker) -> None:
    put_off(worker, 3600)
    worker.passed_s = EXIT_S
    assert not worker.idle.leaves()


def test_settings_have_one_digest_in_any_order_and_show_nothing() -> None:
    first = digest({"plex_token": "secret", "plex_url": "http://127.0.0.1"})
    assert first == digest({"plex_url": "http://127.0.0.1", "plex_token": "secret"})
    assert first != digest({"plex_url": "http://127.0.0.1", "plex_token": "other"})
    assert "secret" not in first
