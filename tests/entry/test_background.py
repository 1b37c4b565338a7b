"""The worker's process: what it makes of its environment."""

from __future__ import annotations

import logging

import pytest

from entry import background
from worker.supervisor import IDLE_EXIT_S


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("", IDLE_EXIT_S), (" ", IDLE_EXIT_S), ("60", 60.0), ("0.2", 0.2), (" 5 ", 5.0), ("0", 0.0)],
)
def test_the_variable_says_how_long_an_idle_worker_stays(
    given: str, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    assert background._idle_exit_s(given) == seconds
    assert caplog.records == []


@pytest.mark.parametrize("given", ["10 minutes", "-1", "nan", "inf", "1e999", "\x1b[1m"])
def test_a_wrong_one_is_named_and_the_default_used(
    given: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert background._idle_exit_s(given) == IDLE_EXIT_S
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"the variable PLEXSYNC_IDLE_EXIT is {given!r}; expected a number of seconds like 600, "
        "which is used instead"
    )
