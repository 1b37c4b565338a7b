"""Whose turn it is to install."""

from __future__ import annotations

import subprocess
import sys

from install.lock import InstallLock
from jobs.registry import LEASE_S
from storage.database import Database


def test_one_at_a_time(database: Database) -> None:
    first, second = InstallLock(database), InstallLock(database)
    assert first.try_take(0.0)
    assert not second.try_take(0.0)
    with first.held():
        assert not second.try_take(1.0)
    assert second.try_take(2.0)


def test_a_holder_whose_process_is_gone_is_replaced_at_once(database: Database) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert InstallLock(database, pid=ended.pid).try_take(0.0)
    assert InstallLock(database).try_take(0.0)


def test_a_holder_that_stands_still_under_our_eyes_is_replaced(database: Database) -> None:
    stuck, other = InstallLock(database), InstallLock(database)
    stuck.try_take(0.0)
    assert [other.try_take(1000.0 + seconds) for seconds in (0, 10, 20, 29)] == [False] * 4
    stuck.beat()
    assert [other.try_take(1000.0 + seconds) for seconds in (30, 45)] == [False] * 2
    # Nobody looked meanwhile: the machine was asleep.
    assert [other.try_take(5000.0 + seconds) for seconds in (0, 15)] == [False] * 2
    assert other.try_take(5000.0 + LEASE_S)


def test_a_replaced_holder_neither_beats_nor_releases_the_others(database: Database) -> None:
    stuck, other, third = (InstallLock(database) for _ in range(3))
    stuck.try_take(0.0)
    for seconds in (0.0, LEASE_S / 2):
        assert not other.try_take(seconds)
    assert other.try_take(LEASE_S)
    stuck.beat()
    stuck.release()
    assert not third.try_take(0.0)


def test_waiting_ends_when_the_turn_comes_or_nothing_is_left_to_do(database: Database) -> None:
    holder, other = InstallLock(database), InstallLock(database)
    holder.try_take(0.0)
    assert not other.wait(lambda: True, lambda _s: None, lambda: 0.0)
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            holder.release()

    assert other.wait(lambda: False, pause, lambda: 0.0)
    assert len(waits) == 3
