"""Saves in quick succession: the first at once, the rest bundled, none dropped."""

from __future__ import annotations

import pytest

from jobs.job import Job
from jobs.schema import BACKGROUND, LIVE, TASK
from worker.debounce import FIRST_WAIT_S, FORGET_AFTER_S, LONGEST_WAIT_S, MANY, Debounce

NOW_M = 5000.0


def job(object_id: int = 1, lane: int = LIVE, kind: str = "scene") -> Job:
    return Job(object_id, kind, object_id, lane)


def test_the_first_save_does_not_wait() -> None:
    assert Debounce().wait_s(job(), NOW_M) <= 0


def test_the_next_one_waits_a_moment() -> None:
    debounce = Debounce()
    debounce.finished(job(), NOW_M)
    assert debounce.wait_s(job(), NOW_M) == FIRST_WAIT_S
    assert debounce.wait_s(job(), NOW_M + FIRST_WAIT_S) <= 0


def test_the_wait_doubles_while_the_saves_go_on_up_to_a_limit() -> None:
    debounce = Debounce()
    waits, now_m = [], NOW_M
    for _ in range(6):
        debounce.finished(job(), now_m)
        waits.append(debounce.wait_s(job(), now_m))
        now_m += waits[-1]
    assert waits == [0.5, 1.0, 2.0, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_after_a_while_the_next_save_is_a_first_one_again() -> None:
    debounce = Debounce()
    for _ in range(5):
        debounce.finished(job(), NOW_M)
    later_m = NOW_M + FORGET_AFTER_S
    assert debounce.wait_s(job(), later_m) <= 0
    debounce.finished(job(), later_m)
    assert debounce.wait_s(job(), later_m) == FIRST_WAIT_S


@pytest.mark.parametrize(
    "other", [job(2), job(1, kind="tag")], ids=["another-object", "another-kind"]
)
def test_objects_do_not_wait_for_each_other(other: Job) -> None:
    debounce = Debounce()
    debounce.finished(job(), NOW_M)
    assert debounce.wait_s(other, NOW_M) <= 0


@pytest.mark.parametrize("lane", [BACKGROUND, TASK])
def test_only_peoples_saves_are_bundled(lane: int) -> None:
    debounce = Debounce()
    debounce.finished(job(lane=lane), NOW_M)
    assert debounce.wait_s(job(), NOW_M) <= 0
    debounce.finished(job(), NOW_M)
    assert debounce.wait_s(job(lane=lane), NOW_M) <= 0


def test_the_memory_of_a_debounce_is_bounded() -> None:
    debounce = Debounce()
    for number in range(MANY + 50):
        debounce.finished(job(number), NOW_M + number)
    assert len(debounce._finished) < 100
    assert debounce.wait_s(job(MANY + 49), NOW_M + MANY + 49) == FIRST_WAIT_S
