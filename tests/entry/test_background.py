"""The worker's process: what it makes of its environment, and how it ends."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

import pytest

from entry import background
from entry.background import IDLE_EXIT_VARIABLE
from jobs.store import JobStore, open_job_database
from stash.protocol import Invocation
from worker.lease import Lease
from worker.supervisor import IDLE_EXIT_S


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("", IDLE_EXIT_S), (" ", IDLE_EXIT_S), ("60", 60.0), ("0.2", 0.2), (" 5 ", 5.0), ("0", 0.0)],
)
def test_the_variable_says_how_long_an_idle_worker_stays(
    given: str,
    seconds: float,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(IDLE_EXIT_VARIABLE, given)
    assert background._seconds(IDLE_EXIT_VARIABLE, IDLE_EXIT_S) == seconds
    assert caplog.records == []


@pytest.mark.parametrize("given", ["10 minutes", "-1", "nan", "inf", "1e999", "\x1b[1m"])
def test_a_wrong_one_is_named_and_the_default_used(
    given: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IDLE_EXIT_VARIABLE, given)
    assert background._seconds(IDLE_EXIT_VARIABLE, IDLE_EXIT_S) == IDLE_EXIT_S
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"the variable PLEXSYNC_IDLE_EXIT is {given!r}; expected a number of seconds like 600, "
        "which is used instead"
    )


def test_a_worker_that_ends_by_a_bug_leaves_word_for_stashs_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root_handlers: None
) -> None:
    """By then there is no relay any more."""

    def fail(*_: object) -> bool:
        raise RuntimeError("inside")

    monkeypatch.setattr(background, "_work", fail)
    invocation = Invocation({"Dir": str(tmp_path)}, {})
    assert background.run(invocation, Lease(str(tmp_path))) == 1
    with closing(open_job_database(invocation.data_dir)) as database:
        ((letter, line),) = JobStore(database).take_log_lines()
    assert (letter, line) == ("e", "the worker ended because of a bug; please report it")
