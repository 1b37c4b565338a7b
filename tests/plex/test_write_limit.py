"""How many writes Plex gets at once, as it answers well or badly."""

from __future__ import annotations

import threading

import pytest

from errors import LeaseLost
from plex.exceptions import PlexPermanentError, PlexUnavailable
from plex.write_limit import GOOD_ANSWERS_PER_STEP, NEVER_SLOW_S, WriteLimit
from tests.harness.waiting import until_waiting

USUAL_S = 0.1
SLOW_S = 5.0


def throttle_of(most: int, *, may_write: bool = True) -> WriteLimit:
    return WriteLimit(most, lambda: may_write)


def used_to(usual_s: float, most: int = 8) -> WriteLimit:
    """A throttle that has seen many answers of this duration."""
    throttle = throttle_of(most)
    for _ in range(200):
        throttle.learn(usual_s)
    return throttle


def test_it_begins_with_what_the_settings_allow() -> None:
    assert throttle_of(4).limit == 4


def test_an_answer_much_slower_than_usual_halves_the_limit() -> None:
    throttle = used_to(USUAL_S)
    throttle.learn(SLOW_S)
    assert throttle.limit == 4


def test_no_answer_halves_the_limit_down_to_one() -> None:
    throttle = used_to(USUAL_S)
    for _ in range(10):
        throttle.learn(None)
    assert throttle.limit == 1


def test_good_answers_raise_it_again_up_to_what_the_settings_allow() -> None:
    throttle = used_to(USUAL_S)
    throttle.learn(None)
    throttle.learn(None)
    limits = []
    for _ in range(10 * GOOD_ANSWERS_PER_STEP):
        throttle.learn(USUAL_S)
        limits.append(throttle.limit)
    assert sorted(set(limits)) == [2, 3, 4, 5, 6, 7, 8]
    assert limits == sorted(limits)


def test_a_server_that_is_always_slow_is_not_throttled_for_ever() -> None:
    throttle = used_to(USUAL_S)
    for _ in range(1000):
        throttle.learn(2.0)
    assert throttle.limit == 8


def test_fast_answers_are_never_called_slow() -> None:
    throttle = used_to(0.001)
    throttle.learn(NEVER_SLOW_S - 0.01)
    assert throttle.limit == 8


def test_no_more_than_the_limit_run_at_the_same_time() -> None:
    throttle = throttle_of(2)
    inside = threading.Semaphore(0)
    go_on = threading.Event()
    running: list[int] = []

    def work() -> None:
        with throttle.turn():
            running.append(1)
            inside.release()
            go_on.wait()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    inside.acquire()
    inside.acquire()
    assert len(running) == 2
    assert not inside.acquire(blocking=False)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(running) == 4


def test_a_turn_learns_from_an_unavailable_server_but_not_from_a_refusal() -> None:
    throttle = throttle_of(8)
    with pytest.raises(PlexPermanentError), throttle.turn():
        raise PlexPermanentError("no")
    assert throttle.limit == 8
    with pytest.raises(PlexUnavailable), throttle.turn(is_typical=False):
        raise PlexUnavailable("gone")
    assert throttle.limit == 4


def test_what_is_not_typical_counts_as_answered_and_says_nothing_of_what_is_usual() -> None:
    throttle = used_to(USUAL_S)
    throttle.learn(None)
    for _ in range(GOOD_ANSWERS_PER_STEP):
        throttle.learn(SLOW_S, is_typical=False)
    assert throttle.limit == 5
    throttle.learn(SLOW_S)
    assert throttle.limit == 2


def test_there_is_no_turn_for_a_process_that_has_lost_its_place() -> None:
    throttle = throttle_of(1, may_write=False)
    for _ in range(2):  # the first one has given its turn back
        with pytest.raises(LeaseLost), throttle.turn():
            pytest.fail("it must not be sent")
    assert throttle.limit == 1


def test_whether_it_has_its_place_is_asked_when_the_wait_is_over() -> None:
    asked: list[int] = []
    waits, go_on = threading.Event(), threading.Event()

    def may_write() -> bool:
        asked.append(1)
        return True

    throttle = WriteLimit(1, may_write)

    def hold() -> None:
        with throttle.turn():
            waits.set()
            go_on.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    waits.wait()
    follower = threading.Thread(target=hold)
    follower.start()
    until_waiting(1)
    assert len(asked) == 1
    go_on.set()
    holder.join()
    follower.join()
    assert len(asked) == 2


def test_the_time_that_asking_takes_is_not_plexs() -> None:
    now = [0.0]

    def may_write() -> bool:
        now[0] += SLOW_S
        return True

    throttle = WriteLimit(8, may_write, monotonic=lambda: now[0])
    for _ in range(20):
        throttle.learn(USUAL_S)
    with throttle.turn():
        now[0] += USUAL_S
    assert throttle.limit == 8
