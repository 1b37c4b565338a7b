"""What a long task says of its progress."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from commands import eta
from commands.eta import EVERY_S, REMEMBERED, Pace, rounded
from simulators.rig import Rig
from tests.harness.sync import Desk


def test_a_task_says_once_a_minute_how_far_it_is() -> None:
    task = Pace(1000, 0.0)
    assert task.news(99, EVERY_S - 1) is None
    assert task.news(100, EVERY_S) == "100 of 1000 scenes, about 9 minutes left"
    assert task.news(150, EVERY_S + 1) is None
    assert task.news(300, 2 * EVERY_S) == "300 of 1000 scenes, about 5 minutes left"


def test_a_task_that_is_over_or_stands_still_has_nothing_to_say() -> None:
    task = Pace(1000, 0.0)
    assert task.news(0, EVERY_S) is None
    assert task.news(400, 2 * EVERY_S) is not None
    assert task.news(400, 9 * EVERY_S) is None
    assert task.news(1000, 9 * EVERY_S) is None
    assert task.news(1003, 9 * EVERY_S) is None  # edits that came meanwhile count as well


def test_the_time_left_goes_by_the_last_minutes() -> None:
    """A library of which the first half is in sync and the second half is new."""
    task = Pace(20_000, 0.0)
    assert task.news(10_000, EVERY_S) == "10000 of 20000 scenes, about a minute left"
    lines = [
        task.news(10_000 + 100 * minute, (1 + minute) * EVERY_S)
        for minute in range(1, REMEMBERED + 2)
    ]
    assert lines[-1] == "10700 of 20000 scenes, about 93 minutes left"


@pytest.mark.parametrize(
    ("left_s", "text"),
    [
        (3.0, "about a minute"),
        (120.0, "about 2 minutes"),
        (840.0, "about 14 minutes"),
        (9000.0, "about 2.5 hours"),
    ],
)
def test_a_duration_is_told_roughly(left_s: float, text: str) -> None:
    assert rounded(left_s) == text


def test_a_long_task_tells_its_pace_in_the_log(
    make_rig: Callable[..., Rig],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(eta, "EVERY_S", 0.0)
    caplog.set_level(logging.INFO)
    Desk(make_rig(count=250)).sync()
    assert "100 of 250 scenes, about a minute left" in caplog.messages
    assert "200 of 250 scenes, about a minute left" in caplog.messages
