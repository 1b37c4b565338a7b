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


def limit_of(most: int, *, may_write: bool = True) -> WriteLimit:
    return WriteLimit(most, lambda: may_write)


def used_to(usual_s: float, most: int = 8) -> WriteLimit:
    """One that has seen many answers of this duration."""
    write_limit = limit_of(most)
    for _ in range(200):
        write_limit.learn(usual_s)
    return write_limit


def test_it_begins_with_what_the_settings_allow() -> None:
    assert limit_of(4).limit == 4


def test_an_answer_much_slower_than_usual_halves_the_limit() -> None:
    write_limit = used_to(USUAL_S)
    write_limit.learn(SLOW_S)
    assert write_limit.limit == 4


def test_no_answer_halves_the_limit_down_to_one() -> None:
    write_limit = used_to(USUAL_S)
    for _ in range(10):
        write_limit.learn(None)
    assert write_limit.limit == 1


def test_good_answers_raise_it_again_up_to_what_the_settings_allow() -> None:
    write_limit = used_to(USUAL_S)
    write_limit.learn(None)
    write_limit.learn(None)
    limits = []
    for _ in range(10 * GOOD_ANSWERS_PER_STEP):
        write_limit.learn(USUAL_S)
        limits.append(write_limit.limit)
    assert sorted(set(limits)) == [2, 3, 4, 5, 6, 7, 8]
    assert limits == sorted(limits)


def test_a_server_that_is_always_slow_is_not_held_back_for_ever() -> None:
    write_limit = used_to(USUAL_S)
    for _ in range(1000):
        write_limit.learn(2.0)
    assert write_limit.limit == 8


def test_fast_answers_are_never_called_slow() -> None:
    write_limit = used_to(0.001)
    write_limit.learn(NEVER_SLOW_S - 0.01)
    assert write_limit.limit == 8


def test_no_more_than_the_limit_run_at_the_same_time() -> None:
    write_limit = limit_of(2)
    inside = threading.Semaphore(0)
    go_on = threading.Event()
    running: list[int] = []

    def work() -> None:
        with write_limit.turn():
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
    write_limit = limit_of(8)
    with pytest.raises(PlexPermanentError), write_limit.turn():
        raise PlexPermanentError("no")
    assert write_limit.limit == 8
    with pytest.raises(PlexUnavailable), write_limit.turn(is_typical=False):
        raise PlexUnavailable("gone")
    assert write_limit.limit == 4


def test_what_is_not_typical_counts_as_answered_and_says_nothing_of_what_is_usual() -> None:
    write_limit = used_to(USUAL_S)
    write_limit.learn(None)
    for _ in range(GOOD_ANSWERS_PER_STEP):
        write_limit.learn(SLOW_S, is_typical=False)
    assert write_limit.limit == 5
    write_limit.learn(SLOW_S)
    assert write_limit.limit == 2


def test_there_is_no_turn_for_a_process_that_has_lost_its_place() -> None:
    write_limit = limit_of(1, may_write=False)
    for _ in range(2):  # the first one has given its turn back
        with pytest.raises(LeaseLost), write_limit.turn():
            pytest.fail("it must not be sent")
    assert write_limit.limit == 1


def test_whether_it_has_its_place_is_asked_when_the_wait_is_over() -> None:
    asked: list[int] = []
    waits, go_on = threading.Event(), threading.Event()

    def may_write() -> bool:
        asked.append(1)
        return True

    write_limit = WriteLimit(1, may_write)

    def hold() -> None:
        with write_limit.turn():
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

    write_limit = WriteLimit(8, may_write, monotonic=lambda: now[0])
    for _ in range(20):
        write_limit.learn(USUAL_S)
    with write_limit.turn():
        now[0] += USUAL_S
    assert write_limit.limit == 8
